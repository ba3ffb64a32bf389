import { describe, expect, it } from 'vitest'
import { buildCreator, buildMember } from '../testing/builders/account.ts'
import { openTestDatabase } from '../testing/database.ts'
import { acceptAsNewMember, acceptInvitation, getInvitation, inviteMember } from './invitation.ts'
import { listMembers } from './membership.ts'

const ADDRESS = 'ada@example.test'
const NOBODY = { ip: undefined }

describe('invitations', () => {
  it('make an invited address a member in its role, once', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const { token } = await inviteMember(test.db, owner, { email: ADDRESS, role: 'editor' })
    const newcomer = { name: 'Ada', passwordHash: 'hash', ...NOBODY }

    const tries = await Promise.allSettled([
      acceptAsNewMember(test.db, token, newcomer),
      acceptAsNewMember(test.db, token, newcomer),
    ])

    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const members = await listMembers(test.db, owner)
    expect(members.map(({ email, role }) => ({ email, role }))).toContainEqual({
      email: ADDRESS,
      role: 'editor',
    })
    await expect(getInvitation(test.db, token)).rejects.toMatchObject({ code: 'invitation.not_found' })
  })

  it('are of no use to someone signed in under another address', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const other = await buildMember(test.db, await buildCreator(test.db))
    const { token } = await inviteMember(test.db, owner, { email: ADDRESS, role: 'owner' })

    const tried = acceptInvitation(test.db, token, { memberId: other.memberId, ...NOBODY })

    await expect(tried).rejects.toMatchObject({ code: 'invitation.other_address' })
    expect(await listMembers(test.db, owner)).toHaveLength(1)
    expect(await getInvitation(test.db, token)).toMatchObject({ email: ADDRESS })
  })

  it('let an account of the address join, but take it over by no new password', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const ada = await buildMember(test.db, await buildCreator(test.db), {
      email: ADDRESS,
      passwordHash: 'old',
    })
    const { token } = await inviteMember(test.db, owner, { email: ADDRESS, role: 'viewer' })

    const taken = acceptAsNewMember(test.db, token, { name: 'X', passwordHash: 'new', ...NOBODY })
    await expect(taken).rejects.toMatchObject({ code: 'invitation.has_account' })
    const joined = await acceptInvitation(test.db, token, { memberId: ada.memberId, ...NOBODY })

    expect(joined.creatorId).toBe(owner.creatorId)
    expect(await listMembers(test.db, owner)).toHaveLength(2)
  })

  it('end when they are old, and when a newer one is sent', async () => {
    await using test = await openTestDatabase()
    const owner = await buildMember(test.db, await buildCreator(test.db))
    const first = await inviteMember(test.db, owner, { email: ADDRESS, role: 'viewer' })
    const second = await inviteMember(test.db, owner, { email: ADDRESS, role: 'editor' })

    const gone = { code: 'invitation.not_found' }
    await expect(getInvitation(test.db, first.token)).rejects.toMatchObject(gone)
    expect(await getInvitation(test.db, second.token)).toMatchObject({ role: 'editor' })
    const nextMonth = new Date(Date.now() + 31 * 24 * 60 * 60_000)
    await expect(getInvitation(test.db, second.token, nextMonth)).rejects.toMatchObject(gone)
  })

  it('are for owners to send, not to members, and not without end', async () => {
    await using test = await openTestDatabase()
    const creatorId = await buildCreator(test.db)
    const owner = await buildMember(test.db, creatorId)
    const editor = await buildMember(test.db, creatorId, { role: 'editor' })
    const invite = (actor: typeof owner, email: string) =>
      inviteMember(test.db, actor, { email, role: 'viewer' })

    await expect(invite(editor, ADDRESS)).rejects.toMatchObject({ code: 'access.denied' })
    await expect(invite(owner, editor.email)).rejects.toMatchObject({ code: 'invitation.already_member' })
    for (let n = 0; n < 20; n++) await invite(owner, `a${n}@example.test`)
    await expect(invite(owner, 'more@example.test')).rejects.toMatchObject({ code: 'invitation.too_many' })
    await invite(owner, 'a0@example.test')
  })
})
