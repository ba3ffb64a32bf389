import { randomBytes } from 'node:crypto'
import { createVault } from '../../accounts/vault.ts'
import { openCheckout } from '../../billing/checkout/checkout.ts'
import { createPaidLinks } from '../../billing/checkout/paid-link.ts'
import { createPayLinks } from '../../billing/checkout/pay-link.ts'
import { createReconcile } from '../../billing/reconcile/reconcile.ts'
import { createSettleEvents } from '../../billing/settle/events.ts'
import { createSettleObject } from '../../billing/settle/object.ts'
import { recordPaymentEvent } from '../../billing/settle/payment-event.ts'
import { createStripeProvider } from '../../billing/stripe/stripe.ts'
import type { Bot } from '../../bots/bot-settings.ts'
import { createLogger } from '../../logger.ts'
import { createQueueMail } from '../../mail/mail-queue.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import { addTestBot } from '../builders/bot.ts'
import { addTestPlan, addTestPrice, addTestSubscriber } from '../builders/plan.ts'
import { openTestDatabase } from '../database.ts'
import { type StripeStandIn, startStripeStandIn } from './stand-in.ts'
import { type StripeEventObject, signStripeBody } from './webhook-post.ts'

export type PaymentWorld = Awaited<ReturnType<typeof openPaymentWorld>>

const WEBHOOK_SECRET = 'whsec_test'
export const GRACE_DAYS = 7

/** Billing on a database of its own and a Stripe on loopback, without web and queues. */
export async function openPaymentWorld({ delayMs = () => 0 }: { delayMs?: () => number } = {}) {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await openTestDatabase())
  const stripe: StripeStandIn = opened.use(await startStripeStandIn({ delayMs }))
  const { db } = database
  const log = createLogger('silent')
  const payments = createStripeProvider({
    secretKey: 'sk_test_1',
    webhookSecret: WEBHOOK_SECRET,
    apiRoot: stripe.url,
  })
  const payLinks = createPayLinks(randomBytes(32), 'https://coach.example')
  const paidLinks = createPaidLinks(randomBytes(32))
  const vault = createVault(randomBytes(32).toString('base64'))
  const parts = {
    ...{ db, payments, vault, payLinks, paidLinks, log },
    queueMail: createQueueMail(vault),
    findChatLink: async (_db: unknown, _botId: string, start?: string) =>
      `https://t.me/coach_bot?start=${start ?? ''}`,
    settings: { graceDays: GRACE_DAYS },
  }
  const settle = createSettleObject(parts)
  const nudged: ChatAddress[] = []
  const nudgeTurn = (chat: ChatAddress) => void nudged.push(chat)
  const settleEvents = createSettleEvents({ db, settle, nudgeTurn, log })
  const owned = opened.move()

  return {
    ...parts,
    databaseUrl: database.url,
    stripe,
    settle,
    nudged,
    settleEvents,
    reconcile: createReconcile({ ...parts, settle, nudgeTurn }),
    /** Stores events as the webhook does. */
    async hear(events: StripeEventObject | StripeEventObject[]): Promise<void> {
      for (const event of [events].flat()) {
        const body = Buffer.from(JSON.stringify(event))
        await recordPaymentEvent(
          db,
          payments.readEvent(body, signStripeBody(body.toString(), WEBHOOK_SECRET)),
        )
      }
    },
    /** A bot with a plan at a price, and someone in a chat with it. */
    async openShop(price: Parameters<typeof addTestPrice>[2] = {}) {
      const bot: Bot = await addTestBot(db)
      const plan = await addTestPlan(db, bot)
      const priceId = await addTestPrice(db, { id: plan.id, creatorId: bot.creatorId }, price)
      return { bot, plan, priceId, person: await addTestSubscriber(db, bot) }
    },
    /** Follows the link to a price; returns the session's id. */
    async follow(chatId: string, priceId: string, couponCode?: string): Promise<string> {
      const { url } = await openCheckout(
        { db, payments, payLinks },
        { target: 'price', targetId: priceId, chatId },
        { couponCode },
      )
      return url.slice(url.lastIndexOf('/') + 1)
    },
    async subscriptionsOf(subscriberId: string) {
      return db.selectFrom('subscription').selectAll().where('subscriber_id', '=', subscriberId).execute()
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
