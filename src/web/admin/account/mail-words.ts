import type { MailKind } from '../../../mail/mail-kind.ts'
import type { MailLine } from '../../../mail/mail-list.ts'

/** What each mail is called, and to whom it goes. */
export const KIND_NAMES: Record<MailKind, { name: string; to: string }> = {
  receipt: { name: 'Receipt', to: 'who paid' },
  'payment-failed': { name: 'Payment failed', to: 'whose payment was refused' },
  'paid-but-lost': { name: 'Paid, not in the chat yet', to: 'who paid before opening the chat' },
  'order-confirmed': { name: 'Order confirmed', to: 'who ordered' },
  'order-shipped': { name: 'Order sent', to: 'who ordered' },
  'order-refunded': { name: 'Order refunded', to: 'who ordered' },
  'client-follow-up': { name: 'Your own mail to one person', to: 'a person who paid' },
  'weekly-digest': { name: 'The week in figures', to: 'members who want it' },
  'gap-digest': { name: 'Questions without an answer', to: 'members who want it' },
  invitation: { name: 'Invitation', to: 'whom you invite' },
  'verify-email': { name: 'Confirm the address', to: 'who signs up' },
  'known-account': { name: 'You have an account already', to: 'who signs up a second time' },
  'magic-link': { name: 'Link to sign in', to: 'who asks for it' },
  'reset-password': { name: 'Choose a new password', to: 'who asks for it' },
  'password-changed': { name: 'Password was changed', to: 'whose password it is' },
}

export const LANGUAGE_NAMES: Record<string, string> = { en: 'English', de: 'Deutsch', es: 'Español' }

export interface MailState {
  what: string
  tone: 'ok' | 'warn' | 'bad' | 'info'
}

const DELIVERED: Record<string, MailState> = {
  delivered: { what: 'Arrived', tone: 'ok' },
  deferred: { what: 'Their mail server asked to wait', tone: 'warn' },
  bounce: { what: 'Came back: no such mailbox', tone: 'bad' },
  dropped: { what: 'Held back by the mail service', tone: 'bad' },
  spamreport: { what: 'Marked as spam', tone: 'bad' },
}

const STATES: Record<string, MailState> = {
  queued: { what: 'On its way', tone: 'info' },
  sending: { what: 'On its way', tone: 'info' },
  doubtful: { what: 'Perhaps sent; being looked into', tone: 'warn' },
  sent: { what: 'Sent', tone: 'ok' },
  failed: { what: 'Could not be sent', tone: 'bad' },
  suppressed: { what: 'Not sent: they get no such mails', tone: 'warn' },
}

/** What became of a mail, in words. */
export function describeMail({ state, delivery, attempts }: MailLine): MailState {
  if (delivery && DELIVERED[delivery]) return DELIVERED[delivery]
  if (state === 'queued' && attempts > 0)
    return { what: 'Waiting for the mail service; tried again soon', tone: 'warn' }
  return STATES[state] ?? { what: state, tone: 'info' }
}

export const REASON_NAMES = {
  bounce: 'The mailbox does not exist',
  spam_report: 'They marked a mail as spam',
  unsubscribe: 'They asked for no more of these',
} as const

/** The kind a suppression is about, in words. */
export function nameKind(kind: string): string {
  return Object.entries(KIND_NAMES).find(([known]) => known === kind)?.[1].name ?? 'Every mail'
}
