import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { markMailSent } from './mail-claim.ts'
import type { MailEvent } from './sendgrid-events.ts'
import { recordSuppressions, type Suppression } from './suppression.ts'

/** What the mail service said, as `mail.delivery` keeps it. A later word of less weight does not undo an earlier one. */
const WEIGHT = { processed: 0, deferred: 1, delivered: 2, dropped: 3, bounce: 3, spamreport: 4 } as const

/**
 * Takes a batch of events in one transaction, each once, in whatever order they come: what became of the mails, and
 * who is written to no more. An event of a mail proves that it left, which settles a doubt.
 *
 * @returns how many were new.
 */
export async function recordMailEvents(db: Db, events: MailEvent[]): Promise<number> {
  const distinct = [...new Map(events.map((event) => [event.id, event])).values()]
  if (distinct.length === 0) return 0
  return db.transaction().execute(async (trx) => {
    const known = await listKnownMails(trx, distinct)
    const fresh = await insertNew(trx, distinct, known)
    const ofMails = fresh.flatMap((event) => (event.mailId && known.has(event.mailId) ? [event] : []))
    await markMailSent(trx, [...new Set(ofMails.flatMap(({ mailId }) => mailId ?? []))])
    await recordDelivery(trx, ofMails)
    await recordSuppressions(trx, fresh.flatMap(suppressionOf))
    return fresh.length
  })
}

/** Events of a subuser we share an account with, or of mails forgotten since, name mails we do not know. */
async function listKnownMails(trx: Db, events: MailEvent[]): Promise<Set<string>> {
  const ids = [...new Set(events.flatMap(({ mailId }) => mailId ?? []))]
  if (ids.length === 0) return new Set()
  // Locked in one order, so that two batches about the same mails wait for each other and never cross.
  const rows = await trx
    .selectFrom('mail')
    .select('id')
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Set(rows.map(({ id }) => id))
}

async function insertNew(trx: Db, events: MailEvent[], known: Set<string>): Promise<MailEvent[]> {
  const sorted = [...events].sort((a, b) => (a.id < b.id ? -1 : 1))
  const rows = await trx
    .insertInto('mail_event')
    .values(
      sorted.map(({ id, mailId, kind }) => ({
        id,
        mail_id: mailId && known.has(mailId) ? mailId : null,
        kind,
      })),
    )
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .execute()
  const ids = new Set(rows.map(({ id }) => id))
  return sorted.filter(({ id }) => ids.has(id))
}

async function recordDelivery(trx: Db, events: MailEvent[]): Promise<void> {
  for (const { mailId = '', kind } of events) {
    const weight = Object.hasOwn(WEIGHT, kind) ? WEIGHT[kind as keyof typeof WEIGHT] : undefined
    if (weight === undefined) continue
    const lighter = Object.entries(WEIGHT).flatMap(([name, each]) => (each < weight ? [name] : []))
    await trx
      .updateTable('mail')
      .set({ delivery: kind })
      .where('id', '=', mailId)
      .where((eb) => eb.or([eb('delivery', 'is', null), sql<boolean>`delivery = ANY(${lighter})`]))
      .execute()
  }
}

/** Who is written to no more after this event, and why. */
function suppressionOf({ kind, email, isHard, reason }: MailEvent): Suppression[] {
  if (!email) return []
  switch (kind) {
    case 'bounce':
      return isHard ? [{ email, reason: 'bounce' }] : []
    case 'spamreport':
      return [{ email, reason: 'spam_report' }]
    case 'unsubscribe':
    case 'group_unsubscribe':
      return [{ email, reason: 'unsubscribe' }]
    case 'dropped':
      return droppedFor(email, reason)
    default:
      return []
  }
}

/** SendGrid keeps lists of its own: what it does not even try is written down here, too. */
function droppedFor(email: string, reason: string): Suppression[] {
  if (/spam report/i.test(reason)) return [{ email, reason: 'spam_report' }]
  if (/unsubscribed/i.test(reason)) return [{ email, reason: 'unsubscribe' }]
  if (/bounced|invalid/i.test(reason)) return [{ email, reason: 'bounce' }]
  return []
}
