import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { formatMoney } from '../../../billing/money.ts'
import { cancelPayer, isRefundable, refundPayer } from '../../../billing/payers/actions.ts'
import { countPayers, getPayer, listPayers, PAYER_FILTERS } from '../../../billing/payers/payer.ts'
import { findReconciliation, listRepairs } from '../../../billing/reconcile/list.ts'
import { refundStarsPayment } from '../../../billing/stars/refund.ts'
import { AppError } from '../../../errors.ts'
import { formatUsd } from '../overview/words.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { frameOf, getMoneyBot, type MoneyParts, readMoneyId } from './address.ts'
import { describePayment, describePrice, describeSubscription } from './words.ts'

/** Payers on a page of the list. */
const PAGE = 25

/** Repairs shown: the newest say whether something is wrong now. */
const REPAIRS = 10

const ListQuery = z.object({
  show: z.enum(PAYER_FILTERS).catch('all'),
  cursor: z.string().max(200).optional().catch(undefined),
})

const FILTER_WORDS = {
  all: 'All',
  paying: 'Paying',
  trial: 'In trial',
  failed: 'Payment failed',
  lost: 'Never came',
  ended: 'Ended',
} as const

const When = z.enum(['now', 'period_end']).catch('period_end')
const PaymentId = z.string().regex(/^[\w:.-]{1,100}$/)

/** Who pays, who did, and who paid without ever having come. */
export function createMoneyPayerPages(parts: MoneyParts): Router {
  const { within, jobs, log } = parts
  const router = Router()

  router.get('/bots/:botId/money/payers', async (req, res) => {
    const { show, cursor } = ListQuery.parse(req.query)
    const { bot, page, counts, check, repairs } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      const page = await listPayers(trx, key, { filter: show, cursor, limit: PAGE })
      const check = await findReconciliation(trx, key.creatorId)
      const repairs = await listRepairs(trx, { creatorId: key.creatorId, limit: REPAIRS })
      return { bot, page, check, repairs, counts: await countPayers(trx, key) }
    })
    sendPage(req, res, 'money/payers', {
      ...{ title: 'Payers', ...frameOf(parts, bot, 'payers'), show, page, counts, check, repairs },
      filters: PAYER_FILTERS.map((filter) => ({ filter, label: FILTER_WORDS[filter] })),
      ...{ isFirstPage: cursor === undefined, describeSubscription, describePrice, formatMoney, formatUsd },
    })
  })

  router.get('/bots/:botId/money/payers/:subscriptionId', async (req, res) => {
    const { bot, payer } = await readPayer(req, res)
    sendPage(req, res, 'money/payer', {
      ...{ title: payer.name ?? payer.email ?? 'A payer', ...frameOf(parts, bot, 'payers'), payer },
      ...{ describeSubscription, describePrice, describePayment, isRefundable, formatMoney, formatUsd },
    })
  })

  router.post('/bots/:botId/money/payers/:subscriptionId/cancel', allow('owner'), async (req, res) => {
    const { bot, payer } = await readPayer(req, res)
    const when = When.parse(Reflect.get(Object(req.body), 'when'))
    const target = { botId: bot.id, subscriptionId: payer.id }
    await cancelPayer(parts, visitOf(res).actor, { ...target, when })
    if (when === 'period_end')
      await nudge(() => jobs.add('cancel-subscription', { subscriptionId: payer.id }))
    goTo(req, res, `/admin/bots/${bot.id}/money/payers/${payer.id}`, 'subscription_cancelled')
  })

  router.post('/bots/:botId/money/payers/:subscriptionId/refund', allow('owner'), async (req, res) => {
    const { bot, payer } = await readPayer(req, res)
    const paymentId = PaymentId.catch('').parse(Reflect.get(Object(req.body), 'payment'))
    const target = { botId: bot.id, subscriptionId: payer.id }
    const refund = payer.source === 'stars' ? refundStarsPayment : refundPayer
    await refund(parts, visitOf(res).actor, { ...target, paymentId })
    goTo(req, res, `/admin/bots/${bot.id}/money/payers/${payer.id}`, 'payment_refunded')
  })

  router.post('/bots/:botId/money/payers/check', allow('editor'), async (req, res) => {
    const { creatorId } = visitOf(res).actor
    const { bot } = await within(creatorId, (trx) => getMoneyBot(trx, req, res))
    if (!parts.payments) throw new AppError('payment.not_set_up')
    await jobs.add('reconcile-payments', { creatorId })
    goTo(req, res, `/admin/bots/${bot.id}/money/payers`, 'payments_checked')
  })

  /** What is written down is found by the sweep, should this be lost. */
  async function nudge(work: () => Promise<void>): Promise<void> {
    await work().catch((err: unknown) => log.warn({ err }, 'nudge-lost'))
  }

  function readPayer(req: Request, res: Response) {
    return within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      const id = readMoneyId(req, 'subscriptionId', 'subscription.not_found')
      return { bot, payer: await getPayer(trx, key, id) }
    })
  }

  return router
}
