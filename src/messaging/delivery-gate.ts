import type { ErrorCode } from '../errors.ts'
import type { ChannelName } from './update.ts'

/** Meta's customer service window: free-form messages only this long after the person's last one. */
const WHATSAPP_WINDOW_MS = 24 * 60 * 60 * 1000

/** What the gate looks at, read in the very transaction that is about to send. */
export interface GateFacts {
  channel: ChannelName
  blockedAt: Date | undefined
  lastInboundAt: Date | undefined
  now: Date
}

export type Verdict = { kind: 'open' } | { kind: 'closed'; code: ErrorCode }

/**
 * The one gate for going out. Everything that can forbid a send is asked here, at the moment of sending:
 * whether the person blocked the bot, and WhatsApp's 24 hours. The vendor's pace is kept right behind it.
 */
export function askDeliveryGate({ channel, blockedAt, lastInboundAt, now }: GateFacts): Verdict {
  if (blockedAt) return { kind: 'closed', code: 'channel.blocked' }
  if (channel === 'whatsapp') {
    const silentMs = now.getTime() - (lastInboundAt?.getTime() ?? 0)
    if (silentMs > WHATSAPP_WINDOW_MS) return { kind: 'closed', code: 'channel.window_closed' }
  }
  return { kind: 'open' }
}
