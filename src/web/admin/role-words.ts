import type { Role } from '../../accounts/access.ts'

/** What the roles are called, and what one in them may do. */
export const ROLE_NAMES: Record<Role, { name: string; withArticle: string; may: string }> = {
  owner: { name: 'Owner', withArticle: 'an owner', may: 'Everything, members and keys included' },
  editor: { name: 'Editor', withArticle: 'an editor', may: 'Changes bots and material, answers in chats' },
  viewer: { name: 'Viewer', withArticle: 'a viewer', may: 'Looks, changes nothing' },
}

export const ROLES = ['owner', 'editor', 'viewer'] as const satisfies readonly Role[]
