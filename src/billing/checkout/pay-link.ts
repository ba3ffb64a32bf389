import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a link in a chat leads to. `portal` (card, invoices, cancelling) has no target: its id is the Chat's own. */
export type PayTarget = 'price' | 'product' | 'portal'

/** Who pays for what: bound together, so that a link cannot be turned to another person, price or product. */
export interface PayRequest {
  target: PayTarget
  /** Of the price or product. */
  targetId: string
  /** The Chat the link was written in; its Subscriber is who gets the access. */
  chatId: string
}

export interface PayLinks {
  /** An address of our own: a Checkout is opened when it is followed, so that writing it costs no call and never ages. */
  urlOf(request: PayRequest): string
  /** The part of it that says who pays for what: where something else than an address carries it. */
  tokenOf(request: PayRequest): string
  /** `undefined` for every token that is not one of ours, byte for byte. */
  read(token: string): PayRequest | undefined
}

const MARKS: Record<PayTarget, string> = { price: 's', product: 'p', portal: 'm' }
const TOKEN = /^([spm])([\w-]{22})([\w-]{22})\.([\w-]{22})$/
/** 132 of the signature's 256 bits: a link is typed by no one, but shown in a chat. */
const SIGNATURE_CHARS = 22

/** `/pay/<token>` below `publicUrl`, signed with HMAC-SHA256 under `key`. */
export function createPayLinks(key: Buffer, publicUrl: string): PayLinks {
  const sign = (body: string) =>
    createHmac('sha256', key).update(body).digest('base64url').slice(0, SIGNATURE_CHARS)
  const tokenOf = ({ target, targetId, chatId }: PayRequest) => {
    const body = MARKS[target] + pack(targetId) + pack(chatId)
    return `${body}.${sign(body)}`
  }
  return {
    tokenOf,
    urlOf: (request) => `${publicUrl}/pay/${tokenOf(request)}`,
    read(token) {
      const [, mark, targetId = '', chatId = '', signature = ''] = TOKEN.exec(token) ?? []
      const target = (Object.keys(MARKS) as PayTarget[]).find((name) => MARKS[name] === mark)
      if (!target) return undefined
      const wanted = sign(token.slice(0, -SIGNATURE_CHARS - 1))
      if (!timingSafeEqual(Buffer.from(signature), Buffer.from(wanted))) return undefined
      return { target, targetId: unpack(targetId), chatId: unpack(chatId) }
    },
  }
}

function pack(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url')
}

function unpack(packed: string): string {
  const hex = Buffer.from(packed, 'base64url').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
