import { randomUUID } from 'node:crypto'
import type { ProviderCheckout, ProviderPayment } from '../../billing/payment-provider.ts'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'

interface TestProduct {
  kind?: 'topup' | 'goods' | 'session'
  name?: string
  description?: string
  amount?: number
  currency?: string
  stock?: number | null
  isShipped?: boolean
  delivery?: string
  topupCount?: number
  photo?: { key: string; type: string }
}

/** A product of a bot, on sale; a top-up adds questions. */
export async function addTestProduct(
  db: Db,
  bot: Pick<Bot, 'id' | 'creatorId'>,
  given: TestProduct = {},
): Promise<string> {
  const kind = given.kind ?? 'goods'
  const { id } = await db
    .insertInto('product')
    .values({
      creator_id: bot.creatorId,
      bot_id: bot.id,
      key: `p-${randomUUID().slice(0, 8)}`,
      kind,
      name: given.name ?? 'The sleep kit',
      description: given.description ?? '',
      delivery: given.delivery ?? '',
      photo_key: given.photo?.key ?? null,
      photo_type: given.photo?.type ?? null,
      currency: given.currency ?? 'eur',
      amount: given.amount ?? 4_900,
      stars: null,
      topup_kind: kind === 'topup' ? 'question' : null,
      topup_count: kind === 'topup' ? (given.topupCount ?? 10) : null,
      stock: given.stock ?? null,
      is_shipped: given.isShipped ?? false,
      provider_product_id: null,
      provider_price_id: null,
      retired_at: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** A payment as the provider shows it: 49.00 euros, paid. */
export function buildPayment(given: Partial<ProviderPayment> = {}): ProviderPayment {
  return {
    id: `pi_${randomUUID()}`,
    state: 'paid',
    checkoutId: undefined,
    amount: 4_900,
    refunded: 0,
    fee: 0,
    currency: 'eur',
    customerId: undefined,
    subscriptionId: undefined,
    receiptUrl: undefined,
    paidAt: new Date(),
    ...given,
  }
}

/** A Checkout as the provider shows it: done and paid, of 49.00 euros. */
export function buildCheckout(given: Partial<ProviderCheckout> = {}): ProviderCheckout {
  return {
    id: `cs_${randomUUID()}`,
    checkoutId: undefined,
    state: 'complete',
    isPaid: true,
    amount: 4_900,
    subtotal: given.amount ?? 4_900,
    currency: 'eur',
    customerId: undefined,
    email: 'buyer@example.test',
    subscriptionId: undefined,
    paymentId: undefined,
    shipping: undefined,
    ...given,
  }
}
