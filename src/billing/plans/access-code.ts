import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import { z } from 'zod'
import { type Actor, requireRole } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import { type Db, inTransaction } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { BotKey } from './plan.ts'
import { Moment } from './price.ts'

/** Codes of one bot that still open something. */
const MAX_ACCESS_CODES = 200

/** What is typed in the chat: upper case, so that it does not matter how it is written. Six at least: it is guessed otherwise. */
const AccessCodeText = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9](?:[A-Z0-9-]{4,38}[A-Z0-9])$/, '6 to 40 letters without accents, digits and hyphens')

/** Lets a group in without paying. */
export const AccessCodeTerms = z.strictObject({
  /** Absent: one is made. */
  code: AccessCodeText.optional(),
  /** What whoever gives the code has. */
  planId: z.uuid(),
  /** For how long, from when it is given; absent: for good. */
  days: z.int().min(1).max(3_650).optional(),
  /** How many people; absent: as many as know it. */
  maxUses: z.int().min(1).max(1_000_000).optional(),
  /** Until when it is taken; absent: until it is ended. */
  expiresAt: Moment.optional(),
})
export type AccessCodeTerms = z.output<typeof AccessCodeTerms>

export interface AccessCode {
  id: string
  code: string
  planId: string
  planName: string
  days: number | undefined
  maxUses: number | undefined
  usedCount: number
  expiresAt: Date | undefined
  createdAt: Date
  /** Nobody new gets in by it: it is past its time or used up. */
  isOver: boolean
}

/** A Bot's codes, the newest first; at most {@link MAX_ACCESS_CODES} and as many that are over. */
export async function listAccessCodes(
  db: Db,
  { creatorId, botId }: BotKey,
  now = new Date(),
): Promise<AccessCode[]> {
  const rows = await selectCodes(db, { creatorId, botId })
    .orderBy(sql`access_code.expires_at IS NOT NULL AND access_code.expires_at <= ${now}`)
    .orderBy('access_code.created_at', 'desc')
    .limit(2 * MAX_ACCESS_CODES)
    .execute()
  return rows.map((row) => readCode(row, now))
}

/**
 * @throws {AppError} `access.denied` below editor; `plan.not_found` where the plan is not this Bot's or no longer
 *   offered; `access_code.taken`, `access_code.too_many`.
 */
export async function createAccessCode(
  db: Db,
  actor: Actor,
  { botId, terms }: { botId: string; terms: AccessCodeTerms },
): Promise<AccessCode> {
  requireRole(actor, 'editor')
  const key = { creatorId: actor.creatorId, botId }
  return inTransaction(db, async (trx) => {
    await checkPlan(trx, key, terms.planId)
    const open = (await listAccessCodes(trx, key)).filter(({ isOver }) => !isOver)
    if (open.length >= MAX_ACCESS_CODES)
      throw new AppError('access_code.too_many', { most: MAX_ACCESS_CODES })
    const made = await trx
      .insertInto('access_code')
      .values({
        ...{ creator_id: key.creatorId, bot_id: botId, plan_id: terms.planId },
        ...{ code: terms.code ?? inventCode(), days: terms.days ?? null },
        ...{ max_uses: terms.maxUses ?? null, expires_at: terms.expiresAt ?? null },
      })
      .onConflict((conflict) => conflict.columns(['bot_id', 'code']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made) throw new AppError('access_code.taken')
    await recordAudit(trx, actor, {
      ...{ action: 'access_code.create', objectType: 'access_code', objectId: made.id },
      details: { botId, planId: terms.planId },
    })
    const row = await selectCodes(trx, key).where('access_code.id', '=', made.id).executeTakeFirstOrThrow()
    return readCode(row, new Date())
  })
}

/**
 * Ends a code: nobody new gets in by it, who is in stays.
 *
 * @throws {AppError} `access.denied` below editor; `access_code.not_found`.
 */
export async function endAccessCode(
  db: Db,
  actor: Actor,
  { botId, codeId }: { botId: string; codeId: string },
): Promise<void> {
  requireRole(actor, 'editor')
  await inTransaction(db, async (trx) => {
    const row = await trx
      .updateTable('access_code')
      .set({ expires_at: sql<Date>`least(coalesce(expires_at, now()), now())` })
      .where('id', '=', codeId)
      .where('creator_id', '=', actor.creatorId)
      .where('bot_id', '=', botId)
      .returning('id')
      .executeTakeFirst()
    if (!row) throw new AppError('access_code.not_found', { codeId })
    await recordAudit(trx, actor, {
      ...{ action: 'access_code.end', objectType: 'access_code', objectId: codeId },
      details: { botId },
    })
  })
}

async function checkPlan(trx: Db, { creatorId, botId }: BotKey, planId: string): Promise<void> {
  const plan = await trx
    .selectFrom('plan')
    .select('id')
    .where('id', '=', planId)
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', botId)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  if (!plan) throw new AppError('plan.not_found', { planId })
}

/** Without letters and digits that are mistaken for each other. */
const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

/** "KQ7M-3XWB-T9": 49 bits, in groups that can be read out. */
function inventCode(): string {
  const letters = Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return letters.replace(/^(.{4})(.{4})/, '$1-$2-')
}

function selectCodes(db: Db, { creatorId, botId }: BotKey) {
  return db
    .selectFrom('access_code')
    .innerJoin('plan', 'plan.id', 'access_code.plan_id')
    .select(['access_code.id', 'access_code.code', 'access_code.plan_id', 'plan.name as plan_name'])
    .select(['access_code.days', 'access_code.max_uses', 'access_code.used_count'])
    .select(['access_code.expires_at', 'access_code.created_at'])
    .where('access_code.creator_id', '=', creatorId)
    .where('access_code.bot_id', '=', botId)
}

type CodeRow = Awaited<ReturnType<ReturnType<typeof selectCodes>['executeTakeFirstOrThrow']>>

function readCode(row: CodeRow, now: Date): AccessCode {
  const isPast = row.expires_at !== null && row.expires_at <= now
  return {
    ...{ id: row.id, code: row.code, planId: row.plan_id, planName: row.plan_name },
    ...{ days: row.days ?? undefined, maxUses: row.max_uses ?? undefined, usedCount: row.used_count },
    ...{ expiresAt: row.expires_at ?? undefined, createdAt: row.created_at },
    isOver: isPast || (row.max_uses !== null && row.used_count >= row.max_uses),
  }
}
