import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Request, type Response, Router } from 'express'
import { recordAudit } from '../../../accounts/audit.ts'
import { AppError } from '../../../errors.ts'
import { listPackEntries, zipPack } from '../../../packs/pack-export.ts'
import type { PackImport } from '../../../packs/pack-import.ts'
import { readMultipart } from '../../multipart.ts'
import {
  createPackUploads,
  type PackUpload,
  type PackUploadParts,
  packFileName,
  ZIP_PART_BYTES,
} from '../../pack-upload.ts'
import { getAddress } from '../bot-address.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, checkForgeryToken, visitOf } from '../visit.ts'

/** A bot taken along: as a zip of its settings and material, and back. */
export function createPackPages(parts: PackUploadParts): Router {
  const { within, files } = parts
  const uploads = createPackUploads(parts)
  const router = Router()

  router.get('/bots/import', allow('editor'), (req, res) => sendImport(req, res, {}))

  router.post('/bots/import', allow('editor'), async (req, res) => {
    let done: PackImport
    try {
      done = await takeForm(req, res)
    } catch (error) {
      if (!(error instanceof AppError) || !SAID_ON_THE_PAGE.has(error.code)) throw error
      res.status(error.status)
      return sendImport(req, res, { error: sayFault(error) })
    }
    goTo(req, res, `/admin/bots/${done.botId}/settings`, 'pack_imported')
  })

  router.get('/bots/:botId/pack.zip', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot, entries } = await within(actor.creatorId, async (trx) => {
      const { bot } = await getAddress(trx, req, res)
      await recordAudit(trx, actor, { action: 'bot.export', objectType: 'bot', objectId: bot.id })
      return { bot, entries: await listPackEntries(trx, bot) }
    })
    res.set('Content-Type', 'application/zip').set('Cache-Control', 'no-store')
    res.set('Content-Disposition', `attachment; filename="${packFileName(bot.slug)}"`)
    await pipeline(Readable.from(zipPack(files, entries)), res)
  })

  function takeForm(req: Request, res: Response): Promise<PackImport> {
    const visit = visitOf(res)
    return uploads.take(req, res, {
      actor: visit.actor,
      async receive(keep) {
        const options: PackUpload = { slug: '', mayReplace: false }
        let isTrusted = req.get('X-CSRF-Token') !== undefined
        await readMultipart(
          req,
          { files: 1, fileBytes: ZIP_PART_BYTES },
          {
            onField(field, value) {
              if (field === '_csrf') {
                checkForgeryToken(visit, value)
                isTrusted = true
              } else if (field === 'slug') options.slug = value.trim().slice(0, 100)
              else if (field === 'replace') options.mayReplace = value === 'on'
            },
            async onFile({ fileName, source }) {
              if (!isTrusted) throw new AppError('request.forged')
              if (fileName !== '') await keep(source)
            },
          },
        )
        return options
      },
    })
  }

  return router
}

const SAID_ON_THE_PAGE = new Set([
  'pack.invalid',
  'pack.too_large',
  'bot.slug_taken',
  'bot.too_many',
  'bot.settings_invalid',
  'document.too_many',
  'document.storage_full',
  'document.too_large',
  'upload.empty',
  'request.rate_limited',
])

function sendImport(req: Request, res: Response, model: { error?: string }): void {
  sendPage(req, res, 'bot/import', { title: 'Import a bot', ...model })
}

/** The catalogue's words, and where in the pack. */
function sayFault({ code, message, details }: AppError): string {
  if (code !== 'pack.invalid') return message
  const { file, path, wants } = details
  return `${message} In ${[file, path].filter(Boolean).join(', ')}: give ${String(wants)}.`
}
