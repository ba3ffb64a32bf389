import { isDeepStrictEqual } from 'node:util'
import { sql, type Transaction } from 'kysely'
import type { z } from 'zod'
import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { getBot } from './bot.ts'
import { type Bot, BotSettings, type ModelOffer } from './bot-settings.ts'

/** A Bot to be changed: who saves it says which state they have seen. */
export interface EditableBot extends Bot {
  updatedAt: Date
}

/** @throws {AppError} `bot.not_found`, another Creator's included. */
export async function getEditableBot(
  db: Db,
  key: { botId: string; creatorId: string },
): Promise<EditableBot> {
  const bot = await getBot(db, key)
  const { updated_at: updatedAt } = await db
    .selectFrom('bot')
    .select('updated_at')
    .where('id', '=', bot.id)
    .executeTakeFirstOrThrow()
  return { ...bot, updatedAt }
}

/** One value that does not fit. `path` as in `greeting.en`. */
export interface SettingsIssue {
  path: string
  message: string
}

/**
 * Reads settings from outside and checks them against what the installation offers.
 *
 * @throws {AppError} `bot.settings_invalid` with the {@link SettingsIssue}s.
 */
export function readBotSettings(given: unknown, offer: ModelOffer): BotSettings {
  const parsed = BotSettings.safeParse(given)
  const issues = parsed.success ? findUnoffered(parsed.data, offer) : parsed.error.issues.map(presentIssue)
  if (!parsed.success || issues.length > 0) throw new AppError('bot.settings_invalid', { issues })
  return parsed.data
}

function findUnoffered({ model = [], limits }: BotSettings, offer: ModelOffer): SettingsIssue[] {
  const unknown = model.filter((name) => !offer.models.includes(name))
  const isTooLong = (limits?.answer_tokens ?? 0) > offer.answerTokens
  return [
    ...unknown.map((name) => ({ path: 'model', message: `${name.slice(0, 100)} is not offered here` })),
    ...(isTooLong ? [{ path: 'limits.answer_tokens', message: `At most ${offer.answerTokens}` }] : []),
  ]
}

function presentIssue(issue: z.core.$ZodIssue): SettingsIssue {
  return { path: issue.path.map(String).join('.'), message: sayIssue(issue) }
}

/** What is wanted, in words for people; where the schema says it in such words already, its own. */
function sayIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') {
    if (issue.origin === 'number' || issue.origin === 'int') return `At least ${issue.minimum}`
    return issue.origin === 'string' ? 'Write something here' : 'Give at least one'
  }
  if (issue.code === 'too_big') {
    if (issue.origin === 'string') return `At most ${issue.maximum} characters`
    return issue.origin === 'array' ? `At most ${issue.maximum} of them` : `At most ${issue.maximum}`
  }
  if (issue.code === 'invalid_type' && ['number', 'int'].includes(issue.expected)) return 'A whole number'
  if (issue.code === 'invalid_format' && !issue.message.startsWith('Invalid')) return `Give ${issue.message}`
  return issue.message
}

/**
 * Puts new settings in place of those the saver has seen. They are in use everywhere within seconds.
 *
 * @param expectedUpdatedAt the `updatedAt` of the state that was edited.
 * @returns when it was saved.
 * @throws {AppError} `access.denied` below editor; `bot.not_found`; `bot.changed` when someone saved in between;
 *   `bot.settings_invalid` for a time zone the database does not know.
 */
export async function saveBotSettings(
  db: Db,
  actor: Actor,
  { botId, settings, expectedUpdatedAt }: { botId: string; settings: BotSettings; expectedUpdatedAt: Date },
): Promise<Date> {
  requireRole(actor, 'editor')
  return inTransaction(db, async (trx) => {
    const before = await getEditableBot(trx, { botId, creatorId: actor.creatorId })
    const fields = listChanges(before.settings, settings)
    if (fields.includes('quiet_hours')) await checkTimeZone(trx, settings)
    const { now } = await readClock(trx)
    const saved = await trx
      .updateTable('bot')
      .set({ settings: JSON.stringify(settings), updated_at: now })
      .where('id', '=', botId)
      .where('creator_id', '=', actor.creatorId)
      // What a person was shown has no microseconds.
      .where(sql`date_trunc('milliseconds', updated_at)`, '=', expectedUpdatedAt)
      .returning('updated_at')
      .executeTakeFirst()
    if (!saved) throw new AppError('bot.changed', { botId })
    if (fields.includes('quiet_hours')) await freeHeldParts(trx, botId)
    await recordAudit(trx, actor, {
      action: 'bot.update',
      objectType: 'bot',
      objectId: botId,
      details: { fields },
    })
    return saved.updated_at
  })
}

/** Names of the settings that differ. */
function listChanges(before: BotSettings, after: BotSettings): string[] {
  const fields = Object.keys(BotSettings.shape) as (keyof BotSettings)[]
  return fields.filter((field) => !isDeepStrictEqual(before[field], after[field]))
}

/** Whole milliseconds of the database's clock, so that two saves in a row never carry the same time by chance. */
async function readClock(trx: Transaction<Database>): Promise<{ now: Date }> {
  const { rows } = await sql<{
    now: Date
  }>`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`.execute(trx)
  return { now: rows[0]?.now ?? new Date() }
}

/**
 * The program and PostgreSQL each have a list of time zones of their own; hours in one that the sending query
 * could not read would hold everything up.
 *
 * @throws {AppError} `bot.settings_invalid`
 */
export async function checkTimeZone(trx: Db, { quiet_hours: quiet }: BotSettings): Promise<void> {
  if (!quiet) return
  const { rows } = await sql`SELECT FROM pg_timezone_names WHERE name = ${quiet.time_zone}`.execute(trx)
  if (rows.length > 0) return
  const issues: SettingsIssue[] = [{ path: 'quiet_hours.time_zone', message: 'Choose a larger city nearby' }]
  throw new AppError('bot.settings_invalid', { issues })
}

/** What was held until the old hours end is looked at again. */
async function freeHeldParts(trx: Transaction<Database>, botId: string): Promise<void> {
  await trx
    .updateTable('part')
    .set({ not_before: null })
    .where('bot_id', '=', botId)
    .where('policy', '=', 'notice')
    .where('state', '=', 'queued')
    .where('not_before', '>', sql<Date>`now()`)
    .execute()
}
