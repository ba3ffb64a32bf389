import { z } from 'zod'
import { AppError, type ErrorCode } from '../errors.ts'
import { explainForeignAnswer, type VendorAnswer, vendorWords } from './vendor-fetch.ts'

/** Graph's answer when it says no. Meta asks to build on the code and the details, not on titles. */
const GraphRefusal = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().catch(''),
    is_transient: z.boolean().optional().catch(undefined),
    error_data: z.object({ details: z.string() }).optional().catch(undefined),
  }),
})
type GraphRefusal = z.output<typeof GraphRefusal>

/**
 * Waits by code, in seconds. WhatsApp names none, so they follow its limits:
 * one message in six seconds to a person, an hour's budget for an app or an
 * account, a minute of maintenance while a number is upgraded.
 */
const WAITS = new Map([
  [4, 60],
  [80007, 60],
  [130429, 2],
  [131048, 3_600],
  [131056, 6],
  [131057, 60],
  [133016, 3_600],
])

/** Wait after a 429 whose code we do not know. */
const DEFAULT_WAIT_SECONDS = 6

/** The token, or what it may do: expired, withdrawn, no permission. */
const UNAUTHORIZED = new Set([0, 3, 10, 190, 131005])

/** A fault of the vendor's that passes. */
const UNAVAILABLE = new Set([1, 2, 131000, 131016, 133004])

/**
 * Not reachable on WhatsApp: no account, too old a version, or the business is
 * blocked. A person's stop of marketing messages (131050) is no block: answers
 * still arrive. Account-wide trouble (payment, policy, a locked account) and
 * test numbers (131030) are refusals to be read by the operator.
 */
const BLOCKED = new Set([131026])

const WINDOW_CLOSED = 131047

/** What a code of WhatsApp means for us, with or without the HTTP status it came by. */
export function chooseWhatsappCode(code: number, status = 400, isTransient = false): ErrorCode {
  if (WAITS.has(code)) return 'channel.rate_limited'
  if (code === WINDOW_CLOSED) return 'channel.window_closed'
  if (BLOCKED.has(code)) return 'channel.blocked'
  if (UNAUTHORIZED.has(code) || (code >= 200 && code <= 299)) return 'channel.unauthorized'
  if (UNAVAILABLE.has(code)) return 'channel.unavailable'
  if (status === 429) return 'channel.rate_limited'
  if (status === 401) return 'channel.unauthorized'
  // A server error in Graph's own form is an answer: nothing was sent.
  return status >= 500 || isTransient ? 'channel.unavailable' : 'channel.rejected'
}

/** The failure an answer tells of, as an error of ours without the token; undefined when it is a success. */
export function explainWhatsappAnswer(answer: VendorAnswer, token: string): AppError | undefined {
  const refusal = GraphRefusal.safeParse(answer.body)
  if (refusal.success) return explainRefusal(refusal.data, answer, token)
  const isSuccess = answer.status >= 200 && answer.status < 300
  return isSuccess && typeof answer.body === 'object' && answer.body !== null
    ? undefined
    : explainForeignAnswer(answer)
}

function explainRefusal({ error }: GraphRefusal, answer: VendorAnswer, token: string): AppError {
  const code = chooseWhatsappCode(error.code, answer.status, error.is_transient)
  const retryAfterSeconds = answer.retryAfterSeconds ?? WAITS.get(error.code) ?? DEFAULT_WAIT_SECONDS
  return new AppError(code, {
    vendorCode: error.code,
    vendorMessage: vendorWords(error.error_data?.details ?? error.message, token),
    ...(code === 'channel.rate_limited' ? { retryAfterSeconds } : {}),
  })
}
