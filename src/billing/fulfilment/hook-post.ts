import { createHmac } from 'node:crypto'
import { request } from 'node:https'
import { isIP } from 'node:net'
import { createPublicLookup, isPublicAddress } from '../../crawling/public-address.ts'
import { AppError, nameFailure } from '../../errors.ts'

export interface HookPost {
  url: string
  /** Signs the body with the time it is sent at. */
  secret: string
  /** The same for every try of one message: whoever has seen it has it. */
  id: string
  body: string
  now: Date
}

/** Posts a message to a creator's own server. Resolves with a status of 200 to 299. */
export type PostHook = (message: HookPost) => Promise<{ status: number }>

/** A server that takes longer than this is asked again later. */
const TIMEOUT_MS = 10_000
const MAX_URL = 500

export interface HookPostSettings {
  isAllowed?: (address: string) => boolean
  /** Certificates to trust besides the usual ones. */
  ca?: string
  timeoutMs?: number
}

/**
 * Posts over https to servers on the internet alone. The address is checked when the connection is made, so that no
 * name can come to mean another server in between; a redirection is not followed, and of the answer only the status
 * is read.
 *
 * @returns a function that throws {AppError} `fulfilment.url_refused` or `fulfilment.unreachable`.
 */
export function createPostHook({
  isAllowed = isPublicAddress,
  ca,
  timeoutMs = TIMEOUT_MS,
}: HookPostSettings = {}): PostHook {
  const lookup = createPublicLookup(isAllowed, () => new AppError('fulfilment.url_refused'))
  return async ({ url, secret, id, body, now }) => {
    const address = readHookUrl(url, isAllowed)
    const signal = AbortSignal.timeout(timeoutMs)
    const status = await new Promise<number>((resolve, reject) => {
      const call = request(address, {
        method: 'POST',
        lookup,
        signal,
        agent: false,
        ...(ca !== undefined && { ca }),
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'Cornerman',
          'Cornerman-Id': id,
          'Cornerman-Signature': signHook({ secret, body, now }),
        },
      })
      call.on('error', reject)
      call.on('response', (answer) => {
        resolve(answer.statusCode ?? 0)
        answer.destroy()
      })
      call.end(body)
    }).catch((cause: unknown) => {
      throw cause instanceof AppError
        ? cause
        : new AppError('fulfilment.unreachable', { reason: nameFailure(cause) })
    })
    if (status < 200 || status > 299)
      throw new AppError('fulfilment.unreachable', { reason: `HTTP ${status}` })
    return { status }
  }
}

/**
 * `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<unix seconds>.<body>` under the secret. Who receives it refuses what is
 * older than some minutes.
 */
function signHook({ secret, body, now }: Pick<HookPost, 'secret' | 'body' | 'now'>): string {
  const seconds = Math.floor(now.getTime() / 1_000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

/** @throws {AppError} `fulfilment.url_refused` unless it is https, without a password, and not a private address. */
export function readHookUrl(text: string, isAllowed: (address: string) => boolean = isPublicAddress): URL {
  const url = text.length <= MAX_URL && URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' || url.username || url.password) throw new AppError('fulfilment.url_refused')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) ? !isAllowed(host) : !host.includes('.') && host !== 'localhost') {
    throw new AppError('fulfilment.url_refused')
  }
  if (host === 'localhost' && !isAllowed('127.0.0.1')) throw new AppError('fulfilment.url_refused')
  return url
}
