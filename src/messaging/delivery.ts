import { z } from 'zod'

/**
 * How far something said has come to the person, over all the Parts it was sent in.
 *
 * `waiting`: not sent yet, or to be tried again. `doubtful`: it may have arrived; nobody can tell.
 */
export type DeliveryState = 'waiting' | 'sending' | 'sent' | 'delivered' | 'read' | 'doubtful' | 'failed'

export interface Delivery {
  state: DeliveryState
  /** Code of what went wrong: of the catalogue of errors, where it is one of ours. */
  reason: string | undefined
  /** The vendor's own code and words. */
  detail: string | undefined
  /** When the last Part was taken by the channel. */
  sentAt: Date | undefined
  /** How often it was in doubt: it may have arrived more than once. */
  doubts: number
}

/** The Parts of a Message as SQL gathers them. */
export const StoredParts = z.array(
  z.object({
    state: z.enum(['queued', 'sending', 'sent', 'failed', 'doubtful']),
    delivery: z.string().nullable(),
    error_code: z.string().nullable(),
    error_detail: z.string().nullable(),
    doubts: z.number(),
    sent_at: z.coerce.date().nullable(),
  }),
)
export type StoredPart = z.output<typeof StoredParts>[number]

/** SQL of {@link StoredParts} for a Message: NULL where it has none. */
export const PARTS_OF_MESSAGE = `(
  SELECT jsonb_agg(jsonb_build_object('state', part.state, 'delivery', part.delivery, 'error_code', part.error_code,
    'error_detail', part.error_detail, 'doubts', part.doubts, 'sent_at', part.sent_at) ORDER BY part.position)
  FROM part WHERE part.message_id = message.id
)`

/** The worst first: a message has come as far as the Part that has come least far. */
const ORDER: DeliveryState[] = ['failed', 'doubtful', 'waiting', 'sending', 'sent', 'delivered', 'read']

/** `undefined` for what was not sent in Parts. */
export function summarizeDelivery(parts: StoredPart[]): Delivery | undefined {
  const states = parts.map(stateOf)
  const state = ORDER.find((candidate) => states.includes(candidate))
  if (!state) return undefined
  const decisive = parts[states.indexOf(state)]
  const sent = parts.flatMap(({ sent_at: at }) => (at ? [at] : []))
  return {
    state,
    reason: decisive?.error_code ?? undefined,
    detail: decisive?.error_detail || undefined,
    sentAt: sent.at(-1),
    doubts: parts.reduce((sum, part) => sum + part.doubts, 0),
  }
}

function stateOf({ state, delivery }: StoredPart): DeliveryState {
  if (state === 'queued') return 'waiting'
  if (state !== 'sent') return state
  return delivery === 'delivered' || delivery === 'read' ? delivery : 'sent'
}
