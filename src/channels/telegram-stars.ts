import type { Update, UpdateEvent } from '../messaging/update.ts'
import type { StarsCheckout, StarsDesk } from './channel.ts'
import { callTelegram, type TelegramServer } from './telegram-api.ts'
import type {
  TelegramMessage,
  TelegramPayment,
  TelegramPreCheckoutQuery,
  TelegramSubscription,
} from './telegram-wire.ts'

const STARS = 'XTR'

/** Telegram waits 10 seconds for the answer; half of that is the other side's. */
const CHECKOUT_TIMEOUT_MS = 5_000

/** Answers checkouts and gives Stars back, through the Bot API. */
export function createTelegramStars(server: TelegramServer): StarsDesk {
  const brief = { ...server, timeoutMs: Math.min(server.timeoutMs, CHECKOUT_TIMEOUT_MS) }
  return {
    async answerCheckout({ connection, checkoutId, refusal }) {
      await callTelegram({ server: brief, token: connection.credentials.token ?? '' }, (api) =>
        refusal === undefined
          ? api.answerPreCheckoutQuery(checkoutId, true)
          : api.answerPreCheckoutQuery(checkoutId, false, { error_message: refusal }),
      )
    },
    async refundStars({ connection, payerKey, chargeId }) {
      await callTelegram({ server, token: connection.credentials.token ?? '' }, (api) =>
        api.refundStarPayment(Number(payerKey), chargeId),
      )
    },
  }
}

/** A message that says Stars were paid or given back; other currencies are none of ours. */
export function readPayment({
  successful_payment: paid,
  refunded_payment: refunded,
}: TelegramMessage): UpdateEvent | undefined {
  if (paid?.currency === STARS) return paymentEvent('paid', paid)
  return refunded?.currency === STARS ? paymentEvent('refunded', refunded) : undefined
}

function paymentEvent(state: 'paid' | 'refunded', payment: TelegramPayment): UpdateEvent {
  const { subscription_expiration_date: ends } = payment
  return {
    kind: 'stars',
    state,
    payload: payment.invoice_payload,
    chargeId: payment.telegram_payment_charge_id,
    amount: payment.total_amount,
    ...(ends !== undefined && { endsAt: new Date(ends * 1_000).toISOString() }),
    ...(payment.is_recurring && !payment.is_first_recurring && { isRenewal: true }),
  }
}

/** A subscription in Stars was cancelled, taken up again, or could not be renewed. */
export function readSubscription({ user, invoice_payload: payload, state }: TelegramSubscription): {
  chatKey: string
  sender: Update['sender']
  event: UpdateEvent
} {
  // A private chat has the id of the person.
  const chatKey = String(user.id)
  return { chatKey, sender: { externalId: chatKey }, event: { kind: 'stars', state, payload } }
}

export function readCheckout(query: TelegramPreCheckoutQuery): StarsCheckout {
  const { id, from, currency, total_amount: amount, invoice_payload: payload } = query
  return {
    checkoutId: id,
    payerKey: String(from.id),
    ...(from.language_code !== undefined && { languageCode: from.language_code }),
    payload,
    currency,
    amount,
  }
}
