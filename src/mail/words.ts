/** What one mail says, in one language; laid out by `letter.ts`. */
export interface Letter {
  subject: string
  greeting: string
  /** Paragraphs before the link. */
  body: string[]
  /** Rows of a small table: what, and how much of it. */
  facts?: [label: string, value: string][]
  /** Words of others, shown as such. */
  quotes?: string[]
  /** What the link is called. Not said where the mail has no link. */
  action: string
  /** Paragraphs after the link: how long it works, what to do if one did not ask for it. */
  after: string[]
}

export interface ToPerson {
  /** Empty where it is not known. */
  name: string
}

export interface InvitationFacts {
  creatorName: string
  inviterName: string
  role: 'owner' | 'editor' | 'viewer'
}

export interface ReceiptFacts {
  botName: string
  /** What was paid for: a plan or a product, by its name. */
  what: string
  /** As `formatMoney` writes it in the reader's language. */
  amount: string
}

export interface PaymentFailedFacts {
  botName: string
  planName: string
  amount: string
  /** When access ends unless it is paid. */
  until: Date
}

export interface PaidButLostFacts {
  botName: string
  planName: string
  amount: string
}

export interface OrderFacts {
  botName: string
  productName: string
  quantity: number
  amount: string
  /** What the buyer quotes when they ask about it. */
  orderNumber: string
  /** Of the parcel, where there is one. */
  tracking?: string | undefined
}

export interface WeeklyFacts {
  creatorName: string
  /** First and last day. */
  from: Date
  to: Date
  questions: number
  answered: number
  people: number
  newPeople: number
  openGaps: number
}

export interface GapFacts {
  creatorName: string
  /** The most asked first. */
  gaps: { question: string; count: number }[]
  /** Of all there are, listed or not. */
  total: number
}

export interface FollowUpFacts {
  creatorName: string
  /** Written by the Creator, as the text. */
  subject: string
  text: string
}

/** Facts whose numbers and dates are written in the reader's language already. */
export type Written<Facts> = {
  [Name in keyof Facts]: Facts[Name] extends Date | number ? string : Facts[Name]
}

/** Every mail in one language. Another language is another file of this shape and a line of `languages.ts`. */
export interface MailWords {
  language: string
  verify(to: ToPerson): Letter
  knownAccount(to: ToPerson): Letter
  magicLink(to: ToPerson): Letter
  reset(to: ToPerson): Letter
  passwordChanged(to: ToPerson): Letter
  invitation(facts: InvitationFacts): Letter
  receipt(to: ToPerson, facts: ReceiptFacts): Letter
  paymentFailed(to: ToPerson, facts: Written<PaymentFailedFacts>): Letter
  paidButLost(to: ToPerson, facts: PaidButLostFacts): Letter
  orderConfirmed(to: ToPerson, facts: Written<OrderFacts>): Letter
  orderShipped(to: ToPerson, facts: Written<OrderFacts>): Letter
  orderRefunded(to: ToPerson, facts: Written<OrderFacts>): Letter
  weeklyDigest(to: ToPerson, facts: Written<WeeklyFacts>): Letter
  gapDigest(to: ToPerson, facts: Omit<GapFacts, 'total'> & { total: string }): Letter
  followUp(to: ToPerson, facts: FollowUpFacts): Letter
  /** Below a mail one may stop: why it came, and the link that ends it. */
  stop: { why: string; action: string }
  /** The page behind that link. */
  stopPage: { title: string; ask: string; action: string; done: string; spent: string }
  /** Names of the kinds one may stop. */
  newsNames: { 'weekly-digest': string; 'gap-digest': string; 'client-follow-up': string }
}
