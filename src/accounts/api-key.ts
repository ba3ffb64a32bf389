import type { Selectable } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Actor, type Role, requireRole } from './access.ts'
import { recordAudit } from './audit.ts'
import { createToken, hashToken } from './token.ts'

/** So that a key is recognised as one wherever it turns up, by people and by secret scanners. */
const KEY_START = 'cmk_'

/** Letters of a key that stay readable, to tell keys apart: 48 of its 256 bits. */
const PREFIX_LENGTH = KEY_START.length + 8

/** Keys in force at a time: far above what one creator's programs need, and a list stays a page. */
const MAX_KEYS = 50

/** How exact "last used" is: a busy key costs one write a minute. */
const LAST_USED_EVERY_MS = 60_000

export interface ApiKeyDraft {
  name: string
  /** Checked by whoever reads them in: see the API's own list. */
  scopes: readonly string[]
  expiresAt?: Date | undefined
}

/** A key as it may be shown: all but the key. */
export interface ApiKey {
  id: string
  name: string
  /** Its first letters, e.g. `cmk_Ab3dEf9h`. */
  prefix: string
  scopes: string[]
  createdBy: string | null
  lastUsedAt: Date | null
  expiresAt: Date | null
  revokedAt: Date | null
  createdAt: Date
}

/** Who a key acts as, and what it may. `actor.ip` is set by whoever received the request. */
export interface KeyHolder {
  actor: Actor & { apiKeyId: string }
  scopes: string[]
}

/**
 * Makes a key of the actor's Creator. `key` is returned this once: only its hash is kept.
 *
 * @throws {AppError} `access.denied` for all but owners, and for a key that would make one that may more
 * than itself; `api_key.too_many` past the bound.
 */
export async function createApiKey(
  db: Db,
  actor: Actor,
  { name, scopes, expiresAt }: ApiKeyDraft,
): Promise<{ key: string; row: ApiKey }> {
  requireRole(actor, 'owner')
  return inTransaction(db, async (trx) => {
    // Of two that are made at once, the second sees the first.
    await trx.selectFrom('creator').select('id').where('id', '=', actor.creatorId).forUpdate().execute()
    const known = await listApiKeys(trx, actor)
    const inForce = known.filter((key) => key.revokedAt === null)
    if (inForce.length >= MAX_KEYS) throw new AppError('api_key.too_many', { max: MAX_KEYS })
    if (actor.apiKeyId) {
      const own = inForce.find((key) => key.id === actor.apiKeyId)?.scopes ?? []
      if (scopes.some((scope) => !own.includes(scope))) throw new AppError('access.denied', { scopes })
    }
    const key = `${KEY_START}${createToken()}`
    const row = await trx
      .insertInto('api_key')
      .values({
        creator_id: actor.creatorId,
        name,
        prefix: key.slice(0, PREFIX_LENGTH),
        key_hash: hashToken(key),
        scopes: [...scopes],
        created_by: actor.memberId ?? null,
        expires_at: expiresAt ?? null,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await recordAudit(trx, actor, {
      action: 'api_key.create',
      objectType: 'api_key',
      objectId: row.id,
      details: { scopes },
    })
    return { key, row: readApiKey(row) }
  })
}

/**
 * Whom a presented key acts for, by the system's connection: the key tells the Creator. `undefined` for what
 * is unknown, revoked or past its time, without a difference.
 */
export async function findApiKey(
  db: Db,
  presentedKey: string,
  now = new Date(),
): Promise<KeyHolder | undefined> {
  if (!presentedKey.startsWith(KEY_START)) return undefined
  const row = await db
    .selectFrom('api_key')
    .selectAll()
    .where('key_hash', '=', hashToken(presentedKey))
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirst()
  if (!row) return undefined
  if (now.getTime() - (row.last_used_at?.getTime() ?? 0) >= LAST_USED_EVERY_MS) {
    await db.updateTable('api_key').set({ last_used_at: now }).where('id', '=', row.id).execute()
  }
  const actor = {
    creatorId: row.creator_id,
    memberId: undefined,
    apiKeyId: row.id,
    name: row.name,
    role: roleOf(row.scopes),
    isOperator: false,
    ip: undefined,
  }
  return { actor, scopes: row.scopes }
}

/** The least role that can do what the scopes name, so that a role check holds where a scope check is forgotten. */
function roleOf(scopes: readonly string[]): Role {
  if (scopes.some((scope) => scope.startsWith('account:'))) return 'owner'
  return scopes.some((scope) => scope.endsWith(':write')) ? 'editor' : 'viewer'
}

/** The Creator's keys, those in force first, the newest first among each; at most 200. */
export async function listApiKeys(db: Db, { creatorId }: Pick<Actor, 'creatorId'>): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_key')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .orderBy('revoked_at', (order) => order.desc().nullsFirst())
    .orderBy('created_at', 'desc')
    .limit(200)
    .execute()
  return rows.map(readApiKey)
}

/** @throws {AppError} `api_key.not_found` */
export async function getApiKey(
  db: Db,
  { creatorId }: Pick<Actor, 'creatorId'>,
  id: string,
): Promise<ApiKey> {
  const row = await db
    .selectFrom('api_key')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new AppError('api_key.not_found', { id })
  return readApiKey(row)
}

/**
 * Ends a key at once and for good. Harmless when repeated.
 *
 * @throws {AppError} `access.denied` for all but owners; `api_key.not_found`.
 */
export async function revokeApiKey(db: Db, actor: Actor, id: string): Promise<void> {
  requireRole(actor, 'owner')
  await inTransaction(db, async (trx) => {
    const row = await trx
      .selectFrom('api_key')
      .select(['id', 'revoked_at'])
      .where('creator_id', '=', actor.creatorId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (!row) throw new AppError('api_key.not_found', { id })
    if (row.revoked_at) return
    await trx
      .updateTable('api_key')
      .set({ revoked_at: new Date() })
      .where('creator_id', '=', actor.creatorId)
      .where('id', '=', id)
      .execute()
    await recordAudit(trx, actor, { action: 'api_key.revoke', objectType: 'api_key', objectId: id })
  })
}

function readApiKey(row: Selectable<Database['api_key']>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdBy: row.created_by,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
  }
}
