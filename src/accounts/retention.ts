import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireRole } from './access.ts'
import { recordAudit } from './audit.ts'

/** Shorter than a week would erase chats people are in the middle of; longer than ten years is no limit. */
export const RETENTION_DAYS = { min: 7, max: 3_650 } as const

/** After how many days of silence a Creator's chats are erased; null: never. */
export async function getRetentionDays(db: Db, creatorId: string): Promise<number | null> {
  const row = await db
    .selectFrom('creator')
    .select('retention_days')
    .where('id', '=', creatorId)
    .executeTakeFirst()
  return row?.retention_days ?? null
}

/** @throws {AppError} `access.denied` unless an owner asks; `retention.invalid` outside {@link RETENTION_DAYS}. */
export async function setRetentionDays(trx: Db, actor: Actor, days: number | null): Promise<void> {
  requireRole(actor, 'owner')
  const { min, max } = RETENTION_DAYS
  if (days !== null && !(Number.isInteger(days) && days >= min && days <= max)) {
    throw new AppError('retention.invalid', { min, max })
  }
  await trx.updateTable('creator').set({ retention_days: days }).where('id', '=', actor.creatorId).execute()
  await recordAudit(trx, actor, {
    action: 'retention.save',
    objectType: 'creator',
    objectId: actor.creatorId,
    details: { days },
  })
}

/** How many chats are silent for longer than that: what a setting would erase, counted up to `limit`. */
export async function countSilentChats(
  db: Db,
  creatorId: string,
  { days, limit }: { days: number; limit: number },
): Promise<number> {
  return (await listSilentChats(db, creatorId, { days, limit })).length
}

/** Chats nothing was said in for longer than `days`, the longest silent first of each bot; of who pays, none. */
export async function listSilentChats(
  db: Db,
  creatorId: string,
  { days, limit }: { days: number; limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT silent.id FROM bot CROSS JOIN LATERAL (
      SELECT chat.id FROM chat
      WHERE chat.bot_id = bot.id AND chat.creator_id = ${creatorId}
        AND chat.last_message_at < now() - make_interval(days => ${days})
        AND NOT EXISTS (
          SELECT FROM subscription WHERE subscription.subscriber_id = chat.subscriber_id
            AND subscription.ended_at IS NULL AND subscription.blocked_at IS NULL
            AND subscription.status IN ('active', 'trialing', 'past_due')
        )
      ORDER BY chat.last_message_at, chat.id LIMIT ${limit}
    ) AS silent
    WHERE bot.creator_id = ${creatorId} LIMIT ${limit}
  `.execute(db)
  return rows.map(({ id }) => id)
}

/** Creators whose chats are kept for a limited time. */
export async function listRetentions(db: Db): Promise<{ creatorId: string; days: number }[]> {
  const rows = await db
    .selectFrom('creator')
    .select(['id', 'retention_days'])
    .where('retention_days', 'is not', null)
    .execute()
  return rows.flatMap(({ id, retention_days }) =>
    retention_days === null ? [] : [{ creatorId: id, days: retention_days }],
  )
}
