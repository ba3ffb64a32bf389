import { randomUUID } from 'node:crypto'
import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { Role } from '../../../accounts/access.ts'
import { readEmail } from '../../../accounts/email.ts'
import {
  acceptInvitation,
  getInvitation,
  inviteMember,
  listInvitations,
  withdrawInvitation,
} from '../../../accounts/invitation.ts'
import { getMember } from '../../../accounts/member.ts'
import { changeRole, listMembers, removeMember } from '../../../accounts/membership.ts'
import { AppError } from '../../../errors.ts'
import { presentInvitationMail } from '../../../mail/mails.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { ROLE_NAMES, ROLES } from '../role-words.ts'
import { beginSession, localLink, mailLink, nudgeMail, showsLinks } from '../sign-in/flow.ts'
import { allow, visitOf } from '../visit.ts'
import { type AccountParts, readPathId } from './parts.ts'
import { memberOf } from './profile-pages.ts'

const RoleField = z.enum(ROLES)

/** Who else acts for the Creator, and inviting them. */
export function createAccountMemberPages(parts: AccountParts): Router {
  const { db, within, doors, queueMail } = parts
  const router = Router()

  router.get('/account/members', (req, res) => sendMembers(req, res))

  router.post('/account/members/:memberId/role', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const memberId = readPathId(req, 'memberId', 'member.not_found')
    const role = readRole(req)
    await within(actor.creatorId, (trx) => changeRole(trx, actor, memberId, role))
    goTo(req, res, '/admin/account/members', 'saved')
  })

  router.post('/account/members/:memberId/remove', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const memberId = readPathId(req, 'memberId', 'member.not_found')
    await within(actor.creatorId, (trx) => removeMember(trx, actor, memberId))
    goTo(req, res, '/admin/account/members', 'removed')
  })

  router.post('/account/invitations', allow('owner'), async (req, res) => {
    const { actor, creatorName } = visitOf(res)
    const given = readField(req.body, 'email')
    const [email, role] = [readEmail(given), readRole(req)]
    if (!email) {
      const fault = 'Give an address such as ada@example.org.'
      return sendMembers(req, res.status(422), { emailFault: fault, givenEmail: given, givenRole: role })
    }
    doors.take('mailPerAddress', req, memberOf(res))
    doors.take('mailPerEmail', req, email)
    const { link, mailId } = await within(actor.creatorId, async (trx) => {
      const { id, token } = await inviteMember(trx, actor, { email, role })
      const link = mailLink(parts, '/invitation', { token })
      const { language } = await getMember(db, memberOf(res))
      const mail = presentInvitationMail({ email, language }, link, {
        creatorName,
        inviterName: actor.name,
        role,
      })
      // Each invitation of an address replaces its link, so each is an occasion of its own.
      const dedupeKey = `invitation:${id}:${randomUUID()}`
      return { link, mailId: await queueMail(trx, { creatorId: actor.creatorId, dedupeKey, mail }) }
    })
    nudgeMail(parts, mailId)
    const sent = { email, link: showsLinks(parts) ? localLink(parts, link) : undefined }
    await sendMembers(req, res, { sent })
  })

  router.post('/account/invitations/:invitationId/withdraw', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const id = readPathId(req, 'invitationId', 'invitation.not_found')
    await within(actor.creatorId, (trx) => withdrawInvitation(trx, actor, id))
    goTo(req, res, '/admin/account/members', 'removed')
  })

  // Of the Creator who invites, which is not the one this session is in: by the link's token alone.
  router.get('/account/invitation', async (req, res) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.query, 'token')
    const [invitation, member] = await Promise.all([getInvitation(db, token), getMember(db, memberOf(res))])
    const roleName = ROLE_NAMES[invitation.role].withArticle
    const isTheirs = invitation.email === member.email
    const model = { invitation, token, roleName, isTheirs, member }
    sendPage(req, res, 'account/invitation', { title: 'Invitation', section: 'account', ...model })
  })

  router.post('/account/invitation', async (req, res) => {
    doors.take('linkPerAddress', req)
    const memberId = memberOf(res)
    const token = readField(req.body, 'token')
    const { creatorId } = await acceptInvitation(db, token, { memberId, ip: req.ip })
    await beginSession({ db }, req, res, { memberId, creatorId, next: '/admin' })
  })

  async function sendMembers(req: Request, res: Response, form: object = {}): Promise<void> {
    const { actor } = visitOf(res)
    const { members, invitations } = await within(actor.creatorId, async (trx) => ({
      members: await listMembers(trx, actor),
      invitations: actor.role === 'owner' ? await listInvitations(trx, actor) : [],
    }))
    sendPage(req, res, 'account/members', {
      title: 'Members',
      section: 'account',
      members,
      invitations,
      roles: ROLES.map((role) => ({ role, ...ROLE_NAMES[role] })),
      roleNames: ROLE_NAMES,
      ...form,
    })
  }

  return router
}

function readRole(req: Request): Role {
  const role = RoleField.safeParse(readField(req.body, 'role'))
  if (!role.success) throw new AppError('request.malformed', { field: 'role' })
  return role.data
}
