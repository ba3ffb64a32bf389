import { z } from 'zod'
import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { type Db, inTransaction } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { getBot } from './bot.ts'
import { comparePlaceholders } from './prompt.ts'

/** The prompts a Bot may word itself: how it answers and what it may claim, not how it is asked or looks things up. */
export const OVERRIDABLE = ['answer', 'grounding-strict', 'grounding-adaptive', 'grounding-creative'] as const
export type OverridablePrompt = (typeof OVERRIDABLE)[number]

/** Longest wording: a few thousand words, which every answer's prompt has to carry. */
export const MAX_PROMPT_CHARS = 12_000

/** Versions kept of one prompt; the oldest that is not in use goes when there are more. */
export const MAX_VERSIONS = 50

export const PromptText = z
  .string()
  // Browsers send line ends as CRLF.
  .transform((text) => text.replaceAll('\r\n', '\n').trim())
  .pipe(z.string().min(1).max(MAX_PROMPT_CHARS))

/** One wording of a prompt. */
export interface PromptVersion {
  purpose: OverridablePrompt
  version: number
  text: string
  isActive: boolean
  createdBy: string | null
  createdAt: Date
}

export interface PromptKey {
  botId: string
  creatorId: string
  purpose: OverridablePrompt
}

/** All wordings of a Bot's prompt, newest first. None is in use when none is active: then it is the program's own. */
export async function listPromptVersions(
  db: Db,
  { botId, creatorId, purpose }: PromptKey,
): Promise<PromptVersion[]> {
  const rows = await db
    .selectFrom('prompt_override')
    .leftJoin('member', 'member.id', 'prompt_override.created_by')
    .select(['version', 'text', 'is_active', 'member.name', 'prompt_override.created_at'])
    .where('bot_id', '=', botId)
    .where('prompt_override.creator_id', '=', creatorId)
    .where('purpose', '=', purpose)
    .orderBy('version', 'desc')
    .limit(MAX_VERSIONS)
    .execute()
  return rows.map((row) => ({
    purpose,
    version: row.version,
    text: row.text,
    isActive: row.is_active,
    createdBy: row.name,
    createdAt: row.created_at,
  }))
}

/**
 * Keeps a new wording and puts it in use. The same words as those in use make no new version.
 *
 * @returns the version in use.
 * @throws {AppError} `access.denied` below editor; `bot.not_found`; `prompt.placeholders` naming the ones that
 *   are missing and the ones no one fills.
 */
export async function savePrompt(
  db: Db,
  actor: Actor,
  { botId, purpose, text }: { botId: string; purpose: OverridablePrompt; text: string },
): Promise<number> {
  requireRole(actor, 'editor')
  const { missing, unknown } = comparePlaceholders(purpose, text)
  if (missing.length + unknown.length > 0) {
    throw new AppError('prompt.placeholders', { missing, unknown: unknown.slice(0, 10) })
  }
  const key = { botId, creatorId: actor.creatorId, purpose }
  return inTransaction(db, async (trx) => {
    await lockBot(trx, key)
    const version = await recordPrompt(trx, key, { text, memberId: actor.memberId })
    await audit(trx, actor, 'prompt.save', { ...key, version })
    return version
  })
}

/**
 * Puts this wording in use, or the program's own where `text` is absent. It is the caller's to have checked its
 * placeholders.
 *
 * @returns the version in use, 0 for the program's own.
 */
export async function recordPrompt(
  trx: Db,
  key: PromptKey,
  { text, memberId }: { text: string | undefined; memberId?: string | undefined },
): Promise<number> {
  const versions = await listPromptVersions(trx, key)
  const active = versions.find(({ isActive }) => isActive)
  if (active && active.text === text) return active.version
  await deactivate(trx, key)
  if (text === undefined) return 0
  const version = (versions[0]?.version ?? 0) + 1
  await trx
    .insertInto('prompt_override')
    .values({
      creator_id: key.creatorId,
      bot_id: key.botId,
      purpose: key.purpose,
      version,
      text,
      is_active: true,
      created_by: memberId ?? null,
    })
    .execute()
  await dropOldest(trx, key, version)
  return version
}

/**
 * Puts an older wording in use again; version 0 is the program's own.
 *
 * @throws {AppError} `access.denied` below editor; `bot.not_found`; `prompt.version_not_found`.
 */
export async function activatePrompt(
  db: Db,
  actor: Actor,
  { botId, purpose, version }: { botId: string; purpose: OverridablePrompt; version: number },
): Promise<void> {
  requireRole(actor, 'editor')
  const key = { botId, creatorId: actor.creatorId, purpose }
  await inTransaction(db, async (trx) => {
    await lockBot(trx, key)
    await deactivate(trx, key)
    if (version > 0) {
      const { numUpdatedRows } = await trx
        .updateTable('prompt_override')
        .set({ is_active: true })
        .where('bot_id', '=', botId)
        .where('creator_id', '=', key.creatorId)
        .where('purpose', '=', purpose)
        .where('version', '=', version)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) throw new AppError('prompt.version_not_found', { purpose, version })
    }
    await audit(trx, actor, 'prompt.activate', { ...key, version })
  })
}

/** One change of a Bot's prompts at a time, so that no two versions get one number. */
async function lockBot(trx: Db, key: PromptKey): Promise<void> {
  await getBot(trx, key)
  await trx
    .selectFrom('bot')
    .select('id')
    .where('id', '=', key.botId)
    .where('creator_id', '=', key.creatorId)
    .forNoKeyUpdate()
    .execute()
}

async function deactivate(trx: Db, key: PromptKey): Promise<void> {
  await trx
    .updateTable('prompt_override')
    .set({ is_active: false })
    .where('bot_id', '=', key.botId)
    .where('creator_id', '=', key.creatorId)
    .where('purpose', '=', key.purpose)
    .where('is_active', '=', true)
    .execute()
}

async function dropOldest(trx: Db, key: PromptKey, newest: number): Promise<void> {
  await trx
    .deleteFrom('prompt_override')
    .where('bot_id', '=', key.botId)
    .where('creator_id', '=', key.creatorId)
    .where('purpose', '=', key.purpose)
    .where('version', '<=', newest - MAX_VERSIONS)
    .where('is_active', '=', false)
    .execute()
}

async function audit(
  trx: Db,
  actor: Actor,
  action: 'prompt.save' | 'prompt.activate',
  { botId, purpose, version }: PromptKey & { version: number },
): Promise<void> {
  const details = { purpose, version }
  await recordAudit(trx, actor, { action, objectType: 'bot', objectId: botId, details })
}
