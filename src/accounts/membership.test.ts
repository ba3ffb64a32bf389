import { describe, expect, it } from 'vitest'
import { buildCreator, buildMember } from '../testing/builders/account.ts'
import { openTestDatabase } from '../testing/database.ts'
import { inviteMember } from './invitation.ts'
import { changeRole, listMembers, removeMember } from './membership.ts'

describe('membership', () => {
  it('keeps the last owner, whatever they or anyone does', async () => {
    await using test = await openTestDatabase()
    const creatorId = await buildCreator(test.db)
    const owner = await buildMember(test.db, creatorId)
    await buildMember(test.db, creatorId, { role: 'editor' })

    const refusal = { code: 'member.last_owner' }
    await expect(changeRole(test.db, owner, owner.memberId, 'viewer')).rejects.toMatchObject(refusal)
    await expect(removeMember(test.db, owner, owner.memberId)).rejects.toMatchObject(refusal)
  })

  it('keeps one of two owners who send each other away at once', async () => {
    await using test = await openTestDatabase()
    const creatorId = await buildCreator(test.db)
    const [one, two] = [await buildMember(test.db, creatorId), await buildMember(test.db, creatorId)]

    const results = await Promise.allSettled([
      removeMember(test.db, one, two.memberId),
      removeMember(test.db, two, one.memberId),
    ])

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await listMembers(test.db, one)).toHaveLength(1)
  })

  it('lets owners decide alone, and anyone leave', async () => {
    await using test = await openTestDatabase()
    const creatorId = await buildCreator(test.db)
    const owner = await buildMember(test.db, creatorId)
    const editor = await buildMember(test.db, creatorId, { role: 'editor' })

    const denied = { code: 'access.denied' }
    await expect(changeRole(test.db, editor, editor.memberId, 'owner')).rejects.toMatchObject(denied)
    await expect(removeMember(test.db, editor, owner.memberId)).rejects.toMatchObject(denied)
    await removeMember(test.db, editor, editor.memberId)

    expect((await listMembers(test.db, owner)).map(({ id }) => id)).toEqual([owner.memberId])
  })

  it("knows no member of another Creator's", async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const stranger = await buildMember(test.db, await buildCreator(test.db))

    const unknown = { code: 'member.not_found' }
    await expect(removeMember(test.db, owner, stranger.memberId)).rejects.toMatchObject(unknown)
    await expect(changeRole(test.db, owner, stranger.memberId, 'viewer')).rejects.toMatchObject(unknown)
  })

  it('ends the open invitations of whoever is sent away, and writes down who did it', async () => {
    await using test = await openTestDatabase()
    const creatorId = await buildCreator(test.db)
    const [one, two] = [await buildMember(test.db, creatorId), await buildMember(test.db, creatorId)]
    await inviteMember(test.db, two, { email: 'new@example.test', role: 'owner' })

    await removeMember(test.db, one, two.memberId)

    expect(await test.db.selectFrom('invitation').select('id').execute()).toEqual([])
    const audit = await test.db
      .selectFrom('audit_entry')
      .select(['action', 'member_id'])
      .orderBy('id')
      .execute()
    expect(audit.at(-1)).toEqual({ action: 'member.remove', member_id: one.memberId })
  })
})
