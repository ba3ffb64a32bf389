import { describe, expect, it } from 'vitest'
import { randomEmail } from '../testing/builders/account.ts'
import { openTestDatabase } from '../testing/database.ts'
import { openAccount, recordSignUp } from './account.ts'
import { foundAccount } from './found.ts'

const DRAFT = { name: 'Ada', passwordHash: 'hash' }

describe('opening accounts', () => {
  it('makes one of many at once the first, who runs the installation', async () => {
    await using test = await openTestDatabase()
    const signUps = Array.from({ length: 5 }, () => recordSignUp(test.db, { ...DRAFT, email: randomEmail() }))
    const ids = (await Promise.all(signUps)).map((id) => id ?? '')

    await Promise.all(ids.map((id) => openAccount(test.db, id, { keepsPassword: true })))

    const operators = await test.db
      .selectFrom('member')
      .select('id')
      .where('is_operator', '=', true)
      .execute()
    expect(operators).toHaveLength(1)
    const creators = await test.db.selectFrom('membership').select('creator_id').distinct().execute()
    expect(creators).toHaveLength(5)
  })

  it('opens an account once, however often it is asked to', async () => {
    await using test = await openTestDatabase()
    const id = (await recordSignUp(test.db, { ...DRAFT, email: randomEmail() })) ?? ''

    const [one, two] = await Promise.all([
      openAccount(test.db, id, { keepsPassword: true }),
      openAccount(test.db, id, { keepsPassword: true }),
    ])

    expect(one).toEqual(two)
    expect(await test.db.selectFrom('membership').select('role').execute()).toEqual([{ role: 'owner' }])
  })

  it('lets the last to sign up with an unproven address say name and password, and none after it is proven', async () => {
    await using test = await openTestDatabase()
    const email = randomEmail()
    const first = await recordSignUp(test.db, { ...DRAFT, email })
    const second = await recordSignUp(test.db, { email, name: 'Grace', passwordHash: 'other' })
    await openAccount(test.db, second ?? '', { keepsPassword: true })

    expect(second).toBe(first)
    expect(await recordSignUp(test.db, { email, name: 'Eve', passwordHash: 'third' })).toBeUndefined()
    const rows = await test.db.selectFrom('member').select(['name', 'password_hash']).execute()
    expect(rows).toEqual([{ name: 'Grace', password_hash: 'other' }])
  })

  it('forgets sign-ups that nobody confirmed for a week, and no account', async () => {
    await using test = await openTestDatabase()
    const open = await recordSignUp(test.db, { ...DRAFT, email: randomEmail() })
    await openAccount(test.db, open ?? '', { keepsPassword: true })
    await recordSignUp(test.db, { ...DRAFT, email: randomEmail() })
    const longAgo = new Date(Date.now() - 8 * 24 * 60 * 60_000)
    await test.db.updateTable('member').set({ created_at: longAgo }).execute()

    const fresh = await recordSignUp(test.db, { ...DRAFT, email: randomEmail() })

    const left = await test.db.selectFrom('member').select('id').execute()
    expect(left.map(({ id }) => id).sort()).toEqual([open, fresh].sort())
  })

  it('is refused by command for an address that has one, not for one that merely signed up', async () => {
    await using test = await openTestDatabase()
    const draft = { email: randomEmail(), name: 'Ada', isOperator: false }
    await recordSignUp(test.db, { ...draft, passwordHash: 'of who knows whom' })

    const actor = await foundAccount(test.db, draft)

    expect(actor).toMatchObject({ role: 'owner', isOperator: true })
    const row = await test.db.selectFrom('member').select('password_hash').executeTakeFirst()
    expect(row).toEqual({ password_hash: null })
    await expect(foundAccount(test.db, draft)).rejects.toMatchObject({ code: 'account.exists' })
  })
})
