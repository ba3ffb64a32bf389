import { claimPaid, type PaidLinks } from '../billing/checkout/paid-link.ts'
import type { Entitlement } from '../billing/entitlement/entitlement.ts'
import { listOffers } from '../billing/entitlement/offers.ts'
import { formatMoney } from '../billing/money.ts'
import { askToCancel } from '../billing/payers/cancel-subscription.ts'
import { type Redeemed, redeemAccessCode } from '../billing/plans/redeem-code.ts'
import {
  type CurrentSubscription,
  findCurrentSubscription,
  findSubscriberPlan,
  listReceipts,
  type SubscriberPlan,
} from '../billing/plans/subscriber-plan.ts'
import { phrase } from '../bots/phrases.ts'
import type { Button } from '../channels/channel.ts'
import { type Db, inTransaction } from '../db/database.ts'
import type { ChatAddress } from '../messaging/inbox.ts'
import { writeButton } from './buttons.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { portalButton, presentDate, presentOffers, type SellingParts } from './offer-lines.ts'
import type { CommandOutcome } from './turn-outcome.ts'
import type { TurnRequest } from './turn-request.ts'

interface MoneyParts extends SellingParts {
  db: Db
  paidLinks: Pick<PaidLinks, 'read'>
  entitlement: Pick<Entitlement, 'hasPlans'>
  /** Has the provider told that a subscription is to end. */
  cancelSoon: (subscriptionId: string) => void
  /** Has questions answered that were kept. */
  answerSoon: (chats: ChatAddress[]) => void
}

export interface MoneyCommands {
  /** `/plan`, `/subscribe`, `/cancel`, `/receipts`, `/redeem`; undefined for any other command. */
  run(
    request: TurnRequest,
    command: { name: string; argument: string },
    language: string,
  ): Promise<CommandOutcome | undefined>
  /** What a bot that sells adds to its help; empty for any other. */
  help(request: TurnRequest, language: string): Promise<string>
  /** Opens what was paid for before the chat: the token a mail carries. `undefined` for any other payload. */
  claim(request: TurnRequest, token: string, language: string): Promise<CommandOutcome | undefined>
  /** The answer to "end it?". */
  cancel(
    request: TurnRequest,
    choice: { isConfirmed: boolean; subscriptionId: string },
    language: string,
  ): Promise<CommandOutcome>
}

/** A code is guessed at most so often a day. */
const MAX_MISSES = 10

