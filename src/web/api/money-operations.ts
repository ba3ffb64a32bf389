import { z } from 'zod'
import { listPayers, PAYER_FILTERS, type Payer } from '../../billing/payers/payer.ts'
import { getBot } from '../../bots/bot.ts'
import { TimeZone } from '../../insights/overview.ts'
import { createMoneyReader } from '../../insights/remembered-money.ts'
import { BotPath } from './bot-schemas.ts'
import { defineOperation, Instant, type Operation, PageQuery, pageOf } from './operation.ts'

const READ = { tag: 'Money', scope: 'billing:read', role: 'viewer' } as const

const Amount = z.int().describe('In the currency’s smallest unit.')

const PayerAnswer = z.object({
  id: z.uuid().describe('Of the subscription.'),
  subscriberId: z.uuid().nullable().describe('Null for one who paid and never opened the chat.'),
  isErased: z.boolean().describe('Whoever it was has been erased; what was paid stays.'),
  name: z.string().nullable(),
  email: z.string().nullable(),
  chatId: z.uuid().nullable(),
  plan: z.string(),
  price: z.object({ amount: Amount, currency: z.string(), interval: z.string() }).nullable(),
  source: z.string().describe('stripe or stars.'),
  status: z.string().describe('The word of the payment provider: trialing, active, past_due, ...'),
  periodEnd: Instant.nullable(),
  trialEnd: Instant.nullable(),
  cancelsAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  graceUntil: Instant.nullable(),
  blockedAt: Instant.nullable().describe('Refunded or disputed: access is over.'),
  createdAt: Instant,
  paid: z.array(z.object({ amount: Amount, currency: z.string() })).describe('So far, and not given back.'),
  modelCostUsd: z.number(),
})

const MonthMoney = z.object({ paid: Amount, refunded: Amount, fees: Amount, mrr: Amount })

const MoneyAnswer = z.object({
  timeZone: z.string(),
  months: z
    .array(
      z.object({
        month: z.string().describe('As 2026-11.'),
        atStart: z.int().describe('Who paid at its beginning.'),
        began: z.int(),
        ended: z.int().describe('Of those at its beginning, who stopped within it.'),
        atEnd: z.int().describe('Who paid at its end, or pays now.'),
        modelCostUsd: z.number(),
        active: z.int().describe('People who asked something.'),
      }),
    )
    .describe('Twelve, the oldest first, the running one last.'),
  currencies: z
    .array(z.object({ currency: z.string(), months: z.array(MonthMoney) }))
    .describe('The same months, by currency; xtr is Telegram Stars.'),
  paying: z.int(),
  trialing: z.int(),
  trials: z.object({ over: z.int(), kept: z.int() }).describe('Trials that ended within 90 days.'),
  leaving: z.int(),
  failing: z.int(),
  lost: z.int().describe('Paid and never opened the chat.'),
  topPlans: z.array(
    z.object({ planId: z.uuid(), name: z.string(), currency: z.string(), paying: z.int(), mrr: Amount }),
  ),
})

/** What a bot earns and from whom. */
export function createMoneyOperations(): Operation[] {
  return [createGetMoney(), LIST_PAYERS]
}

function createGetMoney(): Operation {
  const readMoney = createMoneyReader()
  return defineOperation({
    ...{ ...READ, id: 'getMoney', method: 'get', path: '/bots/:botId/money' },
    summary: 'Show what a bot earns, by month and currency',
    params: BotPath,
    query: z.object({ timeZone: TimeZone.default('UTC').describe('Where months begin and end.') }),
    answer: MoneyAnswer,
    async handle({ actor: { creatorId }, trx, params: { botId }, query: { timeZone } }) {
      await getBot(trx, { botId, creatorId })
      return readMoney(trx, { creatorId, botId, timeZone, now: new Date() })
    },
  })
}

const LIST_PAYERS = defineOperation({
  ...{ ...READ, id: 'listSubscriptions', method: 'get', path: '/bots/:botId/subscriptions' },
  summary: 'List subscriptions with who pays them, the newest first',
  params: BotPath,
  query: PageQuery.extend({ show: z.enum(PAYER_FILTERS).default('all') }),
  answer: pageOf(PayerAnswer),
  async handle({ actor: { creatorId }, trx, params: { botId }, query: { show, cursor, limit } }) {
    await getBot(trx, { botId, creatorId })
    const { items, nextCursor } = await listPayers(trx, { creatorId, botId }, { filter: show, cursor, limit })
    return { items: items.map(presentPayer), nextCursor }
  },
})

function presentPayer({ planName, ...payer }: Payer): z.input<typeof PayerAnswer> {
  return {
    ...{ ...payer, plan: planName, price: payer.price ?? null },
    ...{ subscriberId: payer.subscriberId ?? null, name: payer.name ?? null, email: payer.email ?? null },
    ...{ chatId: payer.chatId ?? null, periodEnd: payer.periodEnd ?? null, trialEnd: payer.trialEnd ?? null },
    ...{ cancelsAt: payer.cancelsAt ?? null, endedAt: payer.endedAt ?? null },
    ...{ graceUntil: payer.graceUntil ?? null, blockedAt: payer.blockedAt ?? null },
  }
}
