/**
 * Every mail there is. `needed`: what someone asked for or paid for; it goes on after an unsubscription and, in
 * doubt, is rather sent twice than not at all. `news`: what one may stop with one click, and never gets twice.
 *
 * A hard bounce or a spam report stops both: the one cannot arrive, the other is not wanted, and mailing on
 * would cost all the others their delivery.
 */
export const MAIL_KINDS = {
  'verify-email': 'needed',
  'known-account': 'needed',
  'magic-link': 'needed',
  'reset-password': 'needed',
  'password-changed': 'needed',
  invitation: 'needed',
  receipt: 'needed',
  'payment-failed': 'needed',
  'paid-but-lost': 'needed',
  'order-confirmed': 'needed',
  'order-shipped': 'needed',
  'order-refunded': 'needed',
  'weekly-digest': 'news',
  'gap-digest': 'news',
  'client-follow-up': 'news',
} as const satisfies Record<string, 'needed' | 'news'>

export type MailKind = keyof typeof MAIL_KINDS

export const NEWS_KINDS: readonly string[] = Object.entries(MAIL_KINDS).flatMap(([kind, sort]) =>
  sort === 'news' ? [kind] : [],
)
