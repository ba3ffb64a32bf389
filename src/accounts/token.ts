import { createHash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32

/** A secret no one can guess: 256 random bits as 43 letters that may stand in a URL, a header or a cookie. */
export function createToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

/** What is stored of a token. Neither salted nor slow: nobody tries 2^256 of them. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
