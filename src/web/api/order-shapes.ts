import { z } from 'zod'
import { AMOUNT } from '../../billing/money.ts'
import type { Order as StoredOrder, OrderSummary as StoredSummary } from '../../billing/orders/order.ts'
import { OrderState } from '../../billing/orders/row.ts'
import type { PhotoLinks } from '../../billing/products/photo-link.ts'
import type { Product as StoredProduct } from '../../billing/products/product.ts'
import { ProductFields } from '../../billing/products/shape.ts'
import { Instant } from './operation.ts'

export const Product = ProductFields.extend({
  id: z.uuid(),
  photoUrl: z.url().nullable().describe('For everyone who has it: messengers fetch the photo there.'),
  retiredAt: Instant.nullable(),
  createdAt: Instant,
})

export function presentProduct(
  product: StoredProduct,
  photoLinks: Pick<PhotoLinks, 'urlOf'>,
): z.input<typeof Product> {
  const { creatorId: _creatorId, botId: _botId, photo, ...rest } = product
  return { ...rest, photoUrl: photo ? photoLinks.urlOf({ id: product.id, photo }) : null }
}

export const OrderSummary = z.object({
  id: z.uuid(),
  number: z.string().describe('What the buyer names the order by.'),
  state: OrderState,
  productId: z.uuid(),
  productName: z.string(),
  quantity: z.int(),
  amount: z
    .int()
    .max(AMOUNT.max * 100)
    .describe('In the smallest unit of the currency.'),
  currency: z.string(),
  subscriberId: z.uuid().nullable(),
  chatId: z.uuid().nullable(),
  email: z.string().nullable(),
  tracking: z.string().nullable(),
  createdAt: Instant,
  paidAt: Instant.nullable(),
})

export const Order = OrderSummary.extend({
  shipping: z
    .object({
      name: z.string(),
      lines: z.array(z.string()),
      city: z.string(),
      postalCode: z.string(),
      state: z.string(),
      country: z.string(),
    })
    .nullable(),
  reservedUntil: Instant.nullable(),
  shippedAt: Instant.nullable(),
  fulfilledAt: Instant.nullable(),
  refundedAt: Instant.nullable(),
  refunds: z.array(
    z.object({ paymentId: z.string(), reason: z.string(), state: z.enum(['queued', 'done', 'failed']) }),
  ),
})

export function presentOrderSummary(order: StoredSummary): z.input<typeof OrderSummary> {
  const { subscriberName: _name, isToShip: _isToShip, ...rest } = order
  return rest
}

export function presentOrder(order: StoredOrder): z.input<typeof Order> {
  return {
    ...presentOrderSummary(order),
    shipping: order.shipping,
    ...{ reservedUntil: order.reservedUntil, shippedAt: order.shippedAt },
    ...{ fulfilledAt: order.fulfilledAt, refundedAt: order.refundedAt },
    refunds: order.refunds.map(({ paymentId, reason, state }) => ({
      paymentId,
      reason,
      state: state === 'done' || state === 'failed' ? state : 'queued',
    })),
  }
}
