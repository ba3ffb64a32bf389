import { createHmac, randomBytes } from 'node:crypto'
import type { StripeObject } from './store.ts'

export interface StripeWebhook {
  url: string
  secret: string
}

/** An event as it was when it happened: its object never changes afterwards. */
export interface StripeEventObject {
  id: string
  object: 'event'
  api_version: string
  created: number
  type: string
  account?: string
  livemode: boolean
  pending_webhooks: number
  request: { id: string | null; idempotency_key: string | null }
  data: { object: StripeObject }
}

export function buildStripeEvent(
  type: string,
  object: StripeObject,
  { created, account }: { created: number; account?: string | undefined },
): StripeEventObject {
  return {
    id: `evt_${randomBytes(10).toString('hex')}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    type,
    ...(account !== undefined && { account }),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object: structuredClone(object) },
  }
}

/** The header the vendor signs a body with. `timestamp` in seconds. */
export function signStripeBody(
  body: string,
  secret: string,
  timestamp = Math.floor(Date.now() / 1000),
): string {
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return `t=${timestamp},v1=${signature}`
}

/** Delivers one event; resolves with the status that was answered. */
export async function postStripeEvent(
  { url, secret }: StripeWebhook,
  event: StripeEventObject,
  timestamp?: number,
): Promise<number> {
  const body = JSON.stringify(event)
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'stripe-signature': signStripeBody(body, secret, timestamp),
    },
    body,
  })
  await response.arrayBuffer()
  return response.status
}
