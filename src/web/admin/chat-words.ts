import { ERRORS, type ErrorCode } from '../../errors.ts'
import type { ChatSummary } from '../../messaging/chat-list.ts'
import type { Delivery, DeliveryState } from '../../messaging/delivery.ts'
import type { ChannelName } from '../../messaging/update.ts'

export const CHANNEL_NAMES: Record<ChannelName, string> = {
  telegram: 'Telegram',
  whatsapp: 'WhatsApp',
  web: 'Web',
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

const STEPS: Record<string, string> = {
  keyword_only: 'Your material was searched by its words alone, not by meaning.',
  vectors_unavailable: 'The search by meaning did not answer; words alone were searched.',
  rerank_unavailable: 'The passages could not be put in a finer order.',
  retrieval_unavailable: 'Your material could not be searched.',
  fallback_model: 'The first model did not answer; another one wrote this.',
  model_unavailable: 'No model answered; your material is quoted instead.',
  unproven_answer: 'What the model wrote could not be proven; your material is quoted instead.',
}

/** A step an answer had to take when something was not there. */
export function presentStep(step: string): string {
  return STEPS[step] ?? step
}

const OUTCOMES: Record<string, string> = {
  answer: 'Answered from your material',
  refusal: 'Not in your material',
  small_talk: 'Small talk',
  notice: 'Broke off',
}

export function presentOutcome(outcome: string): string {
  return OUTCOMES[outcome] ?? outcome
}
