import { type Request, type Response, Router } from 'express'
import { findHome, findMemberByPassword, useMagicLink } from '../../../accounts/account.ts'
import { readEmail } from '../../../accounts/email.ts'
import { findMemberByEmail } from '../../../accounts/member.ts'
import { findSignInToken, issueSignInToken } from '../../../accounts/sign-in-token.ts'
import { presentMagicLinkMail } from '../../../mail/mails.ts'
import { readField } from '../form-field.ts'
import { sendPage } from '../page.ts'
import { admit, mailLink, readPublicForm, type SignInParts, sendMail, workUnseen } from './flow.ts'
import { readNextPath } from './next-path.ts'

/** Signing in by password or by a mailed link. */
export function createSignInPages(parts: SignInParts): Router {
  const { db, passwords, doors, security, log } = parts
  const router = Router()

  router.get('/sign-in', (req, res) => {
    sendPage(req, res, 'sign-in/sign-in', { title: 'Sign in', next: readNextPath(req.query.next), email: '' })
  })

  router.post('/sign-in', readPublicForm, async (req: Request, res: Response) => {
    const [email, password] = [readField(req.body, 'email'), readField(req.body, 'password')]
    const next = readNextPath(readField(req.body, 'next', 600))
    const address = readEmail(email) ?? ''
    doors.take('passwordPerAddress', req)
    doors.take('passwordPerEmail', req, address)
    const { memberId, knownId } = await findMemberByPassword(db, passwords, { email: address, password })
    if (memberId) return admit(parts, req, res, { memberId, next })
    recordFailure(req, knownId)
    sendPage(req, res.status(422), 'sign-in/sign-in', { title: 'Sign in', next, email, isWrong: true })
  })

  router.post('/sign-in/link', readPublicForm, async (req: Request, res: Response) => {
    const next = readNextPath(readField(req.body, 'next', 600))
    const given = readField(req.body, 'email')
    const email = readEmail(given)
    if (!email) {
      const model = { title: 'Sign in', next, email: given, isNoEmail: true }
      return sendPage(req, res.status(422), 'sign-in/sign-in', model)
    }
    doors.take('mailPerAddress', req)
    doors.take('mailPerEmail', req, email)
    const link = await workUnseen(parts, () => sendMagicLink(email, next))
    const again = { action: '/admin/sign-in/link', fields: { email, next } }
    sendPage(req, res, 'sign-in/mail-sent', { title: 'Check your mail', email, kind: 'link', link, again })
  })

  router.get('/sign-in/link', async (req, res) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.query, 'token')
    const isGood = (await findSignInToken(db, token, 'magic_link')) !== undefined
    if (!isGood) return sendUsedUp(req, res, '/admin/sign-in')
    const next = readNextPath(req.query.next)
    sendPage(req, res, 'sign-in/link', { title: 'Sign in', token, next })
  })

  router.post('/sign-in/link/use', readPublicForm, async (req: Request, res: Response) => {
    doors.take('linkPerAddress', req)
    const memberId = await useMagicLink(db, readField(req.body, 'token'))
    if (!memberId) return sendUsedUp(req, res, '/admin/sign-in')
    await admit(parts, req, res, { memberId, next: readNextPath(readField(req.body, 'next', 600)) })
  })

  /** At the Creator of the account that was tried, else at none. Nobody waits for it: that would tell which. */
  function recordFailure({ ip }: Request, memberId: string | undefined): void {
    const kind = 'sign_in.failed'
    const home = memberId ? findHome(db, memberId) : Promise.resolve(undefined)
    home
      .then((creatorId) => security.record({ kind, creatorId, details: memberId ? { memberId } : {}, ip }))
      .catch((error) => log.warn({ err: error }, 'security-event-lost'))
  }

  /** The link, where there is an account to sign in to. */
  async function sendMagicLink(email: string, next: string): Promise<string | undefined> {
    const member = await findMemberByEmail(db, email)
    if (!member) return undefined
    const token = await issueSignInToken(db, member.id, 'magic_link')
    const link = mailLink(parts, '/sign-in/link', { token, ...(next !== '/admin' && { next }) })
    await sendMail(parts, presentMagicLinkMail(member, link))
    return link
  }

  return router
}

/** A link that was used, is past its time or never was one: all the same. `again` is where to ask for another. */
export function sendUsedUp(req: Request, res: Response, again: string): void {
  sendPage(req, res.status(410), 'sign-in/used-up', { title: 'This link no longer works', again })
}
