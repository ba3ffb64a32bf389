import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import { persist, unlessDone } from '../db/persist.ts'
import type { Database } from '../db/schema.ts'
import { isHeldByNone } from '../messaging/worker-presence.ts'
import type { MemoryUsage } from './ask-model.ts'
import { keepStatements, type MemoryKey, type SaidStatement } from './facts.ts'

/** The memory of a Chat in the hands of one worker. */
export interface MemoryClaim extends MemoryKey {
  chatId: string
  claim: string
  language: string | undefined
  hasConsent: boolean
  summary: string | undefined
  /** Of the last Message the summary tells of. */
  coveredPosition: string
  /** Of the last Message searched for what the person told; undefined without consent. */
  readPosition: string | undefined
  /** As PostgreSQL prints it: what becomes due meanwhile has another. */
  dueAt: string
}

/** No model thinks this long: a claim that old was forgotten by its holder. */
const LONGEST_CLAIM_MINUTES = 10

/** SQL that is true when no living worker is at it. */
const isFree = () =>
  isHeldByNone({ holder: 'chat_memory.holder_id', since: 'chat_memory.claimed_at' }, LONGEST_CLAIM_MINUTES)

/** Takes what is due in a Chat, so that it is thought about once. `undefined` when nothing is, or another worker has it. */
export async function claimMemory(
  db: Db,
  chatId: string,
  workerId: number,
): Promise<MemoryClaim | undefined> {
  const claim = randomUUID()
  const { rows } = await sql<Omit<MemoryClaim, 'claim'>>`
    WITH taken AS (
      UPDATE chat_memory SET holder_id = ${workerId}, claim = ${claim}, claimed_at = now()
      WHERE chat_id = ${chatId} AND due_at IS NOT NULL AND ${isFree()}
      RETURNING chat_id, creator_id, bot_id, summary, covered_position, read_position, due_at
    )
    SELECT taken.chat_id AS "chatId", taken.creator_id AS "creatorId", taken.bot_id AS "botId",
      chat.subscriber_id AS "subscriberId", chat.language, taken.summary,
      coalesce(memory_consent.state = 'given', false) AS "hasConsent",
      taken.covered_position AS "coveredPosition", taken.read_position AS "readPosition", taken.due_at::text AS "dueAt"
    FROM taken JOIN chat ON chat.id = taken.chat_id
    LEFT JOIN memory_consent ON memory_consent.subscriber_id = chat.subscriber_id
      AND memory_consent.bot_id = chat.bot_id
  `
    .execute(db)
    .catch(unlessDone(() => letGo(db, { chatId, claim })))
  const [row] = rows
  if (!row) return undefined
  return {
    ...row,
    claim,
    language: row.language ?? undefined,
    summary: row.summary ?? undefined,
    readPosition: row.readPosition ?? undefined,
  }
}

/** Lets go of it unfinished; it stays due. Does nothing when the claim is someone else's by now. */
export async function letGo(db: Db, { chatId, claim }: Pick<MemoryClaim, 'chatId' | 'claim'>): Promise<void> {
  await db
    .updateTable('chat_memory')
    .set({ holder_id: null, claim: null, claimed_at: null })
    .where('chat_id', '=', chatId)
    .where('claim', '=', claim)
    .execute()
}

/** What was thought about a claim. */
export interface Remembered {
  /** Absent: the summary stays as it is. */
  summary?: { text: string | undefined; coveredPosition: string }
  statements: SaidStatement[]
  /** Absent: nothing was searched. */
  readPosition?: string
  /** The Turn that what it took is counted on: that of the last Message read. */
  usage: MemoryUsage & { turnId: string | undefined }
  /** More is waiting than was read at a time. */
  isMoreDue: boolean
}

/**
 * Writes what was thought, once: nothing of it when the person was forgotten or another worker holds the claim by
 * now, and nothing they told when they took back their consent meanwhile.
 *
 * @returns whether more is due by now.
 */
