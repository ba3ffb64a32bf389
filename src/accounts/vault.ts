import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'

const KEY_BYTES = 32
const KEY_ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * First byte of an envelope: which form it has. 1: nonce, tag, sealed; of the only key there was.
 * 2: id of the key, nonce, tag, sealed.
 */
const VERSION = 2
const VERSION_WITHOUT_KEY_ID = 1

/** Encrypts credentials at rest. */
export interface Vault {
  /** AES-256-GCM under a fresh nonce; `context` (table, row, tenant) is bound to it, so that rows cannot be swapped. */
  seal(plaintext: string, context: string): Buffer
  /** @throws {AppError} `vault.unreadable` when no key opens it, or the context or any byte is not the sealed one. */
  open(envelope: Buffer, context: string): string
  /** What every envelope of the key in use begins with: the others are to be sealed anew. */
  currentHeader(): Buffer
  /** A key for one other purpose (signing cookies), which tells nothing of this one. */
  deriveKey(purpose: string): Buffer
}

interface Key {
  secret: Buffer
  /** Begins each envelope it seals, and is bound to it. */
  header: Buffer
}

/**
 * A vault of one key or several, separated by commas or spaces: the first seals, all of them open. Given a
 * function, it is asked again before each sealing and for a key that is not known: so a process that runs
 * learns of a rotation.
 *
 * @throws {AppError} `config.invalid` when a key is not 32 bytes.
 */
export function createVault(source: string | (() => string)): Vault {
  const read = typeof source === 'string' ? () => source : source
  let keys = readKeys(read())

  /** Keys that cannot be read just now are the ones known already. */
  function refresh(): void {
    if (typeof source === 'string') return
    try {
      keys = readKeys(read())
    } catch {}
  }

  function candidatesFor(envelope: Buffer): Key[] {
    if (envelope[0] === VERSION_WITHOUT_KEY_ID) return keys.all
    const header = envelope.subarray(0, 1 + KEY_ID_BYTES)
    return keys.all.filter((key) => key.header.equals(header))
  }

  return {
    seal(plaintext, context) {
      refresh()
      const { secret, header } = keys.first
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(bind(header, context))
      const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([header, nonce, cipher.getAuthTag(), sealed])
    },
    open(envelope, context) {
      if (candidatesFor(envelope).length === 0) refresh()
      const causes: unknown[] = []
      for (const key of candidatesFor(envelope)) {
        try {
          return openWith(key, envelope, context)
        } catch (cause) {
          causes.push(cause)
        }
      }
      throw new AppError('vault.unreadable', { cause: causes[0] })
    },
    currentHeader() {
      refresh()
      return Buffer.from(keys.first.header)
    },
    deriveKey: (purpose) => createHmac('sha256', keys.first.secret).update(purpose).digest(),
  }
}

function openWith({ secret, header }: Key, envelope: Buffer, context: string): string {
  const hasKeyId = envelope[0] === VERSION
  const start = hasKeyId ? header.length : 1
  const nonce = envelope.subarray(start, start + NONCE_BYTES)
  const tag = envelope.subarray(start + NONCE_BYTES, start + NONCE_BYTES + TAG_BYTES)
  const sealed = envelope.subarray(start + NONCE_BYTES + TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG_BYTES })
    .setAAD(hasKeyId ? bind(header, context) : Buffer.from(context))
    .setAuthTag(tag)
  return decipher.update(sealed, undefined, 'utf8') + decipher.final('utf8')
}

function bind(header: Buffer, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context)])
}

function readKeys(encoded: string): { first: Key; all: Key[] } {
  const all = encoded
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(readKey)
  const first = all[0]
  if (!first) throw invalidKey()
  return { first, all }
}

function readKey(encoded: string): Key {
  const isHex = /^[0-9a-f]{64}$/i.test(encoded)
  const secret = Buffer.from(encoded, isHex ? 'hex' : 'base64')
  if (secret.length !== KEY_BYTES) throw invalidKey()
  const id = createHmac('sha256', secret).update('key id').digest().subarray(0, KEY_ID_BYTES)
  return { secret, header: Buffer.concat([Buffer.of(VERSION), id]) }
}

function invalidKey(): AppError {
  return new AppError('config.invalid', {
    variable: 'ENCRYPTION_KEY',
    wants: '32 bytes as 64 hex digits or base64; several separated by commas, the one in use first',
  })
}
