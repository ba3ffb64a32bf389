import { sql } from 'kysely'
import { type Actor, requireRole } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import { type Db, inTransaction } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { QueueMail } from '../../mail/mail-queue.ts'
import { presentFollowUpMail } from '../../mail/mails.ts'
import { findSuppression } from '../../mail/suppression.ts'
import type { UnsubscribeLinks } from '../../mail/unsubscribe.ts'

/** A subscriber who left an address when they paid. */
export interface Reader {
  email: string
  name: string | null
  language: string | null
}

/** Of one person in any seven days: a follow-up, not a campaign. */
const MAX_A_WEEK = 3

const KIND = 'client-follow-up'

export const FOLLOW_UP_LIMITS = { subject: 120, text: 5_000 } as const

/** The newest address this person paid with. `undefined` when none is known. */
export async function findReader(
  db: Db,
  { creatorId, subscriberId }: { creatorId: string; subscriberId: string },
): Promise<Reader | undefined> {
  const { rows } = await sql<Reader>`
    SELECT known.email, subscriber.name, subscriber.language
    FROM subscriber CROSS JOIN LATERAL (
      SELECT email, created_at FROM payer
      WHERE payer.subscriber_id = subscriber.id AND payer.creator_id = ${creatorId} AND email IS NOT NULL
      UNION ALL
      SELECT email, created_at FROM subscription
      WHERE subscription.subscriber_id = subscriber.id AND subscription.creator_id = ${creatorId} AND email IS NOT NULL
      ORDER BY created_at DESC LIMIT 1
    ) AS known
    WHERE subscriber.id = ${subscriberId} AND subscriber.creator_id = ${creatorId}
  `.execute(db)
  return rows[0]
}

export interface FollowUp {
  subscriberId: string
  /** Made with the form: sent twice, it is one mail. */
  draftId: string
  subject: string
  text: string
  /** Where the person finds the bot. */
  chatUrl: string | undefined
  creatorName: string
  replyTo: string | undefined
}

interface FollowUpParts {
  queueMail: QueueMail
  unsubscribeLinks: UnsubscribeLinks
}

/**
 * Mails one subscriber what their Creator wrote to them.
 *
 * @returns the mail's id; `undefined` when this draft was sent before.
 * @throws {AppError} `access.denied` for viewers; `mail.no_address`; `mail.suppressed` when they are not to be
 *   written to; `mail.too_many` past three a week.
 */
export async function sendFollowUp(
  db: Db,
  { queueMail, unsubscribeLinks }: FollowUpParts,
  actor: Actor,
  followUp: FollowUp,
): Promise<string | undefined> {
  requireRole(actor, 'editor')
  const { creatorId } = actor
  const { subscriberId, draftId, chatUrl } = followUp
  return inTransaction(db, async (trx) => {
    const reader = await findReader(trx, { creatorId, subscriberId })
    if (!reader) throw new AppError('mail.no_address', { subscriberId })
    const { email, language } = reader
    if (await findSuppression(trx, { email, kind: KIND, creatorId })) throw new AppError('mail.suppressed')
    await requireFewMails(trx, { creatorId, subscriberId })
    const subject = { email, kind: KIND, creatorId, ...(language && { language }) }
    const facts = { ...followUp, unsubscribeUrl: unsubscribeLinks.urlOf(subject) }
    const mail = presentFollowUpMail(reader, chatUrl, facts)
    const mailId = await queueMail(trx, { creatorId, subscriberId, dedupeKey: `${KIND}:${draftId}`, mail })
    if (mailId) {
      const entry = { action: 'follow_up.send', objectType: 'subscriber', objectId: subscriberId }
      await recordAudit(trx, actor, { ...entry, details: { mailId } })
    }
    return mailId
  })
}

/** The person is locked, so that two who write at once are counted one after the other. */
async function requireFewMails(
  trx: Db,
  { creatorId, subscriberId }: { creatorId: string; subscriberId: string },
): Promise<void> {
  await trx.selectFrom('subscriber').select('id').where('id', '=', subscriberId).forUpdate().execute()
  const { count } = await trx
    .selectFrom('mail')
    .select((is) => is.fn.countAll<string>().as('count'))
    .where('creator_id', '=', creatorId)
    .where('subscriber_id', '=', subscriberId)
    .where('kind', '=', KIND)
    .where('created_at', '>', sql<Date>`now() - interval '7 days'`)
    .executeTakeFirstOrThrow()
  if (Number(count) >= MAX_A_WEEK) throw new AppError('mail.too_many', { max: MAX_A_WEEK })
}
