import { type Request, type Response, Router } from 'express'
import { resetPassword } from '../../../accounts/account.ts'
import { readEmail } from '../../../accounts/email.ts'
import { findMemberByEmail, getMember } from '../../../accounts/member.ts'
import { findPasswordFault } from '../../../accounts/password.ts'
import { findSignInToken, issueSignInToken } from '../../../accounts/sign-in-token.ts'
import { presentPasswordChangedMail, presentResetMail } from '../../../mail/mails.ts'
import { readField } from '../form-field.ts'
import { sendPage } from '../page.ts'
import { admit, mailLink, readPublicForm, type SignInParts, sendMail, workUnseen } from './flow.ts'
import { presentPasswordFault } from './password-words.ts'
import { sendUsedUp } from './sign-in-pages.ts'

/** A new password by a mailed link. */
export function createResetPages(parts: SignInParts): Router {
  const { db, passwords, doors } = parts
  const router = Router()

  router.get('/forgot', (req, res) => {
    sendPage(req, res, 'sign-in/forgot', { title: 'Forgot your password?', email: '' })
  })

  router.post('/forgot', readPublicForm, async (req: Request, res: Response) => {
    const given = readField(req.body, 'email')
    const email = readEmail(given)
    if (!email) {
      const model = { title: 'Forgot your password?', email: given, isNoEmail: true }
      return sendPage(req, res.status(422), 'sign-in/forgot', model)
    }
    doors.take('mailPerAddress', req)
    doors.take('mailPerEmail', req, email)
    const link = await workUnseen(parts, () => sendResetLink(email))
    const again = { action: '/admin/forgot', fields: { email } }
    sendPage(req, res, 'sign-in/mail-sent', { title: 'Check your mail', email, kind: 'reset', link, again })
  })

  router.get('/reset', async (req, res) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.query, 'token')
    const memberId = await findSignInToken(db, token, 'reset_password')
    if (!memberId) return sendUsedUp(req, res, '/admin/forgot')
    sendPage(req, res, 'sign-in/reset', { title: 'Choose a new password', token })
  })

  router.post('/reset', readPublicForm, async (req: Request, res: Response) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.body, 'token')
    const password = readField(req.body, 'password', 1_000)
    const knownId = await findSignInToken(db, token, 'reset_password')
    if (!knownId) return sendUsedUp(req, res, '/admin/forgot')
    const member = await getMember(db, knownId)
    const fault = findPasswordFault(password, [member.email, member.name])
    if (fault) {
      const model = { title: 'Choose a new password', token, fault: presentPasswordFault(fault) }
      return sendPage(req, res.status(422), 'sign-in/reset', model)
    }
    const memberId = await resetPassword(db, token, await passwords.hash(password))
    if (!memberId) return sendUsedUp(req, res, '/admin/forgot')
    await sendMail(parts, presentPasswordChangedMail(member, mailLink(parts, '/account/password')))
    await admit(parts, req, res, { memberId, next: '/admin' })
  })

  async function sendResetLink(email: string): Promise<string | undefined> {
    const member = await findMemberByEmail(db, email)
    if (!member) return undefined
    const token = await issueSignInToken(db, member.id, 'reset_password')
    const link = mailLink(parts, '/reset', { token })
    await sendMail(parts, presentResetMail(member, link))
    return link
  }

  return router
}
