import { openDeadline } from '../deadline.ts'
import { AppError, nameFailure } from '../errors.ts'
import { parseJson } from '../parse-json.ts'

/** Longest answer read from a vendor, in characters. A sent message's answer has a few hundred. */
const MAX_ANSWER_CHARACTERS = 1_048_576

/** Wait after a 429 that names none. */
const DEFAULT_RETRY_AFTER_SECONDS = 5

/** Longest part of a vendor's own words that is kept with an error. */
const MAX_VENDOR_WORDS = 300

/**
 * Failures that end before a byte of the request is written: name look-up,
 * opening the socket, and the certificate check of TLS. Everything else may
 * have happened after the vendor had read the request.
 */
const NEVER_LEFT = new Set([
  'ERR_INVALID_URL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
])

/** Node gives this break the code of an ordinary reset, though the request was still waiting for TLS. */
const BROKE_IN_HANDSHAKE = /before secure TLS connection was established/

export interface VendorRequest {
  fetch: typeof globalThis.fetch
  url: string
  method: string
  headers: Record<string, string>
  body?: string | undefined
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** An HTTP answer, read to its end. `body` is undefined when it is not JSON. */
export interface VendorAnswer {
  status: number
  retryAfterSeconds: number | undefined
  text: string
  body: unknown
}

/**
 * One bounded HTTP call to a vendor, whose failures say whether the request
 * may have arrived.
 *
 * The errors carry a short reason and never the failure itself: its text may
 * hold the address, and with it a bot's token.
 *
 * @throws {AppError} `channel.unreachable` when the request provably never left,
 *   `channel.doubtful` when it may have arrived and no whole answer came.
 */
export async function fetchVendor(request: VendorRequest): Promise<VendorAnswer> {
  if (request.signal?.aborted)
    throw new AppError('channel.unreachable', { reason: 'aborted before it began' })
  using deadline = openDeadline(request.timeoutMs, request.signal)
  try {
    const { url, method, headers, body } = request
    const response = await request.fetch(url, {
      method,
      headers,
      signal: deadline.signal,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    })
    const text = await readBounded(response)
    return {
      status: response.status,
      retryAfterSeconds: readRetryAfter(response),
      text,
      body: parseJson(text),
    }
  } catch (error) {
    throw explainFailure(error)
  }
}

/** The failure of a `fetch` in our words. */
function explainFailure(error: unknown): AppError {
  if (error instanceof AppError) return error
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const reason = nameFailure(cause)
  // Several addresses were tried and none could be connected to: Node reports that, and only that, as an aggregate.
  const hasLeft = !(
    cause instanceof AggregateError ||
    NEVER_LEFT.has(reason) ||
    isConnectFailure(cause) ||
    (cause instanceof Error && BROKE_IN_HANDSHAKE.test(cause.message))
  )
  return new AppError(hasLeft ? 'channel.doubtful' : 'channel.unreachable', { reason })
}

function isConnectFailure(cause: unknown): boolean {
  return cause instanceof Error && 'syscall' in cause && cause.syscall === 'connect'
}

async function readBounded(response: Response): Promise<string> {
  if (!response.body) return ''
  if (isKnownSmall(response)) return response.text()
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_ANSWER_CHARACTERS) {
      throw new AppError('channel.doubtful', { reason: 'the answer is too long' })
    }
  }
  return text + decoder.decode()
}

/** A stated length holds, unless what it counts is packed. */
function isKnownSmall({ headers }: Response): boolean {
  const length = headers.get('content-length')
  return length !== null && Number(length) <= MAX_ANSWER_CHARACTERS && !headers.has('content-encoding')
}

function readRetryAfter(response: Response): number | undefined {
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}

/** A vendor's own words, short and without the credential they may repeat. */
export function vendorWords(words: string, secret: string): string {
  const clean = secret
    ? words.replaceAll(secret, '[secret]').replaceAll(encodeURIComponent(secret), '[secret]')
    : words
  return clean.slice(0, MAX_VENDOR_WORDS)
}

/**
 * The failure of an answer that is not in the vendor's own form, so most
 * likely from something between us and the vendor.
 *
 * A refusal (4xx) was not acted on. Of a success or a server error nobody can
 * tell what the vendor did before: doubt.
 */
export function explainForeignAnswer(answer: VendorAnswer): AppError {
  const reason = `HTTP ${answer.status} without the vendor's answer`
  if (answer.status === 429) {
    return new AppError('channel.rate_limited', {
      reason,
      retryAfterSeconds: answer.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS,
    })
  }
  const isRefusal = answer.status >= 300 && answer.status < 500
  return new AppError(isRefusal ? 'channel.rejected' : 'channel.doubtful', {
    reason,
    vendorCode: answer.status,
  })
}
