import { createHmac, timingSafeEqual } from 'node:crypto'

/** The words by which WhatsApp's webhook is set up for a bot: made of its id, so that none has to be kept. */
export interface VerifyTokens {
  of(botId: string): string
  /** True for one of ours, whichever bot's. */
  isOurs(token: unknown): boolean
}

const BOT_ID = /^[0-9a-f-]{36}$/
/** 120 bits: not to be guessed, and short enough to be typed. */
const SIGNATURE_CHARS = 20

/** Signed with a key of their own: whoever knows one bot's cannot make another's. */
export function createVerifyTokens(key: Buffer): VerifyTokens {
  function tokenOf(botId: string): string {
    const signature = createHmac('sha256', key).update(botId).digest('base64url')
    return `${botId}.${signature.slice(0, SIGNATURE_CHARS)}`
  }
  return {
    of: tokenOf,
    isOurs(token) {
      if (typeof token !== 'string') return false
      const [botId = ''] = token.split('.', 1)
      if (!BOT_ID.test(botId)) return false
      const [given, wanted] = [Buffer.from(token), Buffer.from(tokenOf(botId))]
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
  }
}
