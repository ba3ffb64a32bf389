import type { Db } from '../db/database.ts'
import { SESSION } from './session.ts'

/** A browser that is signed in. */
export interface Device {
  sessionId: string
  userAgent: string | null
  ip: string | null
  creatorName: string
  signedInAt: Date
  lastSeenAt: Date
}

/** Where a Member is signed in, the one seen last first. */
export async function listDevices(db: Db, memberId: string, now = new Date()): Promise<Device[]> {
  return db
    .selectFrom('session')
    .innerJoin('creator', 'creator.id', 'session.creator_id')
    .select(['session.id as sessionId', 'user_agent as userAgent', 'ip', 'creator.name as creatorName'])
    .select(['session.created_at as signedInAt', 'last_seen_at as lastSeenAt'])
    .where('member_id', '=', memberId)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', new Date(now.getTime() - SESSION.idleMs))
    .orderBy('last_seen_at', 'desc')
    .limit(SESSION.maxPerMember)
    .execute()
}

/** Signs one device of the Member out. False when it is none of theirs, or was signed out before. */
export async function endDevice(db: Db, memberId: string, sessionId: string): Promise<boolean> {
  const ended = await db
    .deleteFrom('session')
    .where('member_id', '=', memberId)
    .where('id', '=', sessionId)
    .returning('id')
    .executeTakeFirst()
  return ended !== undefined
}

/** Signs the Member out everywhere but here. */
export async function endOtherDevices(db: Db, memberId: string, keptSessionId: string): Promise<void> {
  await db.deleteFrom('session').where('member_id', '=', memberId).where('id', '!=', keptSessionId).execute()
}
