import Stripe from 'stripe'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { parseJson } from '../../parse-json.ts'
import type { ProviderEvent } from '../payment-provider.ts'

/** How far the time of a signature may lie from ours, either way: a delivery takes seconds, a clock runs off by a few. */
const SIGNATURE_TOLERANCE_SECONDS = 300

/** Lenient: only what names the object is read, since the object itself is asked for again. */
const Event = z.looseObject({
  id: z.string().min(1),
  object: z.literal('event'),
  type: z.string(),
  created: z.number(),
  account: z.string().optional(),
  data: z.looseObject({ object: z.looseObject({ id: z.string().optional() }) }),
})

const Invoice = z.looseObject({
  parent: z.looseObject({ subscription_details: z.looseObject({ subscription: z.string() }) }),
})
const OfPayment = z.looseObject({ payment_intent: z.string() })

/**
 * Reads a webhook body that Stripe signed.
 *
 * Stripe's own check lets times of the future pass; here they are as far out of bounds as those of the past.
 *
 * @throws {AppError} `webhook.unauthorized`, `request.malformed`.
 */
export function readStripeEvent(
  rawBody: Buffer,
  signature: string | undefined,
  { secret, now }: { secret: string | undefined; now: Date },
): ProviderEvent {
  if (!secret || !signature || !isSigned(rawBody, signature, secret, now))
    throw new AppError('webhook.unauthorized')
  const parsed = Event.safeParse(parseJson(rawBody.toString('utf8')))
  if (!parsed.success) throw new AppError('request.malformed')
  const { id, type, created, account, data } = parsed.data
  return { id, type, createdAt: new Date(created * 1000), account, object: readObject(type, data.object) }
}

function isSigned(rawBody: Buffer, signature: string, secret: string, now: Date): boolean {
  const nowSeconds = Math.floor(now.getTime() / 1000)
  const signedAt = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1] ?? Number.NaN)
  if (!(signedAt - nowSeconds <= SIGNATURE_TOLERANCE_SECONDS)) return false
  try {
    const tolerance = SIGNATURE_TOLERANCE_SECONDS
    return (
      Stripe.webhooks.signature?.verifyHeader(
        rawBody,
        signature,
        secret,
        tolerance,
        undefined,
        now.getTime(),
      ) ?? false
    )
  } catch {
    return false
  }
}

function readObject(type: string, object: { id?: string | undefined }): ProviderEvent['object'] {
  const id = object.id ?? ''
  if (type.startsWith('checkout.session.')) return { kind: 'checkout', id }
  if (type.startsWith('customer.subscription.')) return { kind: 'subscription', id }
  if (type.startsWith('invoice.')) {
    const subscription = Invoice.safeParse(object).data?.parent.subscription_details.subscription
    return subscription ? { kind: 'subscription', id: subscription } : { kind: 'other', id }
  }
  if (type.startsWith('payment_intent.')) return { kind: 'payment', id }
  if (/^(charge|refund)\./.test(type)) {
    const payment = OfPayment.safeParse(object).data?.payment_intent
    return payment ? { kind: 'payment', id: payment } : { kind: 'other', id }
  }
  return { kind: type === 'account.updated' ? 'account' : 'other', id }
}
