import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { type ChatAddress, type InboxDraft, insertUpdates } from '../../messaging/inbox.ts'
import { Update } from '../../messaging/update.ts'

/** A question older than this is answered by nobody: who paid a week later has something else to ask. */
const HELD_DAYS = 7

/** What a released Update's identity begins with: the same question comes back once. */
const RESUMED = 'resume:'

const MAX_EXTERNAL_ID = 512

/** Keeps the question someone was stopped at, in place of the one before it. Part of the commit that says so. */
export async function holdQuestion(
  trx: Transaction<Database>,
  chat: { id: string; creatorId: string; subscriberId: string; botId: string },
  update: Update,
): Promise<void> {
  const stored = JSON.stringify(update).replaceAll('\\u0000', '')
  await trx
    .insertInto('held_question')
    .values({
      chat_id: chat.id,
      creator_id: chat.creatorId,
      subscriber_id: chat.subscriberId,
      bot_id: chat.botId,
      update: stored,
    })
    .onConflict((is) =>
      is.column('chat_id').doUpdateSet({
        update: stored,
        subscriber_id: chat.subscriberId,
        created_at: sql<Date>`now()`,
      }),
    )
    .execute()
}

/**
 * Puts the questions a Subscriber was stopped at back into the Inbox, as if they had just been asked. To be called
 * in the transaction that gives access: whoever gets it gets the answer, once, however often this is called.
 *
 * Returns the Chats that have something to answer: nudge `run-turn` for them after the commit (the sweep finds
 * them too, a little later).
 */
export async function releaseHeldQuestion(
  trx: Transaction<Database>,
  { subscriberId, botId }: { subscriberId: string; botId: string },
): Promise<ChatAddress[]> {
  const held = await trx
    .deleteFrom('held_question')
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .returning([
      'creator_id',
      'update',
      sql<boolean>`created_at > now() - make_interval(days => ${sql.lit(HELD_DAYS)})`.as('is_fresh'),
    ])
    .execute()
  const drafts = held.flatMap((row): InboxDraft[] => {
    const update = Update.safeParse(row.update)
    if (!row.is_fresh || !update.success) return []
    return [{ creatorId: row.creator_id, botId, update: resume(update.data) }]
  })
  return insertUpdates(trx, drafts)
}

/** Removes questions nobody will answer any more: they are a person's words. */
export async function forgetOldHeldQuestions(db: Db): Promise<void> {
  await db
    .deleteFrom('held_question')
    .where('created_at', '<', sql<Date>`now() - make_interval(days => ${sql.lit(HELD_DAYS)})`)
    .execute()
}

/** True for an Update that was held and let go again: its words stand in the conversation already. */
export function isResumed({ externalId }: Update): boolean {
  return externalId.startsWith(RESUMED)
}

function resume(update: Update): Update {
  return { ...update, externalId: (RESUMED + update.externalId).slice(0, MAX_EXTERNAL_ID) }
}
