import type { ProviderSubscription } from '../payment-provider.ts'

/** What of a subscription decides whether someone is let in: derived from one reading, never from the order of events. */
export interface SubscriptionState {
  /** The provider's word; `incomplete` while the first payment is under way, whatever the provider calls it. */
  status: string
  periodEnd: Date | null
  trialEnd: Date | null
  cancelsAt: Date | null
  endedAt: Date | null
  /** Until when a failed payment is forgiven. */
  graceUntil: Date | null
  /** The money went back. */
  isBlocked: boolean
}

/** Someone whose first payment is still under way has not paid. */
export const AWAITING = 'incomplete'

const DAY_MS = 86_400_000

/**
 * A reading in our words. The same reading gives the same state, whenever and however often it is read.
 *
 * @param isPaid what the Checkout it came from says, where it was asked.
 */
export function deriveState(
  reading: ProviderSubscription,
  { graceDays, isPaid = true }: { graceDays: number; isPaid?: boolean },
): SubscriptionState {
  const isAwaiting = !reading.endedAt && (reading.isAwaitingPayment || !isPaid)
  const failedAt = reading.unpaidSince ?? reading.periodEnd
  const isFailing = reading.status === 'past_due' && failedAt !== undefined
  return {
    status: isAwaiting ? AWAITING : reading.status,
    periodEnd: reading.periodEnd ?? null,
    trialEnd: reading.trialEnd ?? null,
    cancelsAt: reading.cancelsAt ?? null,
    endedAt: reading.endedAt ?? null,
    graceUntil: isFailing ? new Date(failedAt.getTime() + graceDays * DAY_MS) : null,
    isBlocked: reading.isTakenBack,
  }
}

/** The state of one that the provider no longer knows. */
export function endedState(now: Date): SubscriptionState {
  const nothing = { periodEnd: null, trialEnd: null, cancelsAt: null, graceUntil: null, isBlocked: false }
  return { ...nothing, status: 'canceled', endedAt: now }
}

/** Whether a subscription in this state lets its subscriber in. */
export function givesAccess({ status, graceUntil, isBlocked }: SubscriptionState, now: Date): boolean {
  if (isBlocked) return false
  if (status === 'past_due') return graceUntil !== null && now < graceUntil
  return status === 'active' || status === 'trialing'
}

/**
 * Whether a reading may be written over what is stored. It was asked for at `askedAt` and answered some time later, so
 * it is certainly the newer one only if it was asked for after the stored one had arrived (`storedAt`). One that
 * overlaps with it may be either, and is to be asked for again.
 */
export function isCertainlyNewer(askedAt: Date, storedAt: Date | undefined): boolean {
  return storedAt === undefined || askedAt >= storedAt
}

/** True when both say the same. */
export function isSameState(one: SubscriptionState, other: SubscriptionState): boolean {
  const at = (time: Date | null) => time?.getTime() ?? null
  return (
    one.status === other.status &&
    one.isBlocked === other.isBlocked &&
    at(one.periodEnd) === at(other.periodEnd) &&
    at(one.trialEnd) === at(other.trialEnd) &&
    at(one.cancelsAt) === at(other.cancelsAt) &&
    at(one.endedAt) === at(other.endedAt) &&
    at(one.graceUntil) === at(other.graceUntil)
  )
}
