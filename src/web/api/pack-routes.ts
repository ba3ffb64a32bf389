import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { recordAudit } from '../../accounts/audit.ts'
import { getBot } from '../../bots/bot.ts'
import { listPackEntries, zipPack } from '../../packs/pack-export.ts'
import { Slug } from '../../packs/pack-format.ts'
import { borrow } from '../multipart.ts'
import { createPackUploads, type PackUploadParts, packFileName } from '../pack-upload.ts'
import { actorOf } from './api-guard.ts'
import { BotPath } from './bot-schemas.ts'
import type { RawRoute } from './operation.ts'
import { sendAnswer } from './run-operation.ts'

const ImportQuery = z.object({
  slug: Slug.optional().describe('Another address than the one in the pack.'),
  replace: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Make the bot of this address what the pack says; else it is refused.'),
})

const Imported = z.object({
  botId: z.uuid(),
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  unchanged: z.array(z.string()),
})

/** Packs in and out, as zip files. */
export function createPackRoutes(parts: PackUploadParts): RawRoute[] {
  return [createExport(parts), createImport(parts)]
}

function createExport({ within, files }: PackUploadParts): RawRoute {
  return {
    method: 'get',
    path: '/bots/:botId/pack',
    scope: 'bots:read',
    role: 'editor',
    describe: {
      id: 'exportBot',
      tag: 'Bots',
      summary: 'Download a bot as a pack: its settings, wording and material as a zip',
      params: BotPath,
      answer: { status: 200, mediaType: 'application/zip' },
    },
    async handler(req: Request, res: Response) {
      const actor = actorOf(res)
      const { botId } = BotPath.parse(req.params)
      const { bot, entries } = await within(actor.creatorId, async (trx) => {
        const bot = await getBot(trx, { botId, creatorId: actor.creatorId })
        await recordAudit(trx, actor, { action: 'bot.export', objectType: 'bot', objectId: botId })
        return { bot, entries: await listPackEntries(trx, bot) }
      })
      res.set('Content-Type', 'application/zip')
      res.set('Content-Disposition', `attachment; filename="${packFileName(bot.slug)}"`)
      await pipeline(Readable.from(zipPack(files, entries)), res)
    },
  }
}

function createImport(parts: PackUploadParts): RawRoute {
  const uploads = createPackUploads(parts)
  return {
    method: 'post',
    path: '/packs',
    scope: 'bots:write',
    role: 'editor',
    describe: {
      id: 'importBot',
      tag: 'Bots',
      summary: 'Make a bot of a pack, sent as a zip',
      query: ImportQuery,
      body: { mediaType: 'application/zip', schema: { type: 'string', format: 'binary' } },
      answer: { status: 201, schema: Imported },
    },
    async handler(req: Request, res: Response) {
      const { slug = '', replace } = ImportQuery.parse({ ...req.query })
      const { versionIds: _, ...data } = await uploads.take(req, res, {
        actor: actorOf(res),
        async receive(keep) {
          await keep(borrow(req))
          return { slug, mayReplace: replace === 'true' }
        },
      })
      sendAnswer(res, { status: 201, data })
    },
  }
}
