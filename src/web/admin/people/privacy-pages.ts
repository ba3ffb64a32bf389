import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { recordAudit } from '../../../accounts/audit.ts'
import {
  countSilentChats,
  getRetentionDays,
  RETENTION_DAYS,
  setRetentionDays,
} from '../../../accounts/retention.ts'
import { getSubscriber, listSubscribers } from '../../../accounts/subscriber.ts'
import { exportSubscriber } from '../../../accounts/subscriber-export.ts'
import { getBot } from '../../../bots/bot.ts'
import { nameLanguage } from '../../../bots/language.ts'
import { erasePerson } from '../../../coaching/erase-person.ts'
import { AppError } from '../../../errors.ts'
import { showMemory } from '../../subscriber-memory.ts'
import type { AdminParts } from '../admin-parts.ts'
import { nameChannel } from '../channels/words.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'

type PrivacyParts = Pick<AdminParts, 'db' | 'within' | 'files' | 'vectors' | 'jobs' | 'log'>

const PAGE_SIZE = 50
/** What a shorter time would erase is counted no further than this. */
const COUNT_LIMIT = 10_000

const BotPath = z.object({ botId: z.uuid() })
const SubscriberPath = BotPath.extend({ subscriberId: z.uuid() })

/** Kinds of what people tell, as the page names them. */
const MEMORY_KINDS = {
  name: 'Name',
  goal: 'Goal',
  constraint: 'Limit',
  preference: 'Preference',
  other: 'Also',
  promise: 'Promise',
  breakthrough: 'Breakthrough',
}

/** Who writes to a bot, what is kept about them, and for how long. */
export function createPrivacyPages(parts: PrivacyParts): Router {
  const { within } = parts
  const router = Router()

  router.get('/bots/:botId/subscribers', async (req, res) => {
    const { botId } = readPath(BotPath, req, 'bot.not_found')
    const { creatorId } = visitOf(res).actor
    const cursor = typeof req.query.cursor === 'string' ? req.query.cursor : undefined
    const model = await within(creatorId, async (trx) => ({
      bot: await getBot(trx, { creatorId, botId }),
      people: await listSubscribers(trx, { creatorId, botId, limit: PAGE_SIZE, cursor }),
    }))
    sendPage(req, res, 'people/list', { title: 'People', section: 'chats', nameChannel, ...model, cursor })
  })

  router.get('/bots/:botId/subscribers/:subscriberId', async (req, res) => {
    const path = readPath(SubscriberPath, req, 'subscriber.not_found')
    const { actor } = visitOf(res)
    const { creatorId } = actor
    const model = await within(creatorId, async (trx) => ({
      bot: await getBot(trx, { creatorId, botId: path.botId }),
      person: await getSubscriber(trx, { creatorId, ...path }),
      memory: await showMemory(trx, actor, path),
    }))
    sendPage(req, res, 'people/show', {
      title: model.person.name ?? 'Someone without a name',
      section: 'chats',
      memoryKinds: MEMORY_KINDS,
      ...{ nameChannel, nameLanguage },
      ...model,
    })
  })

  router.get('/bots/:botId/subscribers/:subscriberId/export', allow('editor'), async (req, res) => {
    const path = readPath(SubscriberPath, req, 'subscriber.not_found')
    const { actor } = visitOf(res)
    const key = { creatorId: actor.creatorId, subscriberId: path.subscriberId }
    await within(key.creatorId, async (trx) => {
      await getSubscriber(trx, { ...key, botId: path.botId })
      await recordAudit(trx, actor, {
        action: 'subscriber.export',
        objectType: 'subscriber',
        objectId: path.subscriberId,
      })
    })
    res.set('Cache-Control', 'no-store').type('json').attachment(`person-${path.subscriberId}.json`)
    for await (const piece of exportSubscriber((work) => within(key.creatorId, work), key)) {
      if (res.destroyed) return
      if (!res.write(piece)) await waitForDrain(res)
    }
    res.end()
  })

  router.post('/bots/:botId/subscribers/:subscriberId/erase', allow('owner'), async (req, res) => {
    const path = readPath(SubscriberPath, req, 'subscriber.not_found')
    const { actor } = visitOf(res)
    const erasure = await within(actor.creatorId, async (trx) => {
      await getSubscriber(trx, { creatorId: actor.creatorId, ...path })
      return erasePerson(parts, trx, { actor, subscriberId: path.subscriberId })
    })
    await erasure.finish()
    goTo(req, res, `/admin/bots/${path.botId}/subscribers`, 'erased')
  })

  router.get('/account/privacy', (req, res) => sendSettings(req, res))

  router.post('/account/privacy', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const read = readDays(req.body)
    if (read === undefined) return sendSettings(req, res.status(422), { hasError: true })
    await within(actor.creatorId, (trx) => setRetentionDays(trx, actor, read.days))
    goTo(req, res, '/admin/account/privacy', 'saved')
  })

  async function sendSettings(req: Request, res: Response, { hasError = false } = {}): Promise<void> {
    const { creatorId } = visitOf(res).actor
    const model = await within(creatorId, async (trx) => {
      const days = await getRetentionDays(trx, creatorId)
      const silent = days === null ? 0 : await countSilentChats(trx, creatorId, { days, limit: COUNT_LIMIT })
      return { days, silent }
    })
    const given = hasError && typeof req.body?.days === 'string' ? req.body.days.slice(0, 20) : model.days
    sendPage(req, res, 'people/privacy', {
      title: 'Privacy',
      section: 'account',
      bounds: RETENTION_DAYS,
      hasError,
      given: given ?? '',
      ...model,
    })
  }

  return router
}

const RetentionForm = z.object({
  keep: z.enum(['forever', 'limited']),
  days: z.string().trim().max(10).default(''),
})

/** undefined: not a number of days within the bounds. */
function readDays(body: unknown): { days: number | null } | undefined {
  const form = RetentionForm.safeParse(body)
  if (!form.success) return undefined
  if (form.data.keep === 'forever') return { days: null }
  const days = z.coerce
    .number()
    .int()
    .min(RETENTION_DAYS.min)
    .max(RETENTION_DAYS.max)
    .safeParse(form.data.days)
  return days.success ? { days: days.data } : undefined
}

/** A path that names nothing there can be is answered like one that names nothing there is. */
function readPath<S extends z.ZodType>(
  schema: S,
  req: Request,
  code: 'bot.not_found' | 'subscriber.not_found',
): z.output<S> {
  const read = schema.safeParse(req.params)
  if (!read.success) throw new AppError(code)
  return read.data
}

/** Until the reader has taken what was written, or is gone. */
function waitForDrain(res: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done).off('close', done)
      resolve()
    }
    res.on('drain', done).on('close', done)
  })
}
