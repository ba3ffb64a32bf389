import { describe, expect, it } from 'vitest'
import { buildCreator, buildMember } from '../testing/builders/account.ts'
import { openTestDatabase } from '../testing/database.ts'
import { createApiKey, findApiKey, listApiKeys, revokeApiKey } from './api-key.ts'

const READ = { name: 'Reader', scopes: ['chats:read'] }

describe('API keys', () => {
  it('are found by the key alone, which is kept nowhere', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))

    const { key, row } = await createApiKey(test.db, owner, READ)

    expect(key).toMatch(/^cmk_[\w-]{43}$/)
    expect(await findApiKey(test.db, key)).toMatchObject({
      actor: { creatorId: owner.creatorId, apiKeyId: row.id, role: 'viewer', isOperator: false },
      scopes: ['chats:read'],
    })
    expect(await findApiKey(test.db, `${key.slice(0, -1)}_`)).toBeUndefined()
    const stored = JSON.stringify(await test.db.selectFrom('api_key').selectAll().execute())
    expect(stored).not.toContain(key.slice(12))
  })

  it.each([
    [['chats:read', 'bots:read'], 'viewer'],
    [['chats:read', 'bots:write'], 'editor'],
    [['account:read'], 'owner'],
  ] as const)('act for %j as %s', async (scopes, role) => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))

    const { key } = await createApiKey(test.db, owner, { name: 'Key', scopes })

    expect((await findApiKey(test.db, key))?.actor.role).toBe(role)
  })

  it('end when they are revoked or past their time', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const soon = new Date(Date.now() + 60_000)
    const revoked = await createApiKey(test.db, owner, READ)
    const expiring = await createApiKey(test.db, owner, { ...READ, expiresAt: soon })

    await revokeApiKey(test.db, owner, revoked.row.id)
    await revokeApiKey(test.db, owner, revoked.row.id)

    expect(await findApiKey(test.db, revoked.key)).toBeUndefined()
    expect(await findApiKey(test.db, expiring.key)).toBeDefined()
    expect(await findApiKey(test.db, expiring.key, soon)).toBeUndefined()
  })

  it('are for owners alone, each for their own', async () => {
    await using test = await openTestDatabase()
    const creatorId = await buildCreator(test.db)
    const owner = await buildMember(test.db, creatorId)
    const editor = await buildMember(test.db, creatorId, { role: 'editor' })
    const stranger = await buildMember(test.db, await buildCreator(test.db))
    const { row } = await createApiKey(test.db, owner, READ)

    await expect(createApiKey(test.db, editor, READ)).rejects.toMatchObject({ code: 'access.denied' })
    await expect(revokeApiKey(test.db, editor, row.id)).rejects.toMatchObject({ code: 'access.denied' })
    await expect(revokeApiKey(test.db, stranger, row.id)).rejects.toMatchObject({ code: 'api_key.not_found' })
    expect(await listApiKeys(test.db, stranger)).toEqual([])
  })

  it('make no keys that may more than themselves', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const { key } = await createApiKey(test.db, owner, {
      name: 'Maker',
      scopes: ['account:write', 'gaps:read'],
    })
    const holder = await findApiKey(test.db, key)
    if (!holder) throw new Error('the key was not found')

    const more = createApiKey(test.db, holder.actor, { name: 'More', scopes: ['gaps:read', 'chats:write'] })
    await expect(more).rejects.toMatchObject({ code: 'access.denied' })
    await createApiKey(test.db, holder.actor, { name: 'Less', scopes: ['gaps:read'] })
  })

  it('note their use once a minute', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const { key } = await createApiKey(test.db, owner, READ)
    const at = (seconds: number) => new Date(Date.UTC(2026, 4, 1, 12, 0, seconds))
    const lastUsed = async () => (await listApiKeys(test.db, owner))[0]?.lastUsedAt

    await findApiKey(test.db, key, at(0))
    await findApiKey(test.db, key, at(59))
    expect(await lastUsed()).toEqual(at(0))
    await findApiKey(test.db, key, at(60))
    expect(await lastUsed()).toEqual(at(60))
  })
})
