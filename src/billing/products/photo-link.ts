import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where the photos of products stand for everyone: vendors fetch them, and browsers show them. */
export interface PhotoLinks {
  /** Another photo of the same product has another address, so that none is shown for the other. */
  urlOf(product: { id: string; photo: { key: string } }): string
  /** The product a token names; `undefined` for every token that is not one of ours, byte for byte. */
  read(token: string): { productId: string; version: string } | undefined
  /** What of a stored photo stands in its address. */
  versionOf(photoKey: string): string
}

const TOKEN = /^([\w-]{22})([0-9a-f]{8})\.([\w-]{22})$/
/** 132 bits: no one guesses one, and a link stays short. */
const SIGNATURE_CHARS = 22
const VERSION_CHARS = 8

/** `/photos/<token>` below `publicUrl`, signed with HMAC-SHA256 under `key`. */
export function createPhotoLinks(key: Buffer, publicUrl: string): PhotoLinks {
  const sign = (body: string) =>
    createHmac('sha256', key).update(body).digest('base64url').slice(0, SIGNATURE_CHARS)
  // A key of the file store ends in the hash of its bytes.
  const versionOf = (photoKey: string) => photoKey.split('/').at(-1)?.slice(0, VERSION_CHARS) ?? ''
  return {
    versionOf,
    urlOf({ id, photo }) {
      const packed = Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
      const body = packed + versionOf(photo.key)
      return `${publicUrl}/photos/${body}.${sign(body)}`
    },
    read(token) {
      const [, packed = '', version = '', signature = ''] = TOKEN.exec(token) ?? []
      if (signature === '') return undefined
      if (!timingSafeEqual(Buffer.from(signature), Buffer.from(sign(packed + version)))) return undefined
      const hex = Buffer.from(packed, 'base64url').toString('hex')
      return { productId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), version }
    },
  }
}
