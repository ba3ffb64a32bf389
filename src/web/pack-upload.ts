import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Request, Response } from 'express'
import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { countBots, MAX_BOTS } from '../bots/create-bot.ts'
import { AppError } from '../errors.ts'
import { keepWithinBytes } from '../files/within-bytes.ts'
import { checkRoom } from '../knowledge/documents/upload.ts'
import { readPack } from '../packs/pack.ts'
import { Slug } from '../packs/pack-format.ts'
import { importPack, type PackImport } from '../packs/pack-import.ts'
import { unzipPack } from '../packs/pack-unzip.ts'
import type { AdminParts } from './admin/admin-parts.ts'
import { extendBodyTime } from './body-deadline.ts'

export type PackUploadParts = Pick<
  AdminParts,
  'db' | 'within' | 'files' | 'vectors' | 'jobs' | 'offer' | 'settings' | 'log'
>

export interface PackUpload {
  /** Another address than the pack's own; '' for its own. */
  slug: string
  /** A bot of the Creator at this address becomes what the pack says. */
  mayReplace: boolean
}

/** Largest zip taken: some hundred documents of the size people have. */
const MAX_ZIP_BYTES = 256 * 1024 * 1024

/** Imports at a time in a process: each unpacks to the disk and holds the base it writes to. */
const MAX_IMPORTS = 2

/** Takes packs in over HTTP. */
export function createPackUploads(parts: PackUploadParts) {
  const { within, settings, offer, jobs } = parts
  let underWay = 0

  return {
    /**
     * Reads a zip as it arrives, and makes the Creator's bot of it. `options` is asked once the whole zip is
     * there.
     *
     * @throws {AppError} `access.denied` below editor; `pack.invalid`, `pack.too_large`, `bot.slug_taken`,
     *   `document.too_many`, `document.storage_full`, `request.rate_limited`.
     */
    async take(
      req: Request,
      res: Response,
      { actor, receive }: { actor: Actor; receive: (keep: KeepZip) => Promise<PackUpload> },
    ): Promise<PackImport> {
      requireRole(actor, 'editor')
      if (underWay >= MAX_IMPORTS) throw new AppError('request.rate_limited', { retryAfterSeconds: 15 })
      underWay += 1
      const folder = await mkdtemp(join(tmpdir(), 'cornerman-upload-'))
      try {
        extendBodyTime(res, settings.upload.timeoutMs)
        const path = join(folder, 'pack.zip')
        let isKept = false
        const options = await receive(async (source) => {
          await keepWithinBytes(source, path, {
            maxBytes: MAX_ZIP_BYTES,
            tooLarge: (mostBytes) => new AppError('pack.too_large', { mostBytes }),
          })
          isKept = true
        })
        if (!isKept) throw new AppError('upload.empty')
        return await importZip(actor, path, options)
      } finally {
        underWay -= 1
        req.resume()
        await rm(folder, { recursive: true, force: true })
      }
    },
  }

  async function importZip(actor: Actor, path: string, options: PackUpload): Promise<PackImport> {
    await using unpacked = await unzipPack(path)
    const pack = await readPack(unpacked.dir)
    const { creatorId } = actor
    const done = await importPack(parts, options.slug ? { ...pack, slug: readSlug(options.slug) } : pack, {
      creatorId,
      mayReplace: options.mayReplace,
      offer,
      transact: (work) =>
        within(creatorId, async (trx) => {
          const recorded = await work(trx)
          if ((await countBots(trx, creatorId)) > MAX_BOTS)
            throw new AppError('bot.too_many', { most: MAX_BOTS })
          await checkRoom(trx, recorded.key, settings.upload, { isTaken: true })
          const { botId, added, changed, removed } = recorded.done
          const counts = { added: added.length, changed: changed.length, removed: removed.length }
          await recordAudit(trx, actor, {
            action: 'bot.import',
            objectType: 'bot',
            objectId: botId,
            details: counts,
          })
          return recorded
        }),
    })
    // Lost, the sweep announces them.
    for (const versionId of done.versionIds) await jobs.add('ingest-version', { versionId }).catch(() => {})
    return done
  }
}

type KeepZip = (source: Readable) => Promise<void>

/** @throws {AppError} `pack.invalid`. */
function readSlug(given: string): string {
  const slug = Slug.safeParse(given)
  if (slug.success) return slug.data
  throw new AppError('pack.invalid', {
    file: 'the address',
    path: '',
    wants: slug.error.issues[0]?.message ?? 'another address',
  })
}

/** What a zip of a pack is told to a browser as. */
export function packFileName(slug: string): string {
  return `${slug}.zip`
}

/** Most a file part may bring; one byte over tells that there was more. */
export const ZIP_PART_BYTES = MAX_ZIP_BYTES + 1
