import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** First byte of an envelope: which form it has. */
const VERSION = 1

/** Encrypts credentials at rest. */
export interface Vault {
  /** AES-256-GCM under a fresh nonce; `context` (table, row, tenant) is bound to it, so that rows cannot be swapped. */
  seal(plaintext: string, context: string): Buffer
  /** @throws {AppError} `vault.unreadable` when the key, the context or any byte is not the sealed one. */
  open(envelope: Buffer, context: string): string
  /** A key for one other purpose (signing cookies), which tells nothing of this one. */
  deriveKey(purpose: string): Buffer
}

/** @throws {AppError} `config.invalid` when the key is not 32 bytes. */
export function createVault(encodedKey: string): Vault {
  const key = /^[0-9a-f]{64}$/i.test(encodedKey)
    ? Buffer.from(encodedKey, 'hex')
    : Buffer.from(encodedKey, 'base64')
  if (key.length !== KEY_BYTES) {
    throw new AppError('config.invalid', {
      variable: 'ENCRYPTION_KEY',
      wants: '32 bytes as 64 hex digits or base64',
    })
  }
  return {
    seal(plaintext, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed])
    },
    open(envelope, context) {
      try {
        if (envelope[0] !== VERSION) throw new Error('unknown envelope version')
        const nonce = envelope.subarray(1, 1 + NONCE_BYTES)
        const tag = envelope.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES)
        const sealed = envelope.subarray(1 + NONCE_BYTES + TAG_BYTES)
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(context))
          .setAuthTag(tag)
        return decipher.update(sealed, undefined, 'utf8') + decipher.final('utf8')
      } catch (cause) {
        throw new AppError('vault.unreadable', { cause })
      }
    },
    deriveKey: (purpose) => createHmac('sha256', key).update(purpose).digest(),
  }
}
