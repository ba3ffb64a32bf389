import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Request, Response } from 'express'

const COOKIE = 'cornerman_visitor'

/** 400 days: the longest a browser keeps a cookie. */
const MAX_AGE_MS = 400 * 24 * 60 * 60 * 1000

/** 16 random bytes and their HMAC-SHA256, both base64url. */
const SIGNED_ID = /^([\w-]{22})\.([\w-]{43})$/

/** Who asks, by a cookie that only we can have made. `undefined` for anyone new and for any forgery. */
export function findVisitor(req: Request, signingKey: Buffer): string | undefined {
  for (const pair of (req.get('Cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    const [, id, signature] = name === COOKIE ? (SIGNED_ID.exec(value ?? '') ?? []) : []
    if (!id || !signature) continue
    if (timingSafeEqual(sign(id, signingKey), Buffer.from(signature, 'base64url'))) return id
  }
  return undefined
}

/**
 * Makes the browser a new visitor of this one bot: the cookie is sent to the bot's own pages alone, so that
 * a new conversation with one bot keeps those with the others.
 */
export function greetVisitor(
  req: Request,
  res: Response,
  { slug, signingKey }: { slug: string; signingKey: Buffer },
): string {
  const id = randomBytes(16).toString('base64url')
  res.cookie(COOKIE, `${id}.${sign(id, signingKey).toString('base64url')}`, {
    path: `/try/${slug}`,
    httpOnly: true,
    sameSite: 'lax',
    secure: req.secure,
    maxAge: MAX_AGE_MS,
  })
  return id
}

function sign(id: string, signingKey: Buffer): Buffer {
  return createHmac('sha256', signingKey).update(`${COOKIE}:${id}`).digest()
}
