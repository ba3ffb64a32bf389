import { randomBytes } from 'node:crypto'
import type { Actor } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { SealedColumn } from '../../accounts/key-rotation.ts'
import type { Vault } from '../../accounts/vault.ts'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import { readHookUrl } from './hook-post.ts'

/** Where a bot's orders are told to, without the secret that signs it. */
export interface FulfilmentHook {
  url: string
  createdAt: Date
}

const SECRET_BYTES = 32

interface BotRef {
  creatorId: string
  botId: string
}

export async function findHook(db: Db, { creatorId, botId }: BotRef): Promise<FulfilmentHook | undefined> {
  const row = await db
    .selectFrom('fulfilment_hook')
    .select(['url', 'created_at'])
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  return row && { url: row.url, createdAt: row.created_at }
}

/**
 * Sets where orders are told to. The first time, and with `isRotated`, a new secret is made and returned: it is shown
 * this once. From then on everything is signed with it.
 *
 * @throws {AppError} `fulfilment.url_refused`.
 */
export async function setHook(
  db: Db,
  actor: Actor,
  { botId, url, vault, isRotated = false }: { botId: string; url: string; vault: Vault; isRotated?: boolean },
): Promise<{ secret: string | undefined }> {
  readHookUrl(url)
  const ref = { creatorId: actor.creatorId, botId }
  const isNew = isRotated || (await findHook(db, ref)) === undefined
  const secret = `fh_${randomBytes(SECRET_BYTES).toString('base64url')}`
  const sealed = vault.seal(secret, contextOf({ bot_id: botId }))
  const row = await db
    .insertInto('fulfilment_hook')
    .values({ creator_id: actor.creatorId, bot_id: botId, url, secret: sealed })
    .onConflict((conflict) =>
      conflict.column('bot_id').doUpdateSet({ url, ...(isNew && { secret: sealed }) }),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  await recordAudit(db, actor, {
    ...{ action: isNew ? 'fulfilment_hook.rotate' : 'fulfilment_hook.set', objectType: 'fulfilment_hook' },
    ...{ objectId: row.id, details: { botId } },
  })
  return { secret: isNew ? secret : undefined }
}

/** @throws {AppError} `fulfilment.not_set`. */
export async function removeHook(db: Db, actor: Actor, { botId }: { botId: string }): Promise<void> {
  const row = await db
    .deleteFrom('fulfilment_hook')
    .where('bot_id', '=', botId)
    .where('creator_id', '=', actor.creatorId)
    .returning('id')
    .executeTakeFirst()
  if (!row) throw new AppError('fulfilment.not_set', { botId })
  await recordAudit(db, actor, {
    ...{ action: 'fulfilment_hook.remove', objectType: 'fulfilment_hook', objectId: row.id },
    details: { botId },
  })
}

/** With its secret in the clear: lives in memory only. `undefined` where none is set. */
export async function openHook(
  db: Db,
  vault: Pick<Vault, 'open'>,
  { botId, creatorId }: { botId: string; creatorId: string },
): Promise<{ url: string; secret: string } | undefined> {
  const row = await db
    .selectFrom('fulfilment_hook')
    .select(['url', 'secret'])
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  return row && { url: row.url, secret: vault.open(row.secret, contextOf({ bot_id: botId })) }
}

/** Where the secrets stand, for what seals them anew. */
export const HOOK_SEAL: SealedColumn<'bot_id'> = {
  table: 'fulfilment_hook',
  column: 'secret',
  boundTo: ['bot_id'],
  contextOf,
}

function contextOf({ bot_id }: { bot_id: string }): string {
  return `fulfilment_hook ${bot_id}`
}
