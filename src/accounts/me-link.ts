import { createHmac, timingSafeEqual } from 'node:crypto'

/** The addresses of people's own pages. */
export interface MeLinks {
  /** Of the page of the person of this Chat, good for {@link ME_LINK_MINUTES}. */
  urlOf(chatId: string, now?: Date): string
  /** The Chat of a token that is ours and still good; undefined for every other. */
  read(token: string, now?: Date): string | undefined
}

/** Whoever holds the address is taken for the person: long enough to look around, too short to be found later. */
export const ME_LINK_MINUTES = 60

const TOKEN = /^([\w-]{22})([0-9a-z]{6,8})\.([\w-]{22})$/
/** 132 of the signature's 256 bits. */
const SIGNATURE_CHARS = 22

/** `/me/<token>` below `publicUrl`, signed with HMAC-SHA256 under `key`, with the time it ends. */
export function createMeLinks(key: Buffer, publicUrl: string): MeLinks {
  const sign = (body: string) =>
    createHmac('sha256', key).update(body).digest('base64url').slice(0, SIGNATURE_CHARS)
  return {
    urlOf(chatId, now = new Date()) {
      const endsAt = Math.floor(now.getTime() / 1000) + ME_LINK_MINUTES * 60
      const body = Buffer.from(chatId.replaceAll('-', ''), 'hex').toString('base64url') + endsAt.toString(36)
      return `${publicUrl}/me/${body}.${sign(body)}`
    },
    read(token, now = new Date()) {
      const [, chatId = '', endsAt = '', signature = ''] = TOKEN.exec(token) ?? []
      if (!signature) return undefined
      const wanted = sign(token.slice(0, -SIGNATURE_CHARS - 1))
      if (!timingSafeEqual(Buffer.from(signature), Buffer.from(wanted))) return undefined
      if (Number.parseInt(endsAt, 36) * 1000 <= now.getTime()) return undefined
      const hex = Buffer.from(chatId, 'base64url').toString('hex')
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    },
  }
}
