import { AppError, type ErrorCode } from '../errors.ts'

/** A machine's word: `invalid_api_key`, `ECONNREFUSED`. What some servers put in its place may quote key or prompt. */
const CODE = /^(?=.{1,48}$)(?:[a-z]+(?:_[a-z]+)*|[A-Z]+(?:_[A-Z]+)*)$/

/** The parts of a vendor's error that say what went wrong; its text may quote the prompt and is left behind. */
interface Symptoms {
  status: number | undefined
  codes: string[]
  names: string[]
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
])
const TIMEOUT_CODES = new Set(['ETIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

/** OpenAI answers 429 both for "slow down" and for "no money left"; only the first passes by waiting. */
const QUOTA_CODES = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'access_terminated'])

const OVERLOADED_CODES = new Set(['server_error', 'overloaded_error', 'internal_server_error'])

/**
 * A vendor's failure in our words. Keeps the vendor's status and machine-readable code, never its
 * message: providers quote keys and prompts in theirs.
 */
export function toModelError(error: unknown, model: string, signal: AbortSignal): AppError {
  if (error instanceof AppError) return error
  if (signal.aborted) return new AppError('model.aborted', { model })
  const nested = findAppError(error)
  if (nested) return nested
  const symptoms = readSymptoms(error)
  const vendorCode = symptoms.codes.find((code) => CODE.test(code))
  const details = { model, status: symptoms.status, vendorCode, kind: symptoms.names[0] }
  const retryAfterSeconds = readRetryAfter(error)
  return new AppError(classify(symptoms), {
    ...details,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

function classify({ status, codes, names }: Symptoms): ErrorCode {
  if (codes.some((code) => QUOTA_CODES.has(code))) return 'model.rejected'
  if (status === 429) return 'model.rate_limited'
  if (status === 408 || codes.some((code) => TIMEOUT_CODES.has(code))) return 'model.timed_out'
  if (status !== undefined && status >= 500) return 'model.overloaded'
  if (status !== undefined && status >= 400) return 'model.rejected'
  if (codes.some((code) => NETWORK_CODES.has(code))) return 'model.unreachable'
  if (names.includes('TimeoutError') || names.includes('APIConnectionTimeoutError')) return 'model.timed_out'
  if (names.includes('APIConnectionError')) return 'model.unreachable'
  if (codes.some((code) => OVERLOADED_CODES.has(code)) || names.includes('APIError'))
    return 'model.overloaded'
  return 'model.garbled'
}

function* causesOf(error: unknown): Generator<object> {
  // Vendors nest three or four deep; the bound keeps a cause that points at itself from looping.
  for (let depth = 0, cause = error; depth < 6 && typeof cause === 'object' && cause !== null; depth++) {
    yield cause
    cause = 'cause' in cause ? cause.cause : undefined
  }
}

function findAppError(error: unknown): AppError | undefined {
  for (const cause of causesOf(error)) if (cause instanceof AppError) return cause
  return undefined
}

function readSymptoms(error: unknown): Symptoms {
  const symptoms: Symptoms = { status: undefined, codes: [], names: [] }
  for (const cause of causesOf(error)) {
    const status = 'status' in cause ? cause.status : 'status_code' in cause ? cause.status_code : undefined
    if (typeof status === 'number') symptoms.status ??= status
    for (const key of ['code', 'type'] as const) {
      const code = key in cause ? (cause as Record<typeof key, unknown>)[key] : undefined
      if (typeof code === 'string') symptoms.codes.push(code)
    }
    symptoms.names.push(cause.constructor.name)
    if (cause instanceof Error) symptoms.names.push(cause.name)
  }
  return symptoms
}

function readRetryAfter(error: unknown): number | undefined {
  for (const cause of causesOf(error)) {
    if (!('headers' in cause) || !(cause.headers instanceof Headers)) continue
    const seconds = Number(cause.headers.get('retry-after'))
    if (Number.isFinite(seconds) && seconds > 0) return seconds
  }
  return undefined
}
