import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { PaymentProvider, Sellable } from '../payment-provider.ts'

/** What a Checkout is opened for, from our rows alone. */
export interface Sold {
  mode: 'subscription' | 'payment'
  providerPriceId: string
  currency: string
  /** In the currency's smallest unit. */
  amount: number
  trialDays: number
  isShipped: boolean
  couponId: string | null
  promotionCodeId: string | undefined
  /** As the provider shows it. */
  name: string
}

interface SoldParts {
  db: Db
  payments: PaymentProvider
}

/**
 * A price in force, known to the provider before this returns. Outside any transaction: it may call the provider.
 *
 * @throws {AppError} `pay_link.invalid` for a price that is no longer sold, or of another Bot; `coupon.not_found`.
 */
export async function findPriceToSell(
  { db, payments }: SoldParts,
  { priceId, botId, couponCode }: { priceId: string; botId: string; couponCode: string | undefined },
): Promise<Sold> {
  const row = await db
    .selectFrom('price')
    .innerJoin('plan', 'plan.id', 'price.plan_id')
    .innerJoin('bot', 'bot.id', 'plan.bot_id')
    .select(['price.id', 'price.interval', 'price.currency', 'price.amount', 'price.trial_days'])
    .select(['price.provider_price_id', 'plan.name', 'plan.description'])
    .select(sql<string>`bot.settings ->> 'name'`.as('bot_name'))
    .where('price.id', '=', priceId)
    .where('plan.bot_id', '=', botId)
    .where('price.retired_at', 'is', null)
    .where('plan.retired_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw new AppError('pay_link.invalid')
  const { currency } = row
  const amount = Number(row.amount)
  const sellable: Sellable = {
    ...{ key: row.id, name: `${row.bot_name}: ${row.name}`, description: row.description, currency, amount },
    interval: row.interval === 'year' ? 'year' : 'month',
  }
  const providerPriceId = row.provider_price_id ?? (await mirror({ db, payments }, 'price', row.id, sellable))
  const coupon = couponCode === undefined ? undefined : await getCoupon(db, botId, couponCode)
  return {
    ...{
      mode: 'subscription',
      providerPriceId,
      currency,
      amount,
      trialDays: row.trial_days,
      isShipped: false,
    },
    couponId: coupon?.id ?? null,
    promotionCodeId: coupon?.provider_promotion_code_id ?? undefined,
    name: sellable.name,
  }
}

/** As {@link findPriceToSell}, for what is paid once. */
export async function findProductToSell(
  { db, payments }: SoldParts,
  { productId, botId }: { productId: string; botId: string },
): Promise<Sold> {
  const row = await db
    .selectFrom('product')
    .selectAll()
    .where('id', '=', productId)
    .where('bot_id', '=', botId)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw new AppError('pay_link.invalid')
  const { name, description, currency } = row
  const amount = Number(row.amount)
  // A product's price may change, and what the provider knows of a price never does: each has a key of its own.
  const sellable = { key: keyOf({ id: row.id, currency, amount }), name, description, currency, amount }
  const providerPriceId =
    row.provider_price_id ?? (await mirror({ db, payments }, 'product', row.id, sellable))
  return {
    ...{ mode: 'payment', providerPriceId, currency, amount, trialDays: 0, isShipped: row.is_shipped },
    ...{ couponId: null, promotionCodeId: undefined, name },
  }
}

/** The provider's price for what was reserved when it cost something else than now, or in several pieces. */
export async function mirrorAmount(
  payments: PaymentProvider,
  {
    productId,
    name,
    currency,
    amount,
  }: { productId: string; name: string; currency: string; amount: number },
): Promise<string> {
  const key = keyOf({ id: productId, currency, amount })
  return (await payments.mirrorPrice({ key, name, description: '', currency, amount })).priceId
}

function keyOf({ id, currency, amount }: { id: string; currency: string; amount: number }): string {
  return `${id}-${currency}-${amount}`
}

/** What has not been taken to the provider yet is taken there now: someone is waiting to pay. */
async function mirror(
  { db, payments }: SoldParts,
  table: 'price' | 'product',
  id: string,
  sellable: Sellable,
): Promise<string> {
  const made = await payments.mirrorPrice(sellable)
  await db
    .updateTable(table)
    .set({ provider_product_id: made.productId, provider_price_id: made.priceId })
    .where('id', '=', id)
    .where('provider_price_id', 'is', null)
    .where('amount', '=', String(sellable.amount))
    .execute()
  return made.priceId
}

async function getCoupon(db: Db, botId: string, code: string) {
  const row = await db
    .selectFrom('coupon')
    .select(['id', 'provider_promotion_code_id'])
    .where('bot_id', '=', botId)
    .where('code', '=', code.trim().toUpperCase())
    .where('retired_at', 'is', null)
    .where('provider_promotion_code_id', 'is not', null)
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst()
  if (!row) throw new AppError('coupon.not_found')
  return row
}
