export interface TelegramInbound {
  updateId: number
  /** In a private chat this is also the id of the person. */
  chatId: number
  firstName?: string
  languageCode?: string
  /** Seconds since 1970. */
  date?: number
}

/** A webhook body with one text; a text that begins with a slash is marked as a command, as Telegram does. */
export function telegramTextUpdate(
  inbound: TelegramInbound & { text: string; messageId?: number; isEdit?: boolean },
): Record<string, unknown> {
  const { updateId, text, messageId = updateId, isEdit = false } = inbound
  const command = /^\/\w+(@\w+)?/.exec(text)?.[0]
  const message = {
    ...messageBase(inbound, messageId),
    ...(isEdit ? { edit_date: dateOf(inbound) } : {}),
    text,
    ...(command ? { entities: [{ type: 'bot_command', offset: 0, length: command.length }] } : {}),
  }
  return { update_id: updateId, [isEdit ? 'edited_message' : 'message']: message }
}

/** A webhook body with one tap on a button under `messageId`. */
export function telegramCallbackUpdate(
  inbound: TelegramInbound & { data: string; callbackId?: string; messageId?: number },
): Record<string, unknown> {
  const { updateId, data, callbackId = `callback-${updateId}`, messageId = 1 } = inbound
  const message = { ...messageBase(inbound, messageId), text: 'An answer' }
  const query = {
    id: callbackId,
    from: person(inbound),
    message,
    chat_instance: String(inbound.chatId),
    data,
  }
  return { update_id: updateId, callback_query: query }
}

/** A webhook body that says the person blocked the bot, or took that back. */
export function telegramMembershipUpdate(
  inbound: TelegramInbound & { state: 'blocked' | 'unblocked' },
): Record<string, unknown> {
  const bot = { id: 4_242, is_bot: true, first_name: 'Bot', username: 'a_bot' }
  const member = { user: bot, status: 'member' }
  const banned = { user: bot, status: 'kicked', until_date: 0 }
  const [before, after] = inbound.state === 'blocked' ? [member, banned] : [banned, member]
  const change = {
    chat: chat(inbound),
    from: person(inbound),
    date: dateOf(inbound),
    old_chat_member: before,
    new_chat_member: after,
  }
  return { update_id: inbound.updateId, my_chat_member: change }
}

interface TelegramStars {
  payload: string
  stars: number
  currency?: string
}

/** A webhook body that asks whether an invoice in Stars may be paid. */
export function telegramCheckoutUpdate(inbound: TelegramInbound & TelegramStars): Record<string, unknown> {
  const { updateId, payload, stars, currency = 'XTR' } = inbound
  const query = {
    id: `checkout-${updateId}`,
    from: person(inbound),
    currency,
    total_amount: stars,
    invoice_payload: payload,
  }
  return { update_id: updateId, pre_checkout_query: query }
}

/** A webhook body that says Stars were paid, or given back. `endsAt`: seconds since 1970, of a subscription. */
export function telegramPaymentUpdate(
  inbound: TelegramInbound &
    TelegramStars & { chargeId: string; isRefund?: boolean; endsAt?: number; isRenewal?: boolean },
): Record<string, unknown> {
  const { updateId, payload, stars, currency = 'XTR', chargeId, isRefund, endsAt, isRenewal } = inbound
  const payment = {
    currency,
    total_amount: stars,
    invoice_payload: payload,
    telegram_payment_charge_id: chargeId,
    provider_payment_charge_id: `provider-${chargeId}`,
    ...(endsAt === undefined
      ? {}
      : {
          subscription_expiration_date: endsAt,
          is_recurring: true,
          ...(isRenewal ? {} : { is_first_recurring: true }),
        }),
  }
  const message = {
    ...messageBase(inbound, updateId),
    [isRefund ? 'refunded_payment' : 'successful_payment']: payment,
  }
  return { update_id: updateId, message }
}

/** A webhook body that says what became of a subscription in Stars. */
export function telegramSubscriptionUpdate(
  inbound: TelegramInbound & { payload: string; state: 'active' | 'canceled' | 'failed' },
): Record<string, unknown> {
  const { updateId, payload, state } = inbound
  return { update_id: updateId, subscription: { user: person(inbound), invoice_payload: payload, state } }
}

function messageBase(inbound: TelegramInbound, messageId: number): Record<string, unknown> {
  return { message_id: messageId, date: dateOf(inbound), chat: chat(inbound), from: person(inbound) }
}

function chat({ chatId, firstName = 'Person' }: TelegramInbound): Record<string, unknown> {
  return { id: chatId, type: 'private', first_name: firstName }
}

function person({ chatId, firstName = 'Person', languageCode }: TelegramInbound): Record<string, unknown> {
  const language = languageCode === undefined ? {} : { language_code: languageCode }
  return { id: chatId, is_bot: false, first_name: firstName, ...language }
}

function dateOf({ date }: TelegramInbound): number {
  return date ?? Math.floor(Date.now() / 1_000)
}
