import Stripe from 'stripe'
import { AppError } from '../../errors.ts'

/** Longest part of the vendor's own words that is kept with an error. */
const MAX_WORDS = 300

/**
 * One call to Stripe, its failure in our words.
 *
 * @throws {AppError} `payment.unavailable` when the same call may succeed later, `payment.refused` when not.
 */
export async function callStripe<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw explain(error)
  }
}

/** As {@link callStripe}, but `undefined` where Stripe has no such object. */
export async function findAtStripe<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw explain(error)
  }
}

/** True when Stripe says that what was to be made is there already. */
export function existsAlready(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === 'resource_already_exists'
}

function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === 'resource_missing'
}

function explain(error: unknown): AppError {
  if (!(error instanceof Stripe.errors.StripeError))
    return new AppError('payment.unavailable', { cause: error })
  // Its text may repeat parts of the key, so the words are kept only for errors about what was asked.
  const isOurs = error instanceof Stripe.errors.StripeInvalidRequestError
  const words = isOurs ? error.message.slice(0, MAX_WORDS) : error.type
  return new AppError(isLasting(error) ? 'payment.refused' : 'payment.unavailable', {
    words,
    code: error.code,
  })
}

function isLasting(error: InstanceType<typeof Stripe.errors.StripeError>): boolean {
  const {
    StripeInvalidRequestError,
    StripeAuthenticationError,
    StripePermissionError,
    StripeIdempotencyError,
  } = Stripe.errors
  return [
    StripeInvalidRequestError,
    StripeAuthenticationError,
    StripePermissionError,
    StripeIdempotencyError,
  ].some((kind) => error instanceof kind)
}
