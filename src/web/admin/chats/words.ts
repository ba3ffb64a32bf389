import { ERRORS, type ErrorCode } from '../../../errors.ts'
import type { CacheTrace, EntitlementTrace } from '../../../insights/answer-trace.ts'
import type { ChatSummary } from '../../../messaging/chat-list.ts'
import type { Delivery, DeliveryState } from '../../../messaging/delivery.ts'

/** What a flagged person wrote of, by the kind of crisis. */
export const FLAG_WORDS: Record<string, string> = {
  self_harm: 'of harming or killing themselves',
  overdose: 'of having taken too much of something',
  violence: 'of violence done to them',
  harm_to_others: 'of harming someone',
  emergency: 'of what may be an emergency',
  unclear: 'something that sounds like danger',
}

/** What someone is called whose channel tells no name. */
export function presentPerson({
  subscriberName,
  channel,
  chatKey,
}: Pick<ChatSummary, 'subscriberName' | 'channel' | 'chatKey'>): string {
  if (subscriberName) return subscriberName
  if (channel === 'whatsapp' && /^\d{6,15}$/.test(chatKey)) return `+${chatKey}`
  return channel === 'web' ? `Visitor ${chatKey.slice(0, 6)}` : `Person ${chatKey.slice(-6)}`
}

interface StateWords {
  label: string
  tone: 'ok' | 'warn' | 'bad' | ''
}

const STATE_WORDS: Record<DeliveryState, StateWords> = {
  waiting: { label: 'On its way', tone: '' },
  sending: { label: 'Being sent', tone: '' },
  sent: { label: 'Sent', tone: '' },
  delivered: { label: 'Delivered', tone: '' },
  read: { label: 'Read', tone: '' },
  doubtful: { label: 'May not have arrived', tone: 'warn' },
  failed: { label: 'Not delivered', tone: 'bad' },
}

/** How far a message has come, and why no further. */
export function presentDelivery(delivery: Delivery | undefined) {
  if (!delivery) return undefined
  const { state, reason, detail, doubts } = delivery
  const isTrouble =
    state === 'failed' || state === 'doubtful' || (state === 'waiting' && reason !== undefined)
  const mayBeDouble = doubts > 0 && state !== 'failed' && state !== 'doubtful'
  return {
    ...STATE_WORDS[state],
    reason: isTrouble ? presentReason(reason) : undefined,
    detail: isTrouble ? detail : undefined,
    note: mayBeDouble ? 'It may have arrived twice: the line broke while it was sent.' : undefined,
  }
}

function presentReason(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  return isErrorCode(code) ? ERRORS[code].message : code
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

const LET_IN: Record<string, string> = {
  unlimited: 'Free: nothing here is counted',
  plan: 'By a paid plan',
  allowance: 'Counted',
  topup: 'Counted, of what was bought on top',
  grant: 'By an access code',
}

const KEPT_OUT: Record<string, string> = {
  allowance_used: 'Stopped: nothing left of what is included',
  payment_failed: 'Stopped: the last payment failed, and its days of grace are over',
  refunded: 'Stopped: the payment was given back',
  ended: 'Stopped: the subscription is over',
}

/** What let someone ask, or kept them from it. */
export function presentEntitlement(entitlement: EntitlementTrace): string {
  const { isAllowed, source = '', reason = '', planKey, left } = entitlement
  const words = isAllowed ? (LET_IN[source] ?? source) : (KEPT_OUT[reason] ?? reason)
  const more = [
    ...(planKey ? [`plan ${planKey}`] : []),
    ...(isAllowed && left !== undefined ? [`${left} left`] : []),
  ]
  return more.length === 0 ? words : `${words} (${more.join(', ')})`
}

const STEPS: Record<string, string> = {
  keyword_only: 'Your material was searched by its words alone, not by meaning.',
  vectors_unavailable: 'The search by meaning did not answer; words alone were searched.',
  rerank_unavailable: 'The passages could not be put in a finer order.',
  retrieval_unavailable: 'Your material could not be searched.',
  fallback_model: 'The first model did not answer; another one wrote this.',
  model_unavailable: 'No model answered; your material is quoted instead.',
  budget_low: 'A budget is nearly spent; the cheaper models wrote this.',
  budget_spent: 'A budget is spent; your material is quoted instead.',
  unproven_answer: 'What the model wrote could not be proven; your material is quoted instead.',
}

/** A step an answer had to take when something was not there. */
export function presentStep(step: string): string {
  return STEPS[step] ?? step
}

const KEPT: Record<string, string> = {
  exact: 'The same was asked before: the answer was given again.',
  semantic: 'The same was asked before in other words: the answer was given again.',
  shared: 'Several asked this at once: it was written once.',
}

const WRITTEN_ANEW: Record<string, string> = {
  off: 'Written anew: answers are not kept for this bot.',
  history: 'Written anew: the question leans on what was said before.',
  personal: 'Written anew: the question may be about the person alone.',
  unsupported: 'Written anew: what was found now does not support the answer that was kept.',
  memory: 'Written for them alone: it has to do with what they told of themselves.',
  dissimilar: 'Written anew: the question that was answered before is worded too differently.',
  unavailable: 'Written anew: what is kept could not be read.',
}

/** Whether an answer was given again, and why not; undefined where there is nothing to say. */
export function presentCache(cache: CacheTrace | undefined): string | undefined {
  if (!cache) return undefined
  return KEPT[cache.outcome] ?? WRITTEN_ANEW[cache.reason ?? ''] ?? 'Written for the first time.'
}

const OUTCOMES: Record<string, string> = {
  answer: 'Answered from your material',
  refusal: 'Not in your material',
  small_talk: 'Small talk',
  notice: 'Broke off',
  paywall: 'Stopped until there is a plan',
}

export function presentOutcome(outcome: string): string {
  return OUTCOMES[outcome] ?? outcome
}
