import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Database } from '../../db/schema.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import { releaseHeldQuestion } from '../entitlement/held-question.ts'

/** What opens a chat for someone who has paid before ever writing: mailed to them, and to no one else. */
export interface PaidLinks {
  /** For the `start` of a deep link: 49 of A-Z a-z 0-9 _ -. */
  tokenOf(subscriptionId: string): string
  /** The subscription's id; `undefined` for every token that is not one of ours. */
  read(token: string): string | undefined
}

const TOKEN = /^paid_([\w-]{22})([\w-]{22})$/
const SIGNATURE_CHARS = 22

export function createPaidLinks(key: Buffer): PaidLinks {
  const sign = (packed: string) =>
    createHmac('sha256', key).update(packed).digest('base64url').slice(0, SIGNATURE_CHARS)
  return {
    tokenOf(subscriptionId) {
      const packed = Buffer.from(subscriptionId.replaceAll('-', ''), 'hex').toString('base64url')
      return `paid_${packed}${sign(packed)}`
    },
    read(token) {
      const [, packed = '', signature = ''] = TOKEN.exec(token) ?? []
      if (packed === '' || !timingSafeEqual(Buffer.from(signature), Buffer.from(sign(packed))))
        return undefined
      const hex = Buffer.from(packed, 'base64url').toString('hex')
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    },
  }
}

/**
 * Gives a subscription that was paid for outside a chat to the Subscriber who opened the link it was mailed with.
 * The first to open it has it; whoever comes later gets nothing.
 *
 * @returns the plan's name and the Chats to nudge `run-turn` for; `undefined` when there is nothing to claim here.
 */
export async function claimPaid(
  trx: Transaction<Database>,
  { subscriptionId, subscriberId, botId }: { subscriptionId: string; subscriberId: string; botId: string },
): Promise<{ planName: string; chats: ChatAddress[] } | undefined> {
  const row = await trx
    .updateTable('subscription')
    .set({ subscriber_id: subscriberId })
    .where('id', '=', subscriptionId)
    .where('bot_id', '=', botId)
    .where((is) => is.or([is('subscriber_id', 'is', null), is('subscriber_id', '=', subscriberId)]))
    .returning(['creator_id', 'customer_id', 'email', 'plan_id'])
    .executeTakeFirst()
  if (!row) return undefined
  if (row.customer_id) {
    await trx
      .insertInto('payer')
      .values({
        subscriber_id: subscriberId,
        creator_id: row.creator_id,
        customer_id: row.customer_id,
        email: row.email,
      })
      .onConflict((conflict) => conflict.columns(['subscriber_id', 'customer_id']).doNothing())
      .execute()
  }
  const plan = await trx
    .selectFrom('plan')
    .select('name')
    .where('id', '=', row.plan_id)
    .executeTakeFirstOrThrow()
  return { planName: plan.name, chats: await releaseHeldQuestion(trx, { subscriberId, botId }) }
}
