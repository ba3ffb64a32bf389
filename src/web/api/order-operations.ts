import { z } from 'zod'
import { testFulfilment } from '../../billing/fulfilment/call.ts'
import { findHook, openHook, removeHook, setHook } from '../../billing/fulfilment/hook.ts'
import { getOrder, listOrders, markFulfilled, markShipped, refundOrder } from '../../billing/orders/order.ts'
import { OrderState } from '../../billing/orders/row.ts'
import { getBot } from '../../bots/bot.ts'
import { AppError } from '../../errors.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { defineLongOperation, defineOperation, type Operation, PageQuery, pageOf } from './operation.ts'
import { Order, OrderSummary, presentOrder, presentOrderSummary } from './order-shapes.ts'

const BotPath = z.object({ botId: z.uuid() })
const OrderPath = BotPath.extend({ orderId: z.uuid() })
const Hook = z.object({ url: z.string() })

const READ = { tag: 'Products and orders', scope: 'billing:read', role: 'viewer' } as const
const WRITE = { tag: 'Products and orders', scope: 'billing:write', role: 'editor' } as const
const DECIDE = { ...WRITE, role: 'owner' } as const
const ORDERS = '/bots/:botId/orders'
const ORDER = `${ORDERS}/:orderId`
const HOOK = '/bots/:botId/fulfilment-hook'

type Parts = Pick<AdminParts, 'vault' | 'jobs' | 'postHook'>

/** What was ordered, and the shop that hears of it. */
export function createOrderOperations(parts: Parts): Operation[] {
  return [...createOrderCalls(parts), ...createHookCalls(parts)]
}

function createOrderCalls({ vault, jobs }: Parts): Operation[] {
  return [
    defineOperation({
      ...{ ...READ, id: 'listOrders', method: 'get', path: ORDERS },
      summary: 'List orders, the newest first',
      params: BotPath,
      query: PageQuery.extend({ state: OrderState.optional() }),
      answer: pageOf(OrderSummary),
      async handle({ actor: { creatorId }, trx, params: { botId }, query }) {
        await getBot(trx, { botId, creatorId })
        const { items, nextCursor } = await listOrders(trx, { creatorId, botId }, query)
        return { items: items.map(presentOrderSummary), nextCursor }
      },
    }),
    defineOperation({
      ...{ ...READ, id: 'getOrder', method: 'get', path: ORDER },
      summary: 'Show an order with its address',
      params: OrderPath,
      answer: Order,
      async handle({ actor: { creatorId }, trx, params }) {
        return presentOrder(await getOrder(trx, vault, { ...params, creatorId }))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'markOrderShipped', method: 'post', path: `${ORDER}/ship` },
      summary: 'Say that an order was sent; the buyer is told, with its tracking',
      params: OrderPath,
      body: z.object({ tracking: z.string().trim().min(1).max(200).optional() }),
      answer: Order,
      async handle({ actor, trx, params, body: { tracking }, afterCommit }) {
        const ref = { ...params, creatorId: actor.creatorId }
        await markShipped(trx, actor, { ...ref, tracking })
        afterCommit(() => jobs.add('tell-buyer', { orderId: params.orderId, kind: 'shipped' }))
        return presentOrder(await getOrder(trx, vault, ref))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'markOrderFulfilled', method: 'post', path: `${ORDER}/fulfil` },
      summary: 'Say that an order is done',
      params: OrderPath,
      answer: Order,
      async handle({ actor, trx, params }) {
        const ref = { ...params, creatorId: actor.creatorId }
        await markFulfilled(trx, actor, ref)
        return presentOrder(await getOrder(trx, vault, ref))
      },
    }),
    defineOperation({
      ...{ ...DECIDE, id: 'refundOrder', method: 'post', path: `${ORDER}/refund` },
      summary: 'Give all the money of an order back; it is `refunded` once the payment provider says so',
      params: OrderPath,
      answer: Order,
      status: 202,
      async handle({ actor, trx, params, afterCommit }) {
        const ref = { ...params, creatorId: actor.creatorId }
        const { paymentId } = await refundOrder(trx, actor, ref)
        afterCommit(() => jobs.add('refund-order', { paymentId }))
        return presentOrder(await getOrder(trx, vault, ref))
      },
    }),
  ]
}

function createHookCalls({ vault, postHook }: Parts): Operation[] {
  return [
    defineOperation({
      ...{ ...READ, id: 'getFulfilmentHook', method: 'get', path: HOOK },
      summary: 'Where a shop of your own hears of orders',
      params: BotPath,
      answer: Hook,
      async handle({ actor: { creatorId }, trx, params: { botId } }) {
        await getBot(trx, { botId, creatorId })
        const hook = await findHook(trx, { creatorId, botId })
        if (!hook) throw new AppError('fulfilment.not_set', { botId })
        return { url: hook.url }
      },
    }),
    defineOperation({
      ...{ ...DECIDE, id: 'setFulfilmentHook', method: 'put', path: HOOK, isAnswerSecret: true },
      summary: 'Set where a shop of your own hears of orders; a new secret is answered once',
      params: BotPath,
      body: z.object({
        url: z.string().max(500).describe('https, and a server on the internet.'),
        isRotated: z
          .boolean()
          .default(false)
          .describe('Make a new secret; the old one signs nothing from then on.'),
      }),
      answer: Hook.extend({ secret: z.string().nullable() }),
      async handle({ actor, trx, params: { botId }, body }) {
        await getBot(trx, { botId, creatorId: actor.creatorId })
        const { secret = null } = await setHook(trx, actor, { botId, vault, ...body })
        return { url: body.url, secret }
      },
    }),
    defineOperation({
      ...{ ...DECIDE, id: 'removeFulfilmentHook', method: 'delete', path: HOOK },
      summary: 'Tell no shop any more',
      params: BotPath,
      answer: z.object({ botId: z.uuid() }),
      async handle({ actor, trx, params: { botId } }) {
        await getBot(trx, { botId, creatorId: actor.creatorId })
        await removeHook(trx, actor, { botId })
        return { botId }
      },
    }),
    defineLongOperation({
      ...{ ...DECIDE, id: 'testFulfilmentHook', method: 'post', path: `${HOOK}/test` },
      summary: 'Send the shop a test message and say whether it took it',
      params: BotPath,
      answer: z.object({ botId: z.uuid() }),
      async handle({ actor: { creatorId }, within, params: { botId } }) {
        const hook = await within(async (trx) => {
          await getBot(trx, { botId, creatorId })
          return openHook(trx, vault, { botId, creatorId })
        })
        await testFulfilment(postHook, hook)
        return { botId }
      },
    }),
  ]
}