/** What a Subscriber asks about money: what they have, what there is, and how it ends. */
export function createMoneyCommands(parts: MoneyParts): MoneyCommands {
  const { db, entitlement } = parts

  async function run(
    request: TurnRequest,
    { name, argument }: { name: string; argument: string },
    language: string,
  ): Promise<CommandOutcome | undefined> {
    const act = { plan: showPlan, subscribe, cancel: askCancel, receipts, redeem }[name]
    if (!act) return undefined
    if (!(await entitlement.hasPlans(request.bot.id))) return say(phrase(language, 'plan_nothing'))
    return act(request, language, argument.trim())
  }

  async function showPlan(request: TurnRequest, language: string): Promise<CommandOutcome> {
    const plan = await findSubscriberPlan(db, keyOf(request))
    const offers = plan.subscription ? { lines: [], buttons: [] } : await offersFor(request, language)
    const markdown = [
      presentPlan(plan, request, language),
      ...(offers.lines.length > 0
        ? [`${phrase(language, 'paywall_choose')}\n\n${offers.lines.join('\n')}`]
        : []),
    ].join('\n\n')
    const portal = plan.isPayer ? portalButton(request, language, parts) : []
    return say(markdown, [...portal, ...offers.buttons])
  }

  async function subscribe(request: TurnRequest, language: string, code: string): Promise<CommandOutcome> {
    const plan = await findSubscriberPlan(db, keyOf(request))
    if (plan.subscription) return showPlan(request, language)
    if (code !== '') {
      // One word for both: a code that lets in, or one that makes it cheaper, which the payment page knows.
      if (hasMissedOften(request)) return say(phrase(language, 'redeem_wait'))
      const outcome = await tryCode(request, code)
      if (outcome.kind === 'granted' || outcome.kind === 'already')
        return sayRedeemed(request, outcome, language)
    }
    const offers = await offersFor(request, language, code)
    if (offers.lines.length === 0) return say(phrase(language, 'plan_nothing'))
    return {
      ...say(`${phrase(language, 'paywall_choose')}\n\n${offers.lines.join('\n')}`, offers.buttons),
      ...(code !== '' && countMiss(request)),
    }
  }

  async function offersFor(request: TurnRequest, language: string, couponCode = '') {
    const offers = await listOffers(db, keyOf(request))
    return presentOffers(offers, { request, language, ...(couponCode && { couponCode }) }, parts)
  }

  async function askCancel(request: TurnRequest, language: string): Promise<CommandOutcome> {
    const current = (await findCurrentSubscription(db, keyOf(request)))?.shown
    if (!current) return say(phrase(language, 'cancel_none'))
    const plan = escapeMarkdown(current.planName)
    if (current.isEnding) return say(sayEnding(current, request, language))
    if (current.source === 'stars') return say(phrase(language, 'cancel_stars', { plan }))
    const choice = { kind: 'cancel', subscriptionId: current.id } as const
    return say(phrase(language, 'cancel_ask', { plan }), [
      {
        label: phrase(language, 'cancel_confirm_button'),
        data: writeButton({ ...choice, isConfirmed: true }),
      },
      { label: phrase(language, 'cancel_keep_button'), data: writeButton({ ...choice, isConfirmed: false }) },
    ])
  }

  async function receipts(request: TurnRequest, language: string): Promise<CommandOutcome> {
    const found = await listReceipts(db, keyOf(request))
    const { isPayer } = await findSubscriberPlan(db, keyOf(request))
    if (found.length === 0) return say(phrase(language, 'receipts_none'))
    const lines = found.map((receipt) =>
      [
        `- ${presentDate(receipt.paidAt, language, request.bot)} – ${escapeMarkdown(formatMoney(receipt, language))}`,
        receipt.isRefunded ? ` (${phrase(language, 'receipt_refunded')})` : '',
        receipt.url ? ` · [${phrase(language, 'receipt_button')}](${receipt.url})` : '',
      ].join(''),
    )
    const portal = isPayer ? portalButton(request, language, parts) : []
    return say(`**${phrase(language, 'receipts_title')}**\n\n${lines.join('\n')}`, portal)
  }

  async function redeem(request: TurnRequest, language: string, code: string): Promise<CommandOutcome> {
    if (code === '') return say(phrase(language, 'redeem_usage'))
    if (hasMissedOften(request)) return say(phrase(language, 'redeem_wait'))
    const outcome = await tryCode(request, code)
    if (outcome.kind === 'granted' || outcome.kind === 'already')
      return sayRedeemed(request, outcome, language)
    return { ...say(phrase(language, 'redeem_invalid')), ...countMiss(request) }
  }

  async function tryCode({ bot, chat }: TurnRequest, code: string): Promise<Redeemed> {
    const owner = { creatorId: bot.creatorId, botId: bot.id, subscriberId: chat.subscriberId }
    const outcome = await redeemAccessCode(db, { ...owner, code })
    if ('released' in outcome) parts.answerSoon(outcome.released)
    return outcome
  }

  return {
    run,
    async claim(request, token, language) {
      const subscriptionId = parts.paidLinks.read(token)
      if (subscriptionId === undefined) return undefined
      const claimed = await inTransaction(db, (trx) => claimPaid(trx, { ...keyOf(request), subscriptionId }))
      if (!claimed) return say(phrase(language, 'redeem_invalid'))
      parts.answerSoon(claimed.chats)
      return say(phrase(language, 'stars_thanks', { plan: escapeMarkdown(claimed.planName) }))
    },
    async help(request, language) {
      return (await entitlement.hasPlans(request.bot.id)) ? `\n${phrase(language, 'help_money')}` : ''
    },
    async cancel(request, { isConfirmed, subscriptionId }, language) {
      if (!isConfirmed) return say(phrase(language, 'cancel_kept'))
      if (!(await askToCancel(db, { ...keyOf(request), subscriptionId })))
        return say(phrase(language, 'cancel_none'))
      parts.cancelSoon(subscriptionId)
      const current = (await findCurrentSubscription(db, keyOf(request)))?.shown
      return say(current ? sayEnding(current, request, language) : phrase(language, 'cancel_none'))
    },
  }
}

