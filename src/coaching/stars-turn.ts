import type { StarsChat, StarsEvent } from '../billing/stars/payment.ts'
import type { StarsOutcome } from '../billing/stars/stars.ts'
import { phrase } from '../bots/phrases.ts'
import type { Turn } from './turn-outcome.ts'
import type { TurnRequest } from './turn-request.ts'

export type SettleStars = (settled: { chat: StarsChat; event: StarsEvent }) => Promise<StarsOutcome>

/** Telegram says something of a payment: it is settled, and who paid hears so, also while a Member answers them. */
export async function takeStars(
  { bot, chat, updates }: TurnRequest,
  { event, language, settle }: { event: StarsEvent; language: string; settle: SettleStars },
): Promise<Turn> {
  const outcome = await settle({
    event,
    chat: { id: chat.id, creatorId: bot.creatorId, botId: bot.id, subscriberId: chat.subscriberId },
  })
  const words = sayOutcome(outcome, language)
  return {
    kind: words === undefined ? 'silent' : 'notice',
    replies: words === undefined ? [] : [{ kind: 'notice', markdown: words }],
    // A renewal comes by itself: it is nothing the person said.
    changes: {},
    isOfRight: true,
    trace: { stars: event.state, outcome: outcome.kind, updates: updates.length },
  }
}

function sayOutcome(outcome: StarsOutcome, language: string): string | undefined {
  switch (outcome.kind) {
    case 'paid':
      return phrase(language, 'stars_thanks', { plan: outcome.planName })
    case 'refunded':
      return phrase(language, 'stars_refunded')
    case 'ending':
      return phrase(language, 'cancel_done', { plan: outcome.planName })
    case 'going_on':
    case 'none':
      return undefined
  }
}
