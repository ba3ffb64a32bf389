import Stripe from 'stripe'
import type { PaymentProvider } from '../payment-provider.ts'
import { readStripeEvent } from './event.ts'
import { readStripeObjects } from './objects.ts'
import { sellAtStripe } from './sale.ts'

export interface StripeSettings {
  secretKey: string
  /** Without it no event is believed. */
  webhookSecret: string | undefined
  /** For example `https://api.stripe.com`, or a stand-in on loopback. */
  apiRoot: string
}

/** The version every request names and every object is read by, whatever the account's own default is. */
const API_VERSION = '2026-10-28.endive'

/** Stripe answers within a second; someone may be waiting on the other side of a link. */
const TIMEOUT_MS = 10_000

/** After a broken connection, a 409 or a server error; the same key makes it the same request. */
const MAX_RETRIES = 2

/** Payments by Stripe. Makes no call before it is asked for something. */
export function createStripeProvider({ secretKey, webhookSecret, apiRoot }: StripeSettings): PaymentProvider {
  const { protocol, hostname, port } = new URL(apiRoot)
  const stripe = new Stripe(secretKey, {
    apiVersion: API_VERSION,
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    port: port || (protocol === 'http:' ? 80 : 443),
    timeout: TIMEOUT_MS,
    maxNetworkRetries: MAX_RETRIES,
    telemetry: false,
    appInfo: { name: 'Cornerman' },
  })
  return {
    ...sellAtStripe(stripe),
    ...readStripeObjects(stripe),
    readEvent: (rawBody, signature, now = new Date()) =>
      readStripeEvent(rawBody, signature, { secret: webhookSecret, now }),
  }
}
