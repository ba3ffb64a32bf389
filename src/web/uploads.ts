import type { Request, Response } from 'express'
import type { Actor } from '../accounts/access.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { presentFileName } from '../knowledge/documents/name.ts'
import { isPackedName, receivePacked } from '../knowledge/documents/packed-upload.ts'
import { addUploadedDocument, type UploadedDocument } from '../knowledge/documents/upload.ts'
import type { AdminParts } from './admin/admin-parts.ts'
import { extendBodyTime } from './body-deadline.ts'
import { borrow, type FilePart, readMultipart } from './multipart.ts'

export type UploadsParts = Pick<AdminParts, 'within' | 'files' | 'jobs' | 'log' | 'settings'>

/** One file that was not taken, and why in the catalogue's words. */
export interface Refusal {
  name: string
  code: ErrorCode
  message: string
}

export interface UploadOutcome {
  documents: UploadedDocument[]
  refused: Refusal[]
}

export interface UploadRequest {
  actor: Actor
  knowledgeBaseId: string
  /** Of the Document the file is a new version of; absent: each file is named after itself. */
  name?: string | undefined
  /** Throws unless the form may be taken; called with its `_csrf` field, and before each file without. */
  checkToken?: (token: string | undefined) => void
}

/** Files of one form: a page without script sends a folder at once; past it the rest is for another. */
export const MAX_FILES = 100

/** Uploads one Creator may have under way in a process: each holds a file and a place on the disk. */
const MAX_PER_CREATOR = 8

/** Takes files in over HTTP; each stands or falls by itself. */
export function createUploads({ settings: { upload: limits }, ...parts }: UploadsParts) {
  const underWay = new Map<string, number>()

  async function inTurn<T>(creatorId: string, work: () => Promise<T>): Promise<T> {
    const others = underWay.get(creatorId) ?? 0
    if (others >= MAX_PER_CREATOR) throw new AppError('request.rate_limited', { retryAfterSeconds: 5 })
    underWay.set(creatorId, others + 1)
    try {
      return await work()
    } finally {
      const left = (underWay.get(creatorId) ?? 1) - 1
      if (left === 0) underWay.delete(creatorId)
      else underWay.set(creatorId, left)
    }
  }

  async function add(request: UploadRequest, file: Pick<FilePart, 'fileName' | 'source'>) {
    const { actor, knowledgeBaseId, name } = request
    const document = await addUploadedDocument({ ...parts, limits }, actor, {
      ...file,
      knowledgeBaseId,
      name,
    })
    // Lost, the sweep announces it.
    if (!document.isUnchanged) {
      await parts.jobs.add('ingest-version', { versionId: document.versionId }).catch(() => {})
    }
    return document
  }

  /** A zip of files becomes a Document for each of them; whatever else it is, it is taken as it came. */
  async function take(
    request: UploadRequest,
    file: Pick<FilePart, 'fileName' | 'source'>,
    outcome: UploadOutcome,
  ): Promise<void> {
    if (request.name !== undefined || !isPackedName(file.fileName)) {
      outcome.documents.push(await add(request, file))
      return
    }
    await using packed = await receivePacked(file.source, { ...limits, fileName: file.fileName })
    if (!packed.files) outcome.documents.push(await add(request, { ...file, source: packed.read() }))
    for (const { fileName, open } of packed.files ?? []) {
      await orRefuse(outcome, fileName, async () => {
        outcome.documents.push(await add(request, { fileName, source: await open() }))
      })
    }
  }

  /** What is wrong with one file is its own; what is wrong with us, or the connection, ends them all. */
  async function orRefuse(outcome: UploadOutcome, path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.status >= 500) parts.log.error({ err: error }, 'upload-failed')
      outcome.refused.push(refuse(path, error))
    }
  }

  return {
    /**
     * Takes the files of a multipart form: field `files`, or any other name. A `path` or `paths` field before the
     * files gives each in turn its place in a folder.
     *
     * @throws {AppError} `request.malformed`, `request.rate_limited`, `upload.empty`, what `checkToken` throws
     */
    takeForm(req: Request, res: Response, request: UploadRequest): Promise<UploadOutcome> {
      extendBodyTime(res, limits.timeoutMs)
      return inTurn(request.actor.creatorId, () => readForm(req, request))
    },

    /**
     * Takes the body itself as one file, or as a zip of several.
     *
     * @throws {AppError} what {@link addUploadedDocument} and {@link receivePacked} throw, `request.rate_limited`
     */
    takeBody(
      req: Request,
      res: Response,
      { fileName, ...request }: UploadRequest & { fileName: string },
    ): Promise<UploadOutcome> {
      extendBodyTime(res, limits.timeoutMs)
      return inTurn(request.actor.creatorId, async () => {
        const outcome: UploadOutcome = { documents: [], refused: [] }
        try {
          await take(request, { fileName, source: borrow(req) }, outcome)
          return outcome
        } catch (cause) {
          throw cause instanceof AppError || req.complete
            ? cause
            : new AppError('request.malformed', { cause })
        } finally {
          req.resume()
        }
      })
    },
  }

  async function readForm(req: Request, request: UploadRequest): Promise<UploadOutcome> {
    const outcome: UploadOutcome = { documents: [], refused: [] }
    const paths: string[] = []
    const maxFiles = request.name === undefined ? MAX_FILES : 1
    const { hasMoreFiles } = await readMultipart(
      req,
      { files: maxFiles, fileBytes: limits.maxBytes },
      {
        onField(field, value) {
          if (field === '_csrf') request.checkToken?.(value)
          else if (field === 'path' || field === 'paths') paths.push(value)
        },
        async onFile({ fileName, source }) {
          request.checkToken?.(undefined)
          const path = paths.shift() || fileName
          // An input in which nothing was chosen.
          if (path === '') return
          await orRefuse(outcome, path, () => take(request, { fileName: path, source }, outcome))
        },
      },
    )
    if (hasMoreFiles) outcome.refused.push(refuse('', new AppError('upload.too_many_files')))
    if (outcome.documents.length + outcome.refused.length === 0) throw new AppError('upload.empty')
    return outcome
  }
}

export type Uploads = ReturnType<typeof createUploads>

function refuse(path: string, error: AppError): Refusal {
  return { name: path && presentFileName(path), code: error.code, message: error.message }
}
