import { randomUUID } from 'node:crypto'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { findHome, openAccount } from '../../../accounts/account.ts'
import { recordAudit } from '../../../accounts/audit.ts'
import { getMember } from '../../../accounts/member.ts'
import type { Passwords } from '../../../accounts/password.ts'
import { endSession, findSessionId, startSession } from '../../../accounts/session.ts'
import { issueSignInToken } from '../../../accounts/sign-in-token.ts'
import type { Mail } from '../../../mail/mailer.ts'
import { requireSameOrigin } from '../../same-origin.ts'
import type { AdminParts } from '../admin-parts.ts'
import type { Doors } from './door-limits.ts'
import { readSessionCookie, setSessionCookie } from './session-cookie.ts'

export interface SignInParts
  extends Pick<
    AdminParts,
    'db' | 'vault' | 'mailer' | 'queueMail' | 'jobs' | 'security' | 'settings' | 'log'
  > {
  passwords: Passwords
  doors: Doors
}

/** Addresses, names, passwords and a token: nothing of these is long. */
const MAX_FORM_BYTES = 16_384

/** Before there is a session to bind a form token to, the browser itself says which page sent the form. */
export const readPublicForm: RequestHandler[] = [
  requireSameOrigin,
  express.urlencoded({ limit: MAX_FORM_BYTES, extended: false, parameterLimit: 20 }),
]

const STEP_COOKIE = 'cornerman_step'
const STEP_MS = 10 * 60_000

/** One who has shown the first step: asked for the second where they have one, else signed in. */
export async function admit(
  parts: SignInParts,
  req: Request,
  res: Response,
  { memberId, next }: { memberId: string; next: string },
): Promise<void> {
  const member = await getMember(parts.db, memberId)
  if (!member.hasTwoSteps) return beginSession(parts, req, res, { memberId, next })
  const token = await issueSignInToken(parts.db, memberId, 'second_step')
  res.cookie(STEP_COOKIE, token, { ...stepTerms(req), maxAge: STEP_MS })
  res.redirect(303, `/admin/sign-in/code?next=${encodeURIComponent(next)}`)
}

export { STEP_COOKIE }

export function clearStepCookie(req: Request, res: Response): void {
  res.clearCookie(STEP_COOKIE, stepTerms(req))
}

function stepTerms(req: Request) {
  return { path: '/admin/sign-in', httpOnly: true, sameSite: 'lax', secure: req.secure } as const
}

/** A new session, whatever the browser held before, and on to the page that was asked for. */
export async function beginSession(
  { db }: Pick<SignInParts, 'db'>,
  req: Request,
  res: Response,
  { memberId, creatorId, next }: { memberId: string; creatorId?: string; next: string },
): Promise<void> {
  const before = readSessionCookie(req)
  const beforeId = before && (await findSessionId(db, before))
  if (beforeId) await endSession(db, beforeId)
  const home = creatorId ?? (await findHome(db, memberId))
  const { creatorId: chosen } = home
    ? { creatorId: home }
    : await openAccount(db, memberId, { keepsPassword: true })
  const { name, isOperator } = await getMember(db, memberId)
  const session = await startSession(db, {
    memberId,
    creatorId: chosen,
    userAgent: req.get('User-Agent'),
    ip: req.ip,
  })
  await recordAudit(
    db,
    { creatorId: chosen, memberId, apiKeyId: undefined, name, role: 'viewer', isOperator, ip: req.ip },
    { action: 'session.start', objectType: 'session', objectId: session.id },
  )
  setSessionCookie(req, res, session)
  res.set('Cache-Control', 'no-store').redirect(303, next)
}

/** True when the page may show the links of mails: no mail leaves, and whoever looks is who develops. */
export function showsLinks({ mailer, settings }: Pick<AdminParts, 'mailer' | 'settings'>): boolean {
  return settings.isDevelopment && 'sent' in mailer
}

/** Where a link in a mail leads: to the address the installation is known by, whatever host the request named. */
export function mailLink(
  { settings }: Pick<AdminParts, 'settings'>,
  path: string,
  query: Record<string, string> = {},
): string {
  const search = new URLSearchParams(query).toString()
  return `${settings.publicUrl}/admin${path}${search && `?${search}`}`
}

/** The same link, for the browser that is looking at us just now. */
export function localLink({ settings }: Pick<AdminParts, 'settings'>, link: string): string {
  return link.slice(settings.publicUrl.length)
}

/** Puts a mail of the installation itself on its way: one for each time it is asked for. */
export async function sendMail(parts: MailingParts, mail: Mail): Promise<void> {
  nudgeMail(parts, await parts.queueMail(parts.db, { dedupeKey: randomUUID(), mail }))
}

type MailingParts = Pick<AdminParts, 'db' | 'queueMail' | 'jobs' | 'log'>

/** Whoever looks at a page waits for this mail: it leaves now and not with the next sweep, which finds it else. */
export function nudgeMail({ jobs, log }: Pick<AdminParts, 'jobs' | 'log'>, mailId: string | undefined): void {
  if (!mailId) return
  jobs.add('send-mail', { mailId }).catch((err) => log.warn({ err, mailId }, 'mail-nudge-failed'))
}

/**
 * Does what only a known address needs after the answer is on its way, so that its time tells nothing; waits
 * for it where the page is to show the link.
 */
export async function workUnseen(
  parts: Pick<AdminParts, 'mailer' | 'settings' | 'log'>,
  work: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const working = work()
  if (showsLinks(parts)) {
    const link = await working
    return link && localLink(parts, link)
  }
  working.catch((error) => parts.log.error({ err: error }, 'sign-in-mail-failed'))
  return undefined
}
