import express, { Router } from 'express'
import type { PaymentProvider, ProviderEvent } from '../billing/payment-provider.ts'
import { recordPaymentEvent } from '../billing/settle/payment-event.ts'
import type { Db } from '../db/database.ts'
import { AppError, isAppError } from '../errors.ts'
import type { SecurityLog } from './security-log.ts'

interface StripeWebhookParts {
  db: Db
  payments: PaymentProvider | undefined
  security: SecurityLog
  /** Wakes a worker; lost, it delays and never loses. */
  nudge: () => void
  settings: { bodyBytes: number }
}

/**
 * Where Stripe tells what happened. A 200 is said once the event is committed, by one statement; it is acted on behind
 * the queue. Without a key or a secret of ours nothing is believed.
 */
export function stripeWebhook({ db, payments, security, nudge, settings }: StripeWebhookParts): Router {
  const router = Router()
  router.post('/stripe', express.raw({ type: () => true, limit: settings.bodyBytes }), async (req, res) => {
    const rawBody = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
    const event = read(rawBody, req.get('Stripe-Signature'), req.ip)
    await recordPaymentEvent(db, event).catch((cause: unknown) => {
      throw new AppError('webhook.unavailable', { cause })
    })
    res.status(200).json({})
    nudge()
  })

  function read(rawBody: Buffer, signature: string | undefined, ip: string | undefined): ProviderEvent {
    try {
      if (!payments) throw new AppError('webhook.unauthorized')
      return payments.readEvent(rawBody, signature)
    } catch (error) {
      if (isAppError(error, 'webhook.unauthorized')) {
        security.record({ kind: 'webhook.forged', details: { channel: 'stripe' }, ip })
      }
      throw error
    }
  }

  return router
}