export async function settleMemory(db: Db, claim: MemoryClaim, thought: Remembered): Promise<boolean> {
  return persist(() =>
    db.transaction().execute(async (trx) => {
      // Whoever erases the person holds the Chat: this waits for them, and finds nothing then.
      await sql`SELECT FROM chat WHERE id = ${claim.chatId} FOR KEY SHARE`.execute(trx)
      const mayKeep = await lockConsent(trx, claim)
      if (!(await lockClaim(trx, claim))) return false
      await countUsage(trx, claim, thought.usage)
      const { summary, readPosition } = thought
      if (mayKeep && readPosition !== undefined) await keepStatements(trx, claim, thought.statements)
      const { rows } = await sql<{ is_due: boolean }>`
        UPDATE chat_memory SET holder_id = NULL, claim = NULL, claimed_at = NULL, updated_at = now(),
          due_at = CASE WHEN due_at::text = ${claim.dueAt} AND NOT ${thought.isMoreDue} THEN NULL ELSE due_at END,
          summary = CASE WHEN ${summary !== undefined} THEN coalesce(${summary?.text ?? null}, summary) ELSE summary END,
          covered_position = greatest(covered_position, ${summary?.coveredPosition ?? claim.coveredPosition}::bigint),
          read_position = CASE WHEN ${mayKeep} THEN coalesce(${readPosition ?? null}::bigint, read_position) END
        WHERE chat_id = ${claim.chatId} AND claim = ${claim.claim}
        RETURNING due_at IS NOT NULL AS is_due
      `.execute(trx)
      return rows[0]?.is_due === true
    }),
  )
}

async function lockConsent(trx: Transaction<Database>, key: MemoryKey): Promise<boolean> {
  const row = await trx
    .selectFrom('memory_consent')
    .select('state')
    .where('subscriber_id', '=', key.subscriberId)
    .where('bot_id', '=', key.botId)
    .forUpdate()
    .executeTakeFirst()
  return row?.state === 'given'
}

async function lockClaim(trx: Transaction<Database>, { chatId, claim }: MemoryClaim): Promise<boolean> {
  const row = await trx
    .selectFrom('chat_memory')
    .select('chat_id')
    .where('chat_id', '=', chatId)
    .where('claim', '=', claim)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

/** Remembering belongs to the Turn that made it due: its cost stands with that Turn's, within the same budgets. */
async function countUsage(
  trx: Transaction<Database>,
  claim: MemoryClaim,
  { turnId, model, inputTokens, outputTokens, costUsd }: Remembered['usage'],
): Promise<void> {
  if (!turnId || inputTokens + outputTokens === 0) return
  await sql`
    INSERT INTO usage (turn_id, creator_id, bot_id, chat_id, subscriber_id, model, outcome, input_tokens, output_tokens,
      cost_usd)
    VALUES (${turnId}, ${claim.creatorId}, ${claim.botId}, ${claim.chatId}, ${claim.subscriberId}, ${model ?? null}, 'unanswered',
      ${inputTokens}, ${outputTokens}, ${costUsd})
    ON CONFLICT (turn_id) DO UPDATE SET input_tokens = usage.input_tokens + excluded.input_tokens,
      output_tokens = usage.output_tokens + excluded.output_tokens, cost_usd = usage.cost_usd + excluded.cost_usd
  `.execute(trx)
}

/** Chats with something to be remembered that no living worker has: what every nudge has missed. */
export async function listDueMemories(db: Db, olderThanMs: number, limit: number): Promise<string[]> {
  const { rows } = await sql<{ chat_id: string }>`
    SELECT chat_id FROM chat_memory
    WHERE due_at < now() - make_interval(secs => ${olderThanMs / 1000}) AND ${isFree()}
    ORDER BY due_at LIMIT ${limit}
  `.execute(db)
  return rows.map((row) => row.chat_id)
}
