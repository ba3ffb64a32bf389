import type { Answer } from '../answering/answer-request.ts'
import type { AllowanceKind } from '../billing/entitlement/allowance.ts'
import type { Decision } from '../billing/entitlement/decision.ts'
import type { Entitlement } from '../billing/entitlement/entitlement.ts'
import { isResumed } from '../billing/entitlement/held-question.ts'
import { phrase } from '../bots/phrases.ts'
import type { Update } from '../messaging/update.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { portalButton, presentDate, presentOffers, presentTopups, type SellingParts } from './offer-lines.ts'
import type { Turn } from './turn-outcome.ts'
import type { Reply, TurnRequest } from './turn-request.ts'

export type Denial = Extract<Decision, { isAllowed: false }>

export interface Paywall {
  /** Asks for one thing to be done, and charges it. */
  ask(request: TurnRequest, kind: AllowanceKind): Promise<Decision>
  /** What the person hears instead of an answer; the question is kept. */
  stop(request: TurnRequest, stopped: { question: string; language: string; denial: Denial }): Turn
  /** What a Turn that said nothing of the bot's gives back: charged before a Member took over. */
  chargesOf(request: TurnRequest): Promise<string[]>
}

/** Stands between a question and its answer, where a bot has plans. */
export function createPaywall({
  entitlement,
  ...selling
}: SellingParts & { entitlement: Entitlement }): Paywall {
  return {
    ask({ bot, chat, inboxId }, kind) {
      const { id: botId, creatorId } = bot
      return entitlement.mayDo({
        botId,
        creatorId,
        subscriberId: chat.subscriberId,
        chatId: chat.id,
        kind,
        inboxId,
      })
    },
    stop(request, { question, language, denial }) {
      // Whoever mends their payment has their plan again: a second one would be paid beside it.
      const mending = denial.reason === 'payment_failed' ? portalButton(request, language, selling) : []
      const offered = mending.length > 0 ? [] : denial.offers
      const plans = presentOffers(offered, { request, language }, selling)
      const topups = presentTopups(denial.topups ?? [], { request, language }, selling)
      const lines = [...plans.lines, ...topups.lines]
      const buttons = [...mending, ...plans.buttons, ...topups.buttons]
      const markdown = [
        sayReason(denial, language),
        ...sayReset(denial, request, language),
        ...(lines.length > 0 ? [`${phrase(language, 'paywall_choose')}\n\n${lines.join('\n')}`] : []),
        ...(buttons.length > 0 ? [phrase(language, 'paywall_held')] : []),
      ].join('\n\n')
      const update = request.updates[0]
      return {
        kind: 'notice',
        ...(update && !isResumed(update) && { said: { kind: 'question', text: question } }),
        replies: [{ kind: 'notice', markdown, buttons }],
        changes: { isInbound: true, isBlocked: false },
        ...(update && { held: keep(update, question) }),
        trace: { kind: 'paywall', model: 'none', question, language, entitlement: denial },
      }
    },
    async chargesOf({ bot, inboxId }) {
      return (await entitlement.hasPlans(bot.id)) ? [inboxId] : []
    },
  }
}

/** A burst is kept as the one question it was taken for. */
function keep(update: Update, question: string): Update {
  const { event } = update
  return event.kind === 'text' ? { ...update, event: { ...event, text: question } } : update
}

function sayReason({ reason, allowance }: Denial, language: string): string {
  if (reason !== 'allowance_used') return phrase(language, `paywall_${reason}`)
  if (!allowance || allowance.count === 0) return phrase(language, 'paywall_none')
  return phrase(language, `paywall_${allowance.per}`, { count: String(allowance.count) })
}

/** When it goes on by itself; nothing where the next period has nothing in it either. */
function sayReset({ allowance, resetsAt }: Denial, { bot }: TurnRequest, language: string): string[] {
  if (!allowance || allowance.count === 0 || !resetsAt) return []
  if (allowance.per === 'day') return [phrase(language, 'paywall_tomorrow')]
  return [phrase(language, 'paywall_from', { date: presentDate(resetsAt, language, bot) })]
}

/** Reminds of a question that was kept: its words stand further up, before the payment. Empty for any other. */
export function presentResumed({ updates }: TurnRequest, question: string, language: string): Reply[] {
  if (!updates.some(isResumed)) return []
  return [
    { kind: 'notice', markdown: phrase(language, 'paywall_resumed', { question: escapeMarkdown(question) }) },
  ]
}

/**
 * An answer costs; a refusal, small talk or a failure does not: then the charge goes back, and the reader hears so
 * in a line below (`note`, else empty).
 */
export function settleCharge(
  decision: Decision | undefined,
  answer: Answer,
  { inboxId }: TurnRequest,
): { givesBack?: string[]; note: string } {
  const isCounted = decision?.isAllowed && (decision.source === 'allowance' || decision.source === 'topup')
  if (!isCounted || answer.kind === 'answer') return { note: '' }
  if (answer.kind === 'small_talk' || answer.kind === 'safety') return { givesBack: [inboxId], note: '' }
  return { givesBack: [inboxId], note: `\n\n_${phrase(answer.language, 'not_counted')}_` }
}
