import { chooseMailWords } from './languages.ts'
import { layOutLetter } from './letter.ts'
import type { MailKind } from './mail-kind.ts'
import type { Mail } from './mailer.ts'
import type {
  FollowUpFacts,
  GapFacts,
  InvitationFacts,
  Letter,
  MailWords,
  OrderFacts,
  PaidButLostFacts,
  PaymentFailedFacts,
  ReceiptFacts,
  ToPerson,
  WeeklyFacts,
} from './words.ts'

export interface Addressee {
  email: string
  /** Not said where it is not known. */
  name?: string | null | undefined
  /** Chooses the words; English where there are none in it. */
  language?: string | null | undefined
}

/** Where the mail leads, e.g. to a receipt; some have nowhere to lead. */
type Link = string | undefined

/** How its reader ends this kind of mail; made by `createUnsubscribeLinks`. */
interface Stoppable {
  unsubscribeUrl: string | undefined
}

interface Answerable {
  /** Who reads an answer. */
  replyTo?: string | undefined
}

/** Proves the address of a sign-up. */
export const presentVerifyMail = mailTo('verify-email', (words, to) => words.verify(to))

/** Answers a sign-up with an address that has an account: only its owner learns so. */
export const presentKnownAccountMail = mailTo('known-account', (words, to) => words.knownAccount(to))

export const presentMagicLinkMail = mailTo('magic-link', (words, to) => words.magicLink(to))

export const presentResetMail = mailTo('reset-password', (words, to) => words.reset(to))

/** Tells the owner of an account what someone else may have done. */
export const presentPasswordChangedMail = mailTo('password-changed', (words, to) => words.passwordChanged(to))

export const presentInvitationMail = mailWith('invitation', (words, _to, facts: InvitationFacts) =>
  words.invitation(facts),
)

/** Points to a receipt, which the payment provider keeps. */
export const presentReceiptMail = mailWith('receipt', (words, to, facts: ReceiptFacts) =>
  words.receipt(to, facts),
)

/** The link: where the subscriber changes how they pay. */
export const presentPaymentFailedMail = mailWith('payment-failed', (words, to, facts: PaymentFailedFacts) =>
  words.paymentFailed(to, { ...facts, until: formatDay(facts.until, words) }),
)

/** To someone who paid and never opened the chat. The link opens it and claims what was paid for. */
export const presentPaidButLostMail = mailWith('paid-but-lost', (words, to, facts: PaidButLostFacts) =>
  words.paidButLost(to, facts),
)

export const presentOrderConfirmedMail = mailWith('order-confirmed', (words, to, facts: OrderFacts) =>
  words.orderConfirmed(to, writeOrder(facts, words)),
)

/** The link: where the parcel is followed, if anywhere. */
export const presentOrderShippedMail = mailWith('order-shipped', (words, to, facts: OrderFacts) =>
  words.orderShipped(to, writeOrder(facts, words)),
)

export const presentOrderRefundedMail = mailWith('order-refunded', (words, to, facts: OrderFacts) =>
  words.orderRefunded(to, writeOrder(facts, words)),
)

export const presentWeeklyDigestMail = mailWith(
  'weekly-digest',
  (words, to, facts: WeeklyFacts & Stoppable) => words.weeklyDigest(to, writeWeek(facts, words)),
)

export const presentGapDigestMail = mailWith('gap-digest', (words, to, facts: GapFacts & Stoppable) =>
  words.gapDigest(to, { ...facts, total: formatCount(facts.total, words) }),
)

/** What a Creator writes to one subscriber; they answer to `replyTo`. */
export const presentFollowUpMail = mailWith(
  'client-follow-up',
  (words, to, facts: FollowUpFacts & Stoppable & Answerable) => words.followUp(to, facts),
)

function mailTo(kind: MailKind, write: (words: MailWords, to: ToPerson) => Letter) {
  return (to: Addressee, link: Link): Mail => present({ kind, to, link }, write)
}

function mailWith<Facts>(kind: MailKind, write: (words: MailWords, to: ToPerson, facts: Facts) => Letter) {
  return (to: Addressee, link: Link, facts: Facts & Partial<Stoppable> & Answerable): Mail => {
    const { unsubscribeUrl, replyTo } = facts
    const head = { kind, to, link, unsubscribeUrl, replyTo }
    return present(head, (words, person) => write(words, person, facts))
  }
}

interface Head extends Partial<Stoppable>, Answerable {
  kind: MailKind
  to: Addressee
  link: Link
}

function present(
  { kind, to, link, unsubscribeUrl, replyTo }: Head,
  write: (words: MailWords, to: ToPerson) => Letter,
): Mail {
  const words = chooseMailWords(to.language)
  const letter = write(words, { name: to.name?.trim() ?? '' })
  return layOutLetter(letter, { to: to.email, kind, words, link, unsubscribeUrl, replyTo })
}

function writeOrder(facts: OrderFacts, words: MailWords) {
  return { ...facts, quantity: formatCount(facts.quantity, words) }
}

function writeWeek(facts: WeeklyFacts, words: MailWords) {
  const { creatorName, from, to, ...counts } = facts
  return {
    creatorName,
    from: formatDay(from, words),
    to: formatDay(to, words),
    questions: formatCount(counts.questions, words),
    answered: formatCount(counts.answered, words),
    people: formatCount(counts.people, words),
    newPeople: formatCount(counts.newPeople, words),
    openGaps: formatCount(counts.openGaps, words),
  }
}

/** A day, in UTC, as its reader writes it. */
function formatDay(date: Date, { language }: MailWords): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(date)
}

function formatCount(count: number, { language }: MailWords): string {
  return new Intl.NumberFormat(language).format(count)
}
