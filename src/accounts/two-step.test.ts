import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { describe, expect, it } from 'vitest'
import type { Db } from '../db/database.ts'
import { buildCreator, buildMember } from '../testing/builders/account.ts'
import { openTestDatabase } from '../testing/database.ts'
import { beginTwoStep, confirmTwoStep, countRecoveryCodes, endTwoStep, passTwoStep } from './two-step.ts'
import { createVault } from './vault.ts'

const vault = createVault(randomBytes(32).toString('hex'))
const STEP_MS = 30_000
const NOON = new Date('2026-05-01T12:00:00Z')

function later(steps: number): Date {
  return new Date(NOON.getTime() + steps * STEP_MS)
}

async function setUp(db: Db) {
  const { memberId } = await buildMember(db, await buildCreator(db))
  const { secret, uri } = await db.transaction().execute((trx) => beginTwoStep(trx, vault, memberId))
  const totp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
  const codeAt = (now: Date) => totp.generate({ timestamp: now.getTime() })
  return { memberId, uri, secret, codeAt }
}

async function turnOn(db: Db) {
  const person = await setUp(db)
  const { memberId, codeAt } = person
  const codes = await confirmTwoStep(db, vault, { memberId, code: codeAt(later(-10)), now: later(-10) })
  return { ...person, codes: codes ?? [] }
}

describe('the second step', () => {
  it('counts for nothing until a code proves that the app has the secret', async () => {
    await using test = await openTestDatabase()
    const { memberId, uri, secret, codeAt } = await setUp(test.db)

    expect(uri).toMatch(/^otpauth:\/\/totp\/Cornerman:/)
    expect(await passTwoStep(test.db, vault, { memberId, code: codeAt(NOON), now: NOON })).toBe(false)
    expect(await confirmTwoStep(test.db, vault, { memberId, code: '000000', now: NOON })).toBeUndefined()
    expect(await confirmTwoStep(test.db, vault, { memberId, code: codeAt(NOON), now: NOON })).toHaveLength(10)

    const rows = await test.db.selectFrom('member').selectAll().execute()
    expect(rows[0]?.totp_secret?.includes(secret.replaceAll(' ', ''))).toBe(false)
  })

  it('takes a code one step early or late, and none further off', async () => {
    await using test = await openTestDatabase()
    const { memberId, codeAt } = await turnOn(test.db)
    const pass = (made: number, shown: number) =>
      passTwoStep(test.db, vault, { memberId, code: codeAt(later(made)), now: later(shown) })

    expect(await pass(0, 2)).toBe(false)
    expect(await pass(4, 2)).toBe(false)
    expect(await pass(1, 2)).toBe(true)
    expect(await pass(3, 2)).toBe(true)
  })

  it('takes no code twice, nor one older than the last taken, nor by two at once', async () => {
    await using test = await openTestDatabase()
    const { memberId, codeAt } = await turnOn(test.db)
    const code = codeAt(NOON)

    const passed = await Promise.all(
      Array.from({ length: 5 }, () => passTwoStep(test.db, vault, { memberId, code, now: NOON })),
    )

    expect(passed.filter(Boolean)).toHaveLength(1)
    expect(await passTwoStep(test.db, vault, { memberId, code, now: later(1) })).toBe(false)
    const older = codeAt(later(-1))
    expect(await passTwoStep(test.db, vault, { memberId, code: older, now: NOON })).toBe(false)
  })

  it('takes each recovery code once, however it is typed, and keeps only hashes', async () => {
    await using test = await openTestDatabase()
    const { memberId, codes } = await turnOn(test.db)
    const [first = '', second = ''] = codes

    expect(first).toMatch(/^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/)
    expect(await passTwoStep(test.db, vault, { memberId, code: first })).toBe(true)
    expect(await passTwoStep(test.db, vault, { memberId, code: first })).toBe(false)
    const typed = second.replaceAll('-', ' ').toLowerCase()
    expect(await passTwoStep(test.db, vault, { memberId, code: typed })).toBe(true)
    expect(await countRecoveryCodes(test.db, memberId)).toBe(8)
  })

  it('binds the secret to its member: a row swapped in the database opens nothing', async () => {
    await using test = await openTestDatabase()
    const [one, two] = [await turnOn(test.db), await turnOn(test.db)]
    const { totp_secret: stolen } = await test.db
      .selectFrom('member')
      .select('totp_secret')
      .where('id', '=', one.memberId)
      .executeTakeFirstOrThrow()

    await test.db.updateTable('member').set({ totp_secret: stolen }).where('id', '=', two.memberId).execute()

    const tried = passTwoStep(test.db, vault, { memberId: two.memberId, code: one.codeAt(NOON), now: NOON })
    await expect(tried).rejects.toMatchObject({ code: 'vault.unreadable' })
  })

  it('forgets secret and recovery codes when it is turned off', async () => {
    await using test = await openTestDatabase()
    const { memberId, codes } = await turnOn(test.db)

    await endTwoStep(test.db, memberId)

    expect(await passTwoStep(test.db, vault, { memberId, code: codes[0] ?? '' })).toBe(false)
    expect(await countRecoveryCodes(test.db, memberId)).toBe(0)
    const row = await test.db.selectFrom('member').select('totp_secret').executeTakeFirstOrThrow()
    expect(row.totp_secret).toBeNull()
  })
})