function keyOf({ bot, chat }: TurnRequest) {
  return { botId: bot.id, subscriberId: chat.subscriberId }
}

function say(markdown: string, buttons: Button[] = []): CommandOutcome {
  return { replies: [{ kind: 'notice', markdown, buttons }] }
}

function presentPlan(plan: SubscriberPlan, request: TurnRequest, language: string): string {
  const date = (at: Date) => ({ date: presentDate(at, language, request.bot) })
  const { subscription, grant, left, topup } = plan
  const name = subscription?.planName ?? grant?.planName
  return [
    name === undefined
      ? phrase(language, 'plan_free')
      : `**${phrase(language, 'plan_current', { plan: escapeMarkdown(name) })}**`,
    ...(subscription ? [sayTerm(subscription, request, language)] : []),
    ...(!subscription && grant?.until ? [phrase(language, 'plan_until', date(grant.until))] : []),
    ...(left ? [phrase(language, 'plan_left', { left: String(left.left), count: String(left.count) })] : []),
    ...(topup > 0 ? [phrase(language, 'plan_topup', { left: String(topup) })] : []),
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** Until when it is paid, and what happens then. */
function sayTerm(subscription: CurrentSubscription, { bot }: TurnRequest, language: string): string {
  const { status, periodEnd, trialEnd, graceUntil, isEnding } = subscription
  const date = (at: Date) => ({ date: presentDate(at, language, bot) })
  if (isEnding) return periodEnd ? phrase(language, 'plan_until', date(periodEnd)) : ''
  if (status === 'past_due' && graceUntil) return phrase(language, 'plan_grace', date(graceUntil))
  if (status === 'trialing' && trialEnd) return phrase(language, 'plan_trial', date(trialEnd))
  return periodEnd ? phrase(language, 'plan_renews', date(periodEnd)) : ''
}

function sayEnding(subscription: CurrentSubscription, request: TurnRequest, language: string): string {
  const done = phrase(language, 'cancel_done', { plan: escapeMarkdown(subscription.planName) })
  return `${done} ${sayTerm({ ...subscription, isEnding: true }, request, language)}`.trim()
}

function sayRedeemed(
  request: TurnRequest,
  { kind, planName, until }: Extract<Redeemed, { kind: 'granted' | 'already' }>,
  language: string,
): CommandOutcome {
  const words =
    kind === 'granted'
      ? phrase(language, 'redeem_done', { plan: escapeMarkdown(planName) })
      : phrase(language, 'redeem_already')
  const term = until
    ? phrase(language, 'plan_until', { date: presentDate(until, language, request.bot) })
    : ''
  return say([words, kind === 'granted' ? term : ''].filter(Boolean).join('\n\n'))
}

function hasMissedOften(request: TurnRequest): boolean {
  return readMisses(request).count >= MAX_MISSES
}

function countMiss(request: TurnRequest): Pick<CommandOutcome, 'changes'> {
  const { day, count } = readMisses(request)
  return { changes: { state: { ...request.chat.state, redeemMisses: { day, count: count + 1 } } } }
}

/** Codes that were none, this day. Kept in the Chat: a person with many Chats is slower than a code is long. */
function readMisses({ chat }: TurnRequest): { day: string; count: number } {
  const day = new Date().toISOString().slice(0, 10)
  const { redeemMisses: stored } = chat.state
  const isToday =
    typeof stored === 'object' &&
    stored !== null &&
    'day' in stored &&
    'count' in stored &&
    stored.day === day
  return { day, count: isToday && typeof stored.count === 'number' ? stored.count : 0 }
}
