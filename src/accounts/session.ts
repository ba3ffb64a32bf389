import { createHmac } from 'node:crypto'
import type { Db } from '../db/database.ts'
import type { Actor } from './access.ts'
import { createToken, hashToken } from './token.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export const SESSION = {
  /** Unused for this long, a session is over: a phone put in a drawer. */
  idleMs: 14 * DAY_MS,
  /** Over after this long whatever happens. */
  absoluteMs: 60 * DAY_MS,
  /** A stolen token is worth no more than this, once its owner is seen again. */
  rotateMs: 15 * MINUTE_MS,
  /** Requests that were under way when the token changed still pass. */
  graceMs: 30_000,
  /** How exact "last seen" is: a busy session costs one write a minute. */
  touchMs: MINUTE_MS,
  /** Devices of one Member; signing in on one more signs out the one unused for longest. */
  maxPerMember: 30,
} as const

/** Longest part of a browser's self-description that is kept. */
const MAX_USER_AGENT = 300

export interface SessionDraft {
  memberId: string
  creatorId: string
  userAgent: string | undefined
  ip: string | undefined
}

/** Begins a session, always under a new id and token: whatever cookie a browser had before is worth nothing. */
export async function startSession(
  db: Db,
  { memberId, creatorId, userAgent, ip }: SessionDraft,
  now = new Date(),
): Promise<{ id: string; token: string; expiresAt: Date }> {
  await dropOldSessions(db, memberId, now)
  const token = createToken()
  const expiresAt = new Date(now.getTime() + SESSION.absoluteMs)
  const { id } = await db
    .insertInto('session')
    .values({
      member_id: memberId,
      creator_id: creatorId,
      token_hash: hashToken(token),
      user_agent: userAgent?.slice(0, MAX_USER_AGENT) ?? null,
      ip: ip ?? null,
      rotated_at: now,
      last_seen_at: now,
      created_at: now,
      expires_at: expiresAt,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, token, expiresAt }
}

/** The Member's that are over or one too many, and a few of whoever never came back. */
async function dropOldSessions(db: Db, memberId: string, now: Date): Promise<void> {
  const over = db.selectFrom('session').select('id').where('expires_at', '<=', now).limit(100)
  await db.deleteFrom('session').where('id', 'in', over).execute()
  const newest = db
    .selectFrom('session')
    .select('id')
    .where('member_id', '=', memberId)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', idleSince(now))
    .orderBy('last_seen_at', 'desc')
    .limit(SESSION.maxPerMember - 1)
  await db.deleteFrom('session').where('member_id', '=', memberId).where('id', 'not in', newest).execute()
}

export interface SignedIn {
  sessionId: string
  actor: Actor & { memberId: string }
  creatorName: string
  expiresAt: Date
  /** What the cookie has to hold from now on; undefined while it stays as it is. */
  nextToken: string | undefined
}

export type ResumedSession =
  | { state: 'alive'; signedIn: SignedIn }
  | { state: 'none' }
  /** A token that was exchanged long ago came back: someone has a copy. The session was ended. */
  | { state: 'replayed'; creatorId: string; memberId: string }

/**
 * Whom a cookie's token stands for, as their role is at this moment; exchanges the token as it ages.
 *
 * The next token is derived from the one before under `key`, so that two requests which exchange it at once,
 * and a browser that lost the answer, are handed the same one.
 */
export async function resumeSession(
  db: Db,
  token: string,
  { key, ip, now = new Date() }: { key: Buffer; ip: string | undefined; now?: Date },
): Promise<ResumedSession> {
  const hash = hashToken(token)
  const row = await findSession(db, hash)
  if (!row) return { state: 'none' }
  if (row.expires_at <= now || row.last_seen_at <= idleSince(now)) {
    await endSession(db, row.id)
    return { state: 'none' }
  }
  const ageMs = now.getTime() - row.rotated_at.getTime()
  const isCurrent = row.token_hash.equals(hash)
  if (!isCurrent && ageMs > SESSION.graceMs) {
    await endSession(db, row.id)
    return { state: 'replayed', creatorId: row.creator_id, memberId: row.member_id }
  }
  const isDue = isCurrent && ageMs >= SESSION.rotateMs
  const nextToken = isDue || !isCurrent ? deriveToken(token, row.id, key) : undefined
  if (isDue && nextToken) await exchangeToken(db, row.id, { from: hash, to: hashToken(nextToken), now })
  if (now.getTime() - row.last_seen_at.getTime() >= SESSION.touchMs) {
    await db
      .updateTable('session')
      .set({ last_seen_at: now, ip: ip ?? null })
      .where('id', '=', row.id)
      .execute()
  }
  const actor = {
    creatorId: row.creator_id,
    memberId: row.member_id,
    apiKeyId: undefined,
    name: row.name,
    role: row.role,
    isOperator: row.is_operator,
    ip,
  }
  const { creator_name: creatorName, expires_at: expiresAt } = row
  return { state: 'alive', signedIn: { sessionId: row.id, actor, creatorName, expiresAt, nextToken } }
}

/** By its token of now or the one before. None when the Member is no longer one of the Creator's. */
function findSession(db: Db, hash: Buffer) {
  return db
    .selectFrom('session')
    .innerJoin('member', 'member.id', 'session.member_id')
    .innerJoin('membership', (join) =>
      join
        .onRef('membership.member_id', '=', 'session.member_id')
        .onRef('membership.creator_id', '=', 'session.creator_id'),
    )
    .innerJoin('creator', 'creator.id', 'session.creator_id')
    .select(['session.id', 'session.member_id', 'session.creator_id', 'session.token_hash'])
    .select(['session.rotated_at', 'session.last_seen_at', 'session.expires_at'])
    .select(['member.name', 'member.is_operator', 'membership.role', 'creator.name as creator_name'])
    .where((eb) => eb.or([eb('token_hash', '=', hash), eb('previous_token_hash', '=', hash)]))
    .executeTakeFirst()
}

/** Only from the token that was read: of two requests at once one exchanges it, both know the next. */
async function exchangeToken(
  db: Db,
  id: string,
  { from, to, now }: { from: Buffer; to: Buffer; now: Date },
): Promise<void> {
  await db
    .updateTable('session')
    .set({ token_hash: to, previous_token_hash: from, rotated_at: now })
    .where('id', '=', id)
    .where('token_hash', '=', from)
    .execute()
}

function deriveToken(token: string, sessionId: string, key: Buffer): string {
  return createHmac('sha256', key).update(`${sessionId}:${token}`).digest('base64url')
}

function idleSince(now: Date): Date {
  return new Date(now.getTime() - SESSION.idleMs)
}

/** Signs out. Harmless when repeated. */
export async function endSession(db: Db, id: string): Promise<void> {
  await db.deleteFrom('session').where('id', '=', id).execute()
}

/** The session a token belongs to, alive or not. */
export async function findSessionId(db: Db, token: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('session')
    .select('id')
    .where((eb) => {
      const hash = hashToken(token)
      return eb.or([eb('token_hash', '=', hash), eb('previous_token_hash', '=', hash)])
    })
    .executeTakeFirst()
  return row?.id
}
