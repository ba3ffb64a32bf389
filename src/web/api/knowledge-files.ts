import type { Request, Response } from 'express'
import { z } from 'zod'
import { getBot } from '../../bots/bot.ts'
import type { UploadedDocument } from '../../knowledge/documents/upload.ts'
import { getVersionFile } from '../../knowledge/documents/versions.ts'
import { sendFile } from '../file-answer.ts'
import { createUploads, MAX_FILES, type Uploads, type UploadsParts } from '../uploads.ts'
import { actorOf } from './api-guard.ts'
import type { RawRoute } from './operation.ts'
import { sendAnswer } from './run-operation.ts'

const BotPath = z.object({ botId: z.uuid() })
const FilePath = BotPath.extend({ documentId: z.uuid(), versionId: z.uuid() })
const UploadQuery = z.object({
  name: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe('What the file is called, where the body is the file itself.'),
})

const Uploaded = z.object({
  documents: z.array(
    z.object({
      id: z.uuid(),
      versionId: z.uuid(),
      name: z.string(),
      isUnchanged: z.boolean().describe('The document holds these very bytes already.'),
    }),
  ),
  refused: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })),
})

type Parts = UploadsParts & { uploads: Uploads }

/** Files of Documents in and out: bodies that are no JSON. */
export function createKnowledgeFiles(parts: UploadsParts): RawRoute[] {
  return [createUploadRoute({ ...parts, uploads: createUploads(parts) }), createDownloadRoute(parts)]
}

/** Takes files as a form or as the body itself. Each is read in the background; its Document tells how far it is. */
function createUploadRoute({ within, uploads }: Pick<Parts, 'within' | 'uploads'>): RawRoute {
  return {
    method: 'post',
    path: '/bots/:botId/documents',
    scope: 'knowledge:write',
    role: 'editor',
    describe: {
      id: 'uploadDocuments',
      tag: 'Knowledge',
      summary: `Upload up to ${MAX_FILES} files as a form, or one as the body with \`?name=\`; of a zip each file is taken`,
      params: BotPath,
      query: UploadQuery,
      body: {
        mediaType: 'multipart/form-data',
        schema: {
          type: 'object',
          properties: { files: { type: 'array', items: { type: 'string', format: 'binary' } } },
        },
      },
      answer: { status: 202, schema: Uploaded },
    },
    async handler(req: Request, res: Response) {
      const actor = actorOf(res)
      const { botId } = BotPath.parse(req.params)
      const { name } = UploadQuery.parse({ ...req.query })
      const { knowledgeBaseId } = await within(actor.creatorId, (trx) =>
        getBot(trx, { botId, creatorId: actor.creatorId }),
      )
      const to = { actor, knowledgeBaseId }
      const { documents, refused } =
        name === undefined
          ? await uploads.takeForm(req, res, to)
          : await uploads.takeBody(req, res, { ...to, fileName: name })
      sendAnswer(res, { status: 202, data: { documents: documents.map(present), refused } })
    },
  }
}

function present({ id, versionId, name, isUnchanged }: UploadedDocument) {
  return { id, versionId, name, isUnchanged }
}

function createDownloadRoute({ within, files }: Pick<Parts, 'within' | 'files'>): RawRoute {
  return {
    method: 'get',
    path: '/bots/:botId/documents/:documentId/versions/:versionId/file',
    scope: 'knowledge:read',
    role: 'viewer',
    describe: {
      id: 'downloadDocument',
      tag: 'Knowledge',
      summary: 'Download the file of a version as it was uploaded',
      params: FilePath,
      answer: { status: 200, mediaType: 'application/octet-stream' },
    },
    async handler(req: Request, res: Response) {
      const { creatorId } = actorOf(res)
      const { botId, ...ids } = FilePath.parse(req.params)
      const stored = await within(creatorId, async (trx) => {
        const { knowledgeBaseId } = await getBot(trx, { botId, creatorId })
        return getVersionFile(trx, { creatorId, knowledgeBaseId, ...ids })
      })
      await sendFile(res, files, stored)
    },
  }
}
