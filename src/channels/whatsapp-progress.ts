import type { Progress } from './channel.ts'
import { callWhatsapp, type WhatsappServer } from './whatsapp-api.ts'

/** A sign of progress that is late is worth nothing. */
const PROGRESS_TIMEOUT_MS = 3_000

/** The sign lasts 25 s or until our answer; renewed a little before it would end. */
const RENEW_AFTER_MS = 20_000

/** Messages remembered as shown; beyond this the memory starts anew, at the price of one more call each. */
const MAX_REMEMBERED = 10_000

/**
 * Shows that an answer is being written: the person's message is marked read
 * and "typing" appears, in one call. WhatsApp has no drafts, so most calls do
 * nothing.
 */
export function createWhatsappProgress(
  server: WhatsappServer,
  now: () => number = () => performance.now(),
): (progress: Progress) => Promise<void> {
  const bounded = { ...server, timeoutMs: Math.min(server.timeoutMs, PROGRESS_TIMEOUT_MS) }
  const shownAt = new Map<string, number>()

  return async function showProgress({ connection, inboundMessageId }) {
    if (!inboundMessageId) return
    const last = shownAt.get(inboundMessageId)
    if (last !== undefined && now() - last < RENEW_AFTER_MS) return
    if (shownAt.size >= MAX_REMEMBERED) shownAt.clear()
    shownAt.set(inboundMessageId, now())
    await callWhatsapp({ server: bounded, token: connection.credentials.token ?? '' }, (api) =>
      api.markAsRead(connection.externalId, inboundMessageId, 'text'),
    ).catch(() => undefined)
  }
}
