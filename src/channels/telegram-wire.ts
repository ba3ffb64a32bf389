import { z } from 'zod'

/*
 * Telegram's words, as far as we read them. The few fields everything hangs on
 * are required; all others are dropped rather than refused when they look
 * strange, since a refused update blocks its chat for a day.
 */

/** Seconds since 1970, up to the last year a date can be written in. */
const seconds = z.int().min(0).max(253_402_300_799)

const User = z.object({
  id: z.int(),
  first_name: z.string().optional().catch(undefined),
  last_name: z.string().optional().catch(undefined),
  language_code: z.string().optional().catch(undefined),
})

const Chat = z.object({ id: z.int(), type: z.string(), title: z.string().optional().catch(undefined) })

const Entity = z.object({ type: z.string(), offset: z.int(), length: z.int() })

const File = z.object({
  file_id: z.string(),
  mime_type: z.string().optional().catch(undefined),
  file_size: z.number().optional().catch(undefined),
  file_name: z.string().optional().catch(undefined),
  /** Of sound and film, in seconds. */
  duration: z.number().min(0).optional().catch(undefined),
})
const file = File.optional().catch(undefined)
const something = z.looseObject({}).optional().catch(undefined)

/** Of an invoice in Stars, in a message about its payment. */
const Payment = z.object({
  currency: z.string(),
  total_amount: z.int().min(0),
  invoice_payload: z.string(),
  telegram_payment_charge_id: z.string().min(1),
  subscription_expiration_date: seconds.optional().catch(undefined),
  is_recurring: z.literal(true).optional().catch(undefined),
  is_first_recurring: z.literal(true).optional().catch(undefined),
})
export type TelegramPayment = z.output<typeof Payment>

const PreCheckoutQuery = z.object({
  id: z.string(),
  from: User,
  currency: z.string(),
  total_amount: z.int(),
  invoice_payload: z.string(),
})
export type TelegramPreCheckoutQuery = z.output<typeof PreCheckoutQuery>

const Subscription = z.object({
  user: User,
  invoice_payload: z.string(),
  state: z.enum(['active', 'canceled', 'failed']),
})
export type TelegramSubscription = z.output<typeof Subscription>

export const TelegramMessage = z.object({
  message_id: z.int(),
  date: seconds,
  chat: Chat,
  from: User.optional().catch(undefined),
  text: z.string().optional().catch(undefined),
  entities: z.array(Entity).optional().catch(undefined),
  caption: z.string().optional().catch(undefined),
  voice: file,
  audio: file,
  photo: z.array(File).optional().catch(undefined),
  video: file,
  video_note: file,
  animation: file,
  document: file,
  sticker: file,
  location: something,
  contact: something,
  poll: something,
  dice: something,
  game: something,
  story: something,
  checklist: something,
  paid_media: something,
  live_photo: something,
  rich_message: something,
  successful_payment: Payment.optional(),
  refunded_payment: Payment.optional(),
})
export type TelegramMessage = z.output<typeof TelegramMessage>

const CallbackQuery = z.object({
  id: z.string(),
  from: User,
  data: z.string().optional().catch(undefined),
  /** May be too old to be shown, then it has an id and a chat alone. */
  message: z.object({ message_id: z.int(), chat: Chat }).optional().catch(undefined),
})
export type TelegramCallbackQuery = z.output<typeof CallbackQuery>

const MyChatMember = z.object({
  chat: Chat,
  from: User,
  date: seconds,
  old_chat_member: z.object({ status: z.string() }).optional().catch(undefined),
  new_chat_member: z.object({ status: z.string() }),
})
export type TelegramMyChatMember = z.output<typeof MyChatMember>

export const TelegramUpdate = z.object({
  update_id: z.int(),
  message: TelegramMessage.optional(),
  edited_message: TelegramMessage.optional(),
  callback_query: CallbackQuery.optional(),
  my_chat_member: MyChatMember.optional(),
  stopped_message_generation: z.object({ chat: Chat }).optional(),
  pre_checkout_query: PreCheckoutQuery.optional(),
  subscription: Subscription.optional().catch(undefined),
})
export type TelegramUpdate = z.output<typeof TelegramUpdate>
export type TelegramUser = z.output<typeof User>
