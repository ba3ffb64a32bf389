import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Request, type Response, Router } from 'express'
import { confirmSignUp, recordSignUp } from '../../../accounts/account.ts'
import { readEmail } from '../../../accounts/email.ts'
import { findMemberByEmail, findPasswordHash } from '../../../accounts/member.ts'
import { findPasswordFault } from '../../../accounts/password.ts'
import { findSignInToken, issueSignInToken } from '../../../accounts/sign-in-token.ts'
import { createToken } from '../../../accounts/token.ts'
import { presentKnownAccountMail, presentVerifyMail } from '../../../mail/mails.ts'
import { readField } from '../form-field.ts'
import { sendPage } from '../page.ts'
import {
  admit,
  localLink,
  mailLink,
  readPublicForm,
  type SignInParts,
  sendMail,
  showsLinks,
  workUnseen,
} from './flow.ts'
import { presentPasswordFault } from './password-words.ts'
import { readCookie } from './session-cookie.ts'
import { sendUsedUp } from './sign-in-pages.ts'

/** Tells the browser that chose a sign-up's password from one that was merely sent its link. */
const CHOOSER_COOKIE = 'cornerman_signup'
const CHOOSER_MS = 24 * 60 * 60_000

const TITLE = 'Create your account'

/** Signing up, and proving the address by the mailed link. */
export function createSignUpPages(parts: SignInParts): Router {
  const { db, vault, passwords, doors } = parts
  const chooserKey = vault.deriveKey('sign-up-chooser')
  const router = Router()

  router.get('/sign-up', (req, res) => {
    sendPage(req, res, 'sign-in/sign-up', { title: TITLE, values: { name: '', email: '' }, faults: {} })
  })

  router.post('/sign-up', readPublicForm, async (req: Request, res: Response) => {
    const { values, faults, email, name, password } = readSignUp(req.body)
    if (!email || Object.keys(faults).length > 0) {
      return sendPage(req, res.status(422), 'sign-in/sign-up', { title: TITLE, values, faults })
    }
    doors.take('mailPerAddress', req)
    doors.take('mailPerEmail', req, email)
    // Known or not, the same work and one mail: the answer and its time tell nothing.
    const passwordHash = await passwords.hash(password)
    const memberId = await recordSignUp(db, { email, name, passwordHash })
    const proof = memberId ? proofOf(memberId, passwordHash) : createToken()
    res.cookie(CHOOSER_COOKIE, proof, { ...chooserTerms(req), maxAge: CHOOSER_MS })
    const link = await sendSignUpMail(email, memberId, name)
    sendSentPage(req, res, {
      email,
      link: link && showsLinks(parts) ? localLink(parts, link) : undefined,
    })
  })

  router.post('/sign-up/again', readPublicForm, async (req: Request, res: Response) => {
    const email = readEmail(readField(req.body, 'email'))
    if (!email) return res.redirect(303, '/admin/sign-up')
    doors.take('mailPerAddress', req)
    doors.take('mailPerEmail', req, email)
    const link = await workUnseen(parts, async () => {
      const member = await findMemberByEmail(db, email)
      if (!member) return undefined
      return sendSignUpMail(email, member.isVerified ? undefined : member.id, member.name)
    })
    sendSentPage(req, res, { email, link })
  })

  router.get('/sign-up/confirm', async (req, res) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.query, 'token')
    const memberId = await findSignInToken(db, token, 'verify_email')
    if (!memberId) return sendUsedUp(req, res, '/admin/sign-in')
    const asksPassword = !isChooser(req, memberId, (await findPasswordHash(db, memberId)) ?? '')
    sendPage(req, res, 'sign-in/sign-up-confirm', { title: 'Confirm your address', token, asksPassword })
  })

  router.post('/sign-up/confirm', readPublicForm, async (req: Request, res: Response) => {
    doors.take('linkPerAddress', req)
    const token = readField(req.body, 'token')
    const password = readField(req.body, 'password', 1_000)
    const confirmation = await confirmSignUp(db, token, async (memberId, passwordHash) => {
      if (isChooser(req, memberId, passwordHash)) return true
      doors.take('passwordPerEmail', req, memberId)
      return password !== '' && passwords.matches(password, passwordHash)
    })
    if (confirmation.state === 'used_up') return sendUsedUp(req, res, '/admin/sign-in')
    if (confirmation.state === 'unproven') {
      const model = { title: 'Confirm your address', token, asksPassword: true, isWrong: true }
      return sendPage(req, res.status(422), 'sign-in/sign-up-confirm', model)
    }
    res.clearCookie(CHOOSER_COOKIE, chooserTerms(req))
    await admit(parts, req, res, { memberId: confirmation.memberId, next: '/admin' })
  })

  /** One mail in any case: to a new address the link, to a known one that it has an account. */
  async function sendSignUpMail(email: string, memberId: string | undefined, name: string) {
    if (memberId) {
      const link = mailLink(parts, '/sign-up/confirm', {
        token: await issueSignInToken(db, memberId, 'verify_email'),
      })
      await sendMail(parts, presentVerifyMail({ email, name }, link))
      return link
    }
    const member = await findMemberByEmail(db, email)
    const mail = presentKnownAccountMail({ name, ...member, email }, mailLink(parts, '/sign-in'))
    await sendMail(parts, mail)
    return undefined
  }

  function proofOf(memberId: string, passwordHash: string): string {
    return createHmac('sha256', chooserKey).update(`${memberId}:${passwordHash}`).digest('base64url')
  }

  function isChooser(req: Request, memberId: string, passwordHash: string): boolean {
    const [given, wanted] = [readCookie(req, CHOOSER_COOKIE) ?? '', proofOf(memberId, passwordHash)].map(
      (text) => Buffer.from(text),
    )
    return given?.length === wanted?.length && timingSafeEqual(given ?? Buffer.of(1), wanted ?? Buffer.of(2))
  }

  return router
}

function sendSentPage(
  req: Request,
  res: Response,
  { email, link }: { email: string; link: string | undefined },
): void {
  const again = { action: '/admin/sign-up/again', fields: { email } }
  sendPage(req, res, 'sign-in/mail-sent', {
    title: 'Check your mail',
    email,
    kind: 'verify',
    link,
    again,
  })
}

function chooserTerms(req: Request) {
  return { path: '/admin/sign-up', httpOnly: true, sameSite: 'lax', secure: req.secure } as const
}

function readSignUp(body: unknown) {
  const values = { name: readField(body, 'name').trim(), email: readField(body, 'email') }
  const password = readField(body, 'password', 1_000)
  const email = readEmail(values.email)
  const fault = findPasswordFault(password, [values.email, values.name])
  const faults = {
    ...(!isName(values.name) && { name: 'Say how others shall see you, in at most 80 characters.' }),
    ...(!email && { email: 'Give an address such as ada@example.org.' }),
    ...(fault && { password: presentPasswordFault(fault) }),
  }
  return { values, faults, email, name: values.name, password }
}

/** A name of a person or a Creator: one line, 1 to 80 characters. */
export function isName(text: string): boolean {
  return /^[^\p{Cc}]{1,80}$/u.test(text) && /\S/.test(text)
}
