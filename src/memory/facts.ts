import { sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { termsOf } from '../knowledge/words/terms.ts'
import { isEpisode, type MemoryKind, type Statement } from './statement.ts'

/** Whose memory: a Subscriber with one Bot. Another Bot of the same Creator knows nothing of it. */
export interface MemoryKey {
  creatorId: string
  botId: string
  subscriberId: string
}

/** Something a person told, kept with their consent. */
export interface Fact {
  id: string
  kind: MemoryKind
  /** The person's own words. */
  text: string
  saidAt: Date
}

/** Kept of one person with one Bot; past it, what was told and used longest ago goes. */
export const MAX_FACTS = 30
export const MAX_EPISODES = 20

/** Two statements that share so many of their words say the same: the newer takes the place of the older. */
const SAME_SHARE = 0.8

/** What is remembered of a person, newest first. */
export async function listFacts(db: Db, { creatorId, botId, subscriberId }: MemoryKey): Promise<Fact[]> {
  const rows = await db
    .selectFrom('memory_fact')
    .select(['id', 'kind', 'text', 'said_at'])
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .orderBy('said_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.map(({ said_at: saidAt, ...row }) => ({ ...row, saidAt }))
}

/** Forgets one thing. False when it is not remembered of this person. */
export async function removeFact(db: Db, key: MemoryKey & { factId: string }): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('memory_fact')
    .where('id', '=', key.factId)
    .where('subscriber_id', '=', key.subscriberId)
    .where('bot_id', '=', key.botId)
    .where('creator_id', '=', key.creatorId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** A statement, and the message it was made in. */
export interface SaidStatement extends Statement {
  saidAt: Date
}

/** Adds what was told to what is remembered: a new name and whatever says the same take the place of the old. */
export async function keepStatements(
  trx: Transaction<Database>,
  key: MemoryKey & { chatId: string },
  statements: readonly SaidStatement[],
): Promise<void> {
  for (const statement of statements) {
    const known = await listFacts(trx, key)
    const replaced = known.filter((fact) => isSaidAnew(fact, statement)).map(({ id }) => id)
    if (replaced.length > 0) await trx.deleteFrom('memory_fact').where('id', 'in', replaced).execute()
    await trx
      .insertInto('memory_fact')
      .values({
        creator_id: key.creatorId,
        bot_id: key.botId,
        subscriber_id: key.subscriberId,
        chat_id: key.chatId,
        kind: statement.kind,
        text: statement.text,
        said_at: statement.saidAt,
        used_at: null,
      })
      .execute()
  }
  if (statements.length > 0) await dropTooMany(trx, key)
}

function isSaidAnew(fact: Fact, { kind, text }: Statement): boolean {
  if (fact.kind !== kind) return false
  if (kind === 'name') return true
  const [old, now] = [fact.text, text].map((words) => new Set(termsOf(words).map((term) => term.text)))
  if (!old || !now || old.size === 0 || now.size === 0) return fact.text === text
  const shared = [...now].filter((word) => old.has(word)).length
  return shared / Math.max(old.size, now.size) >= SAME_SHARE
}

async function dropTooMany(trx: Transaction<Database>, { botId, subscriberId }: MemoryKey): Promise<void> {
  const rows = await trx
    .selectFrom('memory_fact')
    .select(['id', 'kind'])
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .orderBy(sql`greatest(said_at, used_at)`, 'desc')
    .orderBy('id')
    .execute()
  const tooMany = [
    ...rows.filter((row) => !isEpisode(row)).slice(MAX_FACTS),
    ...rows.filter(isEpisode).slice(MAX_EPISODES),
  ].map(({ id }) => id)
  if (tooMany.length > 0) await trx.deleteFrom('memory_fact').where('id', 'in', tooMany).execute()
}
