import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Db } from '../db/database.ts'
import { buildCreator, buildMember } from '../testing/builders/account.ts'
import { openTestDatabase } from '../testing/database.ts'
import { listDevices } from './device.ts'
import { resumeSession, SESSION, startSession } from './session.ts'

const KEY = randomBytes(32)
const START = new Date('2026-05-01T08:00:00Z')

function later(ms: number, from = START): Date {
  return new Date(from.getTime() + ms)
}

async function signIn(db: Db, now = START) {
  const member = await buildMember(db, await buildCreator(db))
  const session = await startSession(db, { ...member, userAgent: 'Firefox/1', ip: '192.0.2.1' }, now)
  return { ...session, member }
}

function resume(db: Db, token: string, now: Date) {
  return resumeSession(db, token, { key: KEY, ip: '192.0.2.2', now })
}

async function nextTokenOf(db: Db, token: string, now: Date): Promise<string> {
  const resumed = await resume(db, token, now)
  if (resumed.state !== 'alive') throw new Error(`the session is ${resumed.state}`)
  return resumed.signedIn.nextToken ?? token
}

describe('resumeSession', () => {
  it('knows whose token it is, and keeps only its hash', async () => {
    await using test = await openTestDatabase()
    const { token, id, member } = await signIn(test.db)

    const resumed = await resume(test.db, token, later(1_000))

    expect(resumed).toMatchObject({
      state: 'alive',
      signedIn: { sessionId: id, actor: { memberId: member.memberId, role: 'owner' }, nextToken: undefined },
    })
    const rows = await test.db.selectFrom('session').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(token)
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(token, 'base64url').toString('hex'))
  })

  it('gives a new token every quarter of an hour, and takes the one before for half a minute', async () => {
    await using test = await openTestDatabase()
    const { token } = await signIn(test.db)
    const due = later(SESSION.rotateMs)

    const next = await nextTokenOf(test.db, token, due)

    expect(next).not.toBe(token)
    expect(await resume(test.db, token, later(SESSION.graceMs, due))).toMatchObject({ state: 'alive' })
    expect(await resume(test.db, next, later(SESSION.graceMs, due))).toMatchObject({ state: 'alive' })
  })

  it('gives requests that rotate at once, and one whose answer was lost, the same token', async () => {
    await using test = await openTestDatabase()
    const { token } = await signIn(test.db)
    const due = later(SESSION.rotateMs)

    const tokens = await Promise.all(Array.from({ length: 6 }, () => nextTokenOf(test.db, token, due)))
    const again = await nextTokenOf(test.db, token, later(10_000, due))

    expect(new Set([...tokens, again]).size).toBe(1)
    expect(await resume(test.db, again, later(60_000, due))).toMatchObject({ state: 'alive' })
  })

  it('ends the session when an exchanged token comes back late: someone has a copy', async () => {
    await using test = await openTestDatabase()
    const { token, member } = await signIn(test.db)
    const due = later(SESSION.rotateMs)
    const next = await nextTokenOf(test.db, token, due)

    const replayed = await resume(test.db, token, later(SESSION.graceMs + 1, due))

    expect(replayed).toEqual({ state: 'replayed', creatorId: member.creatorId, memberId: member.memberId })
    expect(await resume(test.db, next, later(SESSION.graceMs + 2, due))).toEqual({ state: 'none' })
  })

  it('forgets a token two exchanges old', async () => {
    await using test = await openTestDatabase()
    const { token } = await signIn(test.db)
    const second = await nextTokenOf(test.db, token, later(SESSION.rotateMs))
    const third = await nextTokenOf(test.db, second, later(2 * SESSION.rotateMs))

    expect(await resume(test.db, token, later(2 * SESSION.rotateMs))).toEqual({ state: 'none' })
    expect(await resume(test.db, third, later(2 * SESSION.rotateMs))).toMatchObject({ state: 'alive' })
  })

  it('ends after two weeks unused, and after two months used every day', async () => {
    await using test = await openTestDatabase()
    const idle = await signIn(test.db)
    const busy = await signIn(test.db)
    const day = 24 * 60 * 60_000

    let token = busy.token
    for (let age = day; age < SESSION.absoluteMs; age += day) {
      token = await nextTokenOf(test.db, token, later(age))
    }

    expect(await resume(test.db, idle.token, later(SESSION.idleMs))).toEqual({ state: 'none' })
    expect(await resume(test.db, token, later(SESSION.absoluteMs))).toEqual({ state: 'none' })
    expect(await test.db.selectFrom('session').select('id').execute()).toEqual([])
  })

  it('reads the role of this moment, and knows no one who is no longer a Member', async () => {
    await using test = await openTestDatabase()
    const { token, member } = await signIn(test.db)

    await test.db.updateTable('membership').set({ role: 'viewer' }).execute()
    expect(await resume(test.db, token, later(1))).toMatchObject({ signedIn: { actor: { role: 'viewer' } } })

    await test.db.deleteFrom('membership').where('member_id', '=', member.memberId).execute()
    expect(await resume(test.db, token, later(2))).toEqual({ state: 'none' })
  })
})

describe('startSession', () => {
  it('keeps the thirty devices used last', async () => {
    await using test = await openTestDatabase()
    const { member, token: first } = await signIn(test.db)
    const draft = { ...member, userAgent: undefined, ip: undefined }
    for (let n = 1; n <= SESSION.maxPerMember; n++) await startSession(test.db, draft, later(n * 1_000))

    const now = later(60_000)

    expect(await listDevices(test.db, member.memberId, now)).toHaveLength(SESSION.maxPerMember)
    expect(await resume(test.db, first, now)).toEqual({ state: 'none' })
  })
})
