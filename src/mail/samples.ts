import { MAIL_KINDS, type MailKind } from './mail-kind.ts'
import type { Mail } from './mailer.ts'
import {
  type Addressee,
  presentFollowUpMail,
  presentGapDigestMail,
  presentInvitationMail,
  presentKnownAccountMail,
  presentMagicLinkMail,
  presentOrderConfirmedMail,
  presentOrderRefundedMail,
  presentOrderShippedMail,
  presentPaidButLostMail,
  presentPasswordChangedMail,
  presentPaymentFailedMail,
  presentReceiptMail,
  presentResetMail,
  presentVerifyMail,
  presentWeeklyDigestMail,
} from './mails.ts'

/** Whose mails are shown, and with what example amounts. */
export interface SampleScene {
  creatorName: string
  publicUrl: string
  language: string
  /** An amount as `formatMoney` writes it. */
  amount: string
}

const DAYS = { from: new Date('2026-11-09T00:00:00Z'), to: new Date('2026-11-15T00:00:00Z') }
const ORDER = { productName: 'The Sleep Journal', quantity: 2, orderNumber: '4F2A-91C0' }
const GAPS = [
  { question: 'How long should a nap be after a night shift?', count: 4 },
  { question: 'Does magnesium help before a long flight?', count: 1 },
]

/** Every kind of mail as it would arrive, with made-up people. */
export function presentSamples(scene: SampleScene): Record<MailKind, Mail> {
  const { creatorName, publicUrl, amount, language } = scene
  const to: Addressee = { email: 'ada@example.org', name: 'Ada', language }
  const link = `${publicUrl}/admin/example?token=only-an-example-that-opens-nothing`
  const deal = { botName: creatorName, planName: 'Plus', amount }
  const order = { botName: creatorName, amount, ...ORDER }
  const unsubscribeUrl = `${publicUrl}/mail/unsubscribe/example`
  const week = { questions: 1_284, answered: 1_197, people: 310, newPeople: 42, openGaps: 9 }
  const letter = {
    subject: `${creatorName}: two things after our session`,
    text: 'It was good to hear how your first week went.\n\nKeep the evening walk, and write to me when the second week is over.',
  }
  return {
    'verify-email': presentVerifyMail(to, link),
    'known-account': presentKnownAccountMail(to, link),
    'magic-link': presentMagicLinkMail(to, link),
    'reset-password': presentResetMail(to, link),
    'password-changed': presentPasswordChangedMail(to, link),
    invitation: presentInvitationMail(to, link, { creatorName, inviterName: 'Ben Meyer', role: 'editor' }),
    receipt: presentReceiptMail(to, link, { botName: creatorName, what: 'Plus', amount }),
    'payment-failed': presentPaymentFailedMail(to, link, { ...deal, until: DAYS.to }),
    'paid-but-lost': presentPaidButLostMail(to, link, deal),
    'order-confirmed': presentOrderConfirmedMail(to, link, order),
    'order-shipped': presentOrderShippedMail(to, link, { ...order, tracking: 'JJD014600003RF9' }),
    'order-refunded': presentOrderRefundedMail(to, undefined, order),
    'weekly-digest': presentWeeklyDigestMail(to, link, { creatorName, ...DAYS, ...week, unsubscribeUrl }),
    'gap-digest': presentGapDigestMail(to, link, { creatorName, gaps: GAPS, total: 9, unsubscribeUrl }),
    'client-follow-up': presentFollowUpMail(to, link, { creatorName, ...letter, unsubscribeUrl }),
  }
}

export function isMailKind(text: string): text is MailKind {
  return Object.hasOwn(MAIL_KINDS, text)
}
