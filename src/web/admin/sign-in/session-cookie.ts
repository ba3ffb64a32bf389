import type { Request, Response } from 'express'

/** A browser takes a `__Host-` cookie over TLS alone, from this very host, and no other page can plant one. */
const SECURE_COOKIE = '__Host-cornerman'
/** For plain http://localhost, where browsers refuse the other. */
const PLAIN_COOKIE = 'cornerman_session'

const TOKEN = /^[\w-]{43}$/

/** The session's token, as the browser holds it. */
export function readSessionCookie(req: Request): string | undefined {
  const value = readCookie(req, sessionCookieName(req))
  return value && TOKEN.test(value) ? value : undefined
}

export function setSessionCookie(
  req: Request,
  res: Response,
  { token, expiresAt }: { token: string; expiresAt: Date },
): void {
  res.cookie(sessionCookieName(req), token, { ...cookieTerms(req), expires: expiresAt })
}

export function clearSessionCookie(req: Request, res: Response): void {
  res.clearCookie(sessionCookieName(req), cookieTerms(req))
}

function sessionCookieName(req: Request): string {
  return req.secure ? SECURE_COOKIE : PLAIN_COOKIE
}

/** Lax: links in mails lead into the pages signed in, and no other site's form carries it. */
function cookieTerms(req: Request) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: req.secure } as const
}

/** The first cookie of this name. */
export function readCookie(req: Request, wanted: string): string | undefined {
  for (const pair of (req.get('Cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === wanted) return value
  }
  return undefined
}
