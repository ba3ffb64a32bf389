import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { recordAudit } from '../../../accounts/audit.ts'
import { AppError } from '../../../errors.ts'
import { getDocument } from '../../../knowledge/documents/list.ts'
import {
  Recency,
  SourceWeight,
  setRecency,
  setSourceWeight,
} from '../../../knowledge/documents/source-weight.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress, readDocumentId } from '../bot-address.ts'
import { goTo } from '../page.ts'
import { allow, visitOf } from '../visit.ts'

/** What a person chooses for a Document, in the order of the page. */
export const WEIGHT_CHOICES = [
  { value: 1, label: 'More than the rest' },
  { value: 0, label: 'As the rest' },
  { value: -1, label: 'Less than the rest' },
]

/** What a person chooses for a base; a value between them is shown as the nearest. */
export const RECENCY_CHOICES = [
  { value: 0, label: 'Never: the better match goes first' },
  { value: 0.5, label: 'When it fits the question nearly as well' },
  { value: 1, label: 'Always' },
]

const WeightForm = z.object({ weight: z.coerce.number().pipe(SourceWeight) })
const RecencyForm = z.object({ recency: z.coerce.number().pipe(Recency) })

type Parts = Pick<AdminParts, 'within'>

/** What decides between Documents that say different things about the same. */
export function createKnowledgeOrder(parts: Parts): Router {
  const router = Router()
  const path = '/bots/:botId/knowledge'
  router.post(`${path}/documents/:documentId/weight`, allow('editor'), saveWeight(parts))
  router.post(`${path}/recency`, allow('editor'), saveRecency(parts))
  return router
}

/** The choice a stored strength is shown as. */
export function nearestRecency(recency: number): number {
  const byDistance = RECENCY_CHOICES.map(({ value }) => ({ value, distance: Math.abs(value - recency) }))
  return byDistance.sort((a, b) => a.distance - b.distance)[0]?.value ?? 0
}

function saveWeight({ within }: Parts): RequestHandler {
  return async (req, res) => {
    const { actor } = visitOf(res)
    const documentId = readDocumentId(req)
    const form = WeightForm.safeParse(req.body)
    const bot = await within(actor.creatorId, async (trx) => {
      const { bot, key } = await getAddress(trx, req, res)
      await getDocument(trx, { ...key, documentId })
      if (!form.success) throw new AppError('request.invalid', { field: 'weight' })
      const { weight } = form.data
      await setSourceWeight(trx, { ...key, documentId }, weight)
      const details = { weight }
      await recordAudit(trx, actor, {
        action: 'document.weigh',
        objectType: 'document',
        objectId: documentId,
        details,
      })
      return bot
    })
    goTo(req, res, `/admin/bots/${bot.id}/knowledge/documents/${documentId}`, 'saved')
  }
}

function saveRecency({ within }: Parts): RequestHandler {
  return async (req, res) => {
    const { actor } = visitOf(res)
    const form = RecencyForm.safeParse(req.body)
    const bot = await within(actor.creatorId, async (trx) => {
      const { bot, key } = await getAddress(trx, req, res)
      if (!form.success) throw new AppError('request.invalid', { field: 'recency' })
      const { recency } = form.data
      await setRecency(trx, key, recency)
      const details = { recency }
      await recordAudit(trx, actor, {
        action: 'bot.set_recency',
        objectType: 'bot',
        objectId: bot.id,
        details,
      })
      return bot
    })
    goTo(req, res, `/admin/bots/${bot.id}/knowledge/search`, 'saved')
  }
}
