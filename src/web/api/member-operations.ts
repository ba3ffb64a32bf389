import { z } from 'zod'
import { changeRole, listMembers, removeMember } from '../../accounts/membership.ts'
import { defineOperation, Instant, type Operation } from './operation.ts'

const Role = z
  .enum(['owner', 'editor', 'viewer'])
  .describe('A viewer looks, an editor changes, an owner decides who may.')

const Member = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: Role,
  hasTwoSteps: z.boolean(),
  joinedAt: Instant,
})

const MemberPath = z.object({ memberId: z.uuid() })
const MEMBERS = 'Members'

/** Who acts for the Creator besides its keys. */
export function createMemberOperations(): Operation[] {
  return [LIST_MEMBERS, CHANGE_ROLE, REMOVE_MEMBER]
}

const LIST_MEMBERS = defineOperation({
  ...{ id: 'listMembers', method: 'get', path: '/members', tag: MEMBERS },
  ...{ scope: 'account:read', role: 'owner', summary: 'List the members of the account' },
  answer: z.object({ items: z.array(Member) }),
  handle: async ({ actor, trx }) => ({ items: await listMembers(trx, actor) }),
})

const CHANGE_ROLE = defineOperation({
  ...{ id: 'changeMemberRole', method: 'put', path: '/members/:memberId/role', tag: MEMBERS },
  ...{ scope: 'account:write', role: 'owner', summary: 'Give a member another role' },
  params: MemberPath,
  body: z.object({ role: Role }),
  answer: z.object({ id: z.uuid(), role: Role }),
  async handle({ actor, trx, params: { memberId }, body: { role } }) {
    await changeRole(trx, actor, memberId, role)
    return { id: memberId, role }
  },
})

const REMOVE_MEMBER = defineOperation({
  ...{ id: 'removeMember', method: 'delete', path: '/members/:memberId', tag: MEMBERS },
  ...{ scope: 'account:write', role: 'owner', summary: 'Take a member out of the account' },
  params: MemberPath,
  answer: z.object({ id: z.uuid() }),
  async handle({ actor, trx, params: { memberId } }) {
    await removeMember(trx, actor, memberId)
    return { id: memberId }
  },
})
