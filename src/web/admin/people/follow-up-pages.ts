import { randomUUID } from 'node:crypto'
import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { getMember } from '../../../accounts/member.ts'
import { getSubscriber } from '../../../accounts/subscriber.ts'
import { FOLLOW_UP_LIMITS, findReader, sendFollowUp } from '../../../billing/payers/follow-up.ts'
import { getBot } from '../../../bots/bot.ts'
import { shareLinkOf } from '../../../bots/share-links.ts'
import type { Db } from '../../../db/database.ts'
import { AppError } from '../../../errors.ts'
import { findSuppression } from '../../../mail/suppression.ts'
import { listConnectionFacts } from '../../../messaging/connection-facts.ts'
import { memberOf } from '../account/profile-pages.ts'
import type { AdminParts } from '../admin-parts.ts'
import { goTo, sendPage } from '../page.ts'
import { nudgeMail } from '../sign-in/flow.ts'
import { allow, visitOf } from '../visit.ts'

type FollowUpPageParts = Pick<AdminParts, 'db' | 'within' | 'queueMail' | 'unsubscribeLinks' | 'jobs' | 'log'>

const Path = z.object({ botId: z.uuid(), subscriberId: z.uuid() })

const Draft = z.object({
  draftId: z.uuid().catch(() => randomUUID()),
  subject: z.string().trim().max(FOLLOW_UP_LIMITS.subject).catch(''),
  text: z
    .string()
    .transform((text) => text.replaceAll('\r\n', '\n').trim())
    .pipe(z.string().max(FOLLOW_UP_LIMITS.text))
    .catch(''),
})
type Draft = z.infer<typeof Draft>

/** A mail a Creator writes to one of their people. */
export function createFollowUpPages(parts: FollowUpPageParts): Router {
  const { db, within, queueMail, unsubscribeLinks } = parts
  const router = Router()

  router.get('/bots/:botId/subscribers/:subscriberId/mail', allow('editor'), (req, res) =>
    sendForm(req, res, { draftId: randomUUID(), subject: '', text: '' }),
  )

  router.post('/bots/:botId/subscribers/:subscriberId/mail', allow('editor'), async (req, res) => {
    const path = readPath(req)
    const { actor, creatorName } = visitOf(res)
    const draft = Draft.parse(req.body ?? {})
    const faults = {
      ...(!draft.subject && {
        subject: `Give it a subject of at most ${FOLLOW_UP_LIMITS.subject} characters.`,
      }),
      ...(!draft.text && { text: `Write something, at most ${FOLLOW_UP_LIMITS.text} characters.` }),
    }
    if (Object.keys(faults).length > 0) return sendForm(req, res.status(422), draft, faults)
    const { email: replyTo } = await getMember(db, memberOf(res))
    const mailId = await within(actor.creatorId, async (trx) => {
      await getSubscriber(trx, { creatorId: actor.creatorId, ...path })
      const chatUrl = await findChatUrl(trx, { creatorId: actor.creatorId, botId: path.botId })
      const followUp = { ...draft, subscriberId: path.subscriberId, chatUrl, creatorName, replyTo }
      return sendFollowUp(trx, { queueMail, unsubscribeLinks }, actor, followUp)
    })
    nudgeMail(parts, mailId)
    goTo(req, res, `/admin/bots/${path.botId}/subscribers/${path.subscriberId}`, 'sent')
  })

  async function sendForm(req: Request, res: Response, draft: Draft, faults: object = {}): Promise<void> {
    const path = readPath(req)
    const { creatorId } = visitOf(res).actor
    const model = await within(creatorId, async (trx) => {
      const bot = await getBot(trx, { creatorId, botId: path.botId })
      const person = await getSubscriber(trx, { creatorId, ...path })
      const reader = await findReader(trx, { creatorId, subscriberId: path.subscriberId })
      const stopped =
        reader && (await findSuppression(trx, { email: reader.email, kind: 'client-follow-up', creatorId }))
      return { bot, person, reader, stopped }
    })
    sendPage(req, res, 'people/mail', {
      title: 'Write a mail',
      section: 'chats',
      draft,
      faults,
      limits: FOLLOW_UP_LIMITS,
      ...model,
    })
  }

  return router
}

/** Where the person finds the bot: on its first account. */
async function findChatUrl(trx: Db, bot: { creatorId: string; botId: string }): Promise<string | undefined> {
  for (const { channel, name } of await listConnectionFacts(trx, bot)) {
    const link = channel === 'telegram' || channel === 'whatsapp' ? shareLinkOf({ channel, name }) : undefined
    if (link) return link.url
  }
  return undefined
}

function readPath(req: Request): z.output<typeof Path> {
  const read = Path.safeParse(req.params)
  if (!read.success) throw new AppError('subscriber.not_found')
  return read.data
}
