import { type Request, type Response, Router } from 'express'
import { acceptAsNewMember, getInvitation } from '../../../accounts/invitation.ts'
import { findPasswordFault } from '../../../accounts/password.ts'
import { readField } from '../form-field.ts'
import { sendPage } from '../page.ts'
import { ROLE_NAMES } from '../role-words.ts'
import { beginSession, readPublicForm, type SignInParts } from './flow.ts'
import { presentPasswordFault } from './password-words.ts'
import { isName } from './sign-up-pages.ts'

/** Joining by invitation as someone new. Who has an account signs in and accepts behind the guard. */
export function createInvitationPages(parts: SignInParts): Router {
  const { db, passwords, doors } = parts
  const router = Router()

  router.get('/invitation', async (req, res) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.query, 'token')
    await sendInvitation(req, res, token)
  })

  router.post('/invitation', readPublicForm, async (req: Request, res: Response) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.body, 'token')
    const name = readField(req.body, 'name').trim()
    const password = readField(req.body, 'password', 1_000)
    const { email, hasAccount } = await getInvitation(db, token)
    const fault = findPasswordFault(password, [email, name])
    const faults = {
      ...(!isName(name) && { name: 'Say how others shall see you, in at most 80 characters.' }),
      ...(fault && { password: presentPasswordFault(fault) }),
    }
    if (hasAccount || Object.keys(faults).length > 0) {
      return sendInvitation(req, res.status(422), token, { name, faults })
    }
    const passwordHash = await passwords.hash(password)
    const joined = await acceptAsNewMember(db, token, { name, passwordHash, ip: req.ip })
    await beginSession(parts, req, res, { ...joined, next: '/admin' })
  })

  async function sendInvitation(req: Request, res: Response, token: string, form = {}): Promise<void> {
    const invitation = await getInvitation(db, token)
    const roleName = ROLE_NAMES[invitation.role].withArticle
    const model = { title: 'Invitation', invitation, token, roleName, faults: {}, ...form }
    sendPage(req, res, 'sign-in/invitation', model)
  }

  return router
}
