import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { formatMoney, writeAmount } from '../../../billing/money.ts'
import {
  getOrder,
  listOrders,
  markFulfilled,
  markShipped,
  type Order,
  type OrderSummary,
  refundOrder,
} from '../../../billing/orders/order.ts'
import { ORDER_STATES, OrderState } from '../../../billing/orders/row.ts'
import { presentAddress } from '../../../billing/orders/shipping.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import { type Cell, writeCsv } from '../../../insights/csv.ts'
import type { AdminParts } from '../admin-parts.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { frameOf, getMoneyBot, readMoneyId } from './address.ts'
import { describeCall, describeOrder, describeRefund } from './order-words.ts'

export type OrderPagesParts = Pick<AdminParts, 'within' | 'payments' | 'vault' | 'jobs' | 'log'>

/** Orders on a page of the list. */
const PAGE = 25
/** Orders in one file: a spreadsheet opens it, and a request makes it. */
const MAX_CSV = 5_000
const CSV_PAGE = 500

const ListQuery = z.object({
  state: OrderState.optional().catch(undefined),
  cursor: z.string().max(100).optional().catch(undefined),
})
const Tracking = z.string().trim().max(200).catch('')

/** What was ordered, and what became of it. */
export function createMoneyOrderPages(parts: OrderPagesParts): Router {
  const { within, vault, jobs, log } = parts
  const router = Router()

  router.get('/bots/:botId/money/orders', async (req, res) => {
    const query = ListQuery.parse(req.query)
    const { bot, page } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      return { bot, page: await listOrders(trx, key, { ...query, limit: PAGE }) }
    })
    sendPage(req, res, 'money/orders', {
      ...{ title: 'Orders', ...frameOf(parts, bot, 'orders'), page, state: query.state },
      states: ORDER_STATES.map((state) => ({ state, ...describeOrder({ state, isToShip: false }) })),
      ...{ isFirstPage: query.cursor === undefined, describeOrder, formatMoney },
    })
  })

  router.get('/bots/:botId/money/orders.csv', async (req, res) => {
    const { actor } = visitOf(res)
    const rows: OrderSummary[] = []
    let slug = ''
    for (let cursor: string | undefined, more = true; more && rows.length < MAX_CSV; ) {
      const page = await within(actor.creatorId, async (trx) => {
        const { bot, key } = await getMoneyBot(trx, req, res)
        slug = bot.slug
        return listOrders(trx, key, { limit: CSV_PAGE, cursor })
      })
      rows.push(...page.items)
      cursor = page.nextCursor ?? undefined
      more = cursor !== undefined
    }
    res.attachment(`orders-${slug}.csv`).type('text/csv; charset=utf-8')
    res.send(writeCsv([CSV_HEAD, ...rows.map(toCells)]))
  })

  router.get('/bots/:botId/money/orders/:orderId', async (req, res) => {
    const { bot, order } = await readOrder(req, res)
    sendOrder(req, res, bot, order)
  })

  router.post('/bots/:botId/money/orders/:orderId/ship', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot, order } = await readOrder(req, res)
    const tracking = Tracking.parse(Reflect.get(Object(req.body), 'tracking')) || undefined
    await within(actor.creatorId, (trx) => markShipped(trx, actor, { ...refOf(order, bot), tracking }))
    await nudge(() => jobs.add('tell-buyer', { orderId: order.id, kind: 'shipped' }))
    goTo(req, res, pathOf(bot, order), 'order_shipped')
  })

  router.post('/bots/:botId/money/orders/:orderId/fulfil', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot, order } = await readOrder(req, res)
    await within(actor.creatorId, (trx) => markFulfilled(trx, actor, refOf(order, bot)))
    goTo(req, res, pathOf(bot, order), 'order_fulfilled')
  })

  router.post('/bots/:botId/money/orders/:orderId/refund', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot, order } = await readOrder(req, res)
    const { paymentId } = await within(actor.creatorId, (trx) => refundOrder(trx, actor, refOf(order, bot)))
    await nudge(() => jobs.add('refund-order', { paymentId }))
    goTo(req, res, pathOf(bot, order), 'order_refunded')
  })

  function readOrder(req: Request, res: Response): Promise<{ bot: Bot; order: Order }> {
    return within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      const orderId = readMoneyId(req, 'orderId', 'order.not_found')
      return { bot, order: await getOrder(trx, vault, { ...key, orderId }) }
    })
  }

  /** Lost, the sweep does it. */
  async function nudge(add: () => Promise<void>): Promise<void> {
    await add().catch((err: unknown) => log.warn({ err }, 'nudge-lost'))
  }

  function sendOrder(req: Request, res: Response, bot: Bot, order: Order): void {
    sendPage(req, res, 'money/order', {
      ...{ title: `Order ${order.number}`, ...frameOf(parts, bot, 'orders'), order },
      ...{ address: order.shipping ? presentAddress(order.shipping) : [] },
      ...{ describeOrder, describeRefund, describeCall, formatMoney },
      canRefund: ['paid', 'shipped', 'fulfilled'].includes(order.state) && !isGoingBack(order),
      canShip: order.isShipped && ['paid', 'shipped'].includes(order.state),
      canFulfil: ['paid', 'shipped'].includes(order.state),
    })
  }

  return router
}

function isGoingBack({ refunds, paymentId }: Order): boolean {
  return refunds.some((refund) => refund.paymentId === paymentId && refund.state === 'queued')
}

function refOf(order: Order, bot: Bot) {
  return { creatorId: bot.creatorId, botId: bot.id, orderId: order.id }
}

function pathOf(bot: Bot, order: Order): string {
  return `/admin/bots/${bot.id}/money/orders/${order.id}`
}

const CSV_HEAD = [
  'Order',
  'Ordered at',
  'Paid at',
  'State',
  'Product',
  'Pieces',
  'Amount',
  'Currency',
  'Email',
  'Tracking',
]

function toCells(order: OrderSummary): Cell[] {
  return [
    ...[order.number, order.createdAt.toISOString(), order.paidAt?.toISOString(), order.state],
    ...[order.productName, order.quantity, Number(writeAmount(order)), order.currency.toUpperCase()],
    ...[order.email ?? undefined, order.tracking ?? undefined],
  ]
}
