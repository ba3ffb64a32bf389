import { z } from 'zod'

/*
 * The words of Cornerman, one line each:
 *
 * Creator      who owns bots: the tenant
 * Bot          what people talk to; Pack: its folder in bots/
 * Channel      telegram, whatsapp or web
 * Update       one inbound event, in our words
 * Chat         a Subscriber on one Channel of one Bot
 * Subscriber   the person, across channels
 * Turn         Updates in, Messages out, committed together
 * Takeover     a Member speaks in a Chat, the bot is silent
 * Message      one thing said, stored; Part: one send of it
 * Inbox        Updates that were accepted; Outbox: Parts that are to be sent
 * Receipt      what a vendor later says of a send (sent, delivered, read, failed)
 */

export const CHANNELS = ['telegram', 'whatsapp', 'web'] as const
export type ChannelName = (typeof CHANNELS)[number]

/** Longest text of one Update that is kept, in UTF-16 units. Telegram and WhatsApp stop at 4,096. */
export const MAX_UPDATE_TEXT = 8_192

const text = z.string().max(MAX_UPDATE_TEXT)

/** What was said in a recording, who wrote it down and what that cost. */
const Heard = z.object({
  text,
  /** `provider:model`. */
  model: z.string(),
  seconds: z.number().optional(),
  costUsd: z.number(),
})
export type Heard = z.output<typeof Heard>

/** What happened, in our words. A vendor's words stop in `channels/*-update.ts`. */
export const UpdateEvent = z.discriminatedUnion('kind', [
  /** Something written; `isEdit` when it replaces the earlier text of the same `messageId`. */
  z.object({ kind: z.literal('text'), messageId: z.string(), text, isEdit: z.boolean().optional() }),
  /** A slash command: `/start abc` is `{ name: 'start', argument: 'abc' }`. */
  z.object({ kind: z.literal('command'), messageId: z.string(), name: z.string().max(64), argument: text }),
  /** A button or list row was tapped; `data` is what we gave the button, `callbackId` wants an acknowledgement. */
  z.object({
    kind: z.literal('button'),
    data: z.string().max(256),
    messageId: z.string().optional(),
    callbackId: z.string().optional(),
  }),
  /**
   * A voice note, photo, file or the like; `fileId` is the vendor's handle. What stands here of size, kind and length
   * is the vendor's word and proves nothing.
   */
  z.object({
    kind: z.literal('media'),
    messageId: z.string(),
    media: z.enum([
      'voice',
      'audio',
      'photo',
      'video',
      'animation',
      'document',
      'sticker',
      'location',
      'contact',
      'other',
    ]),
    caption: text.optional(),
    fileId: z.string().optional(),
    mediaType: z.string().optional(),
    sizeBytes: z.number().optional(),
    seconds: z.number().optional(),
    fileName: z.string().max(256).optional(),
    /** What was said in it, once it has been listened to: it is paid for once. */
    heard: Heard.optional(),
  }),
  /** An emoji put on a message, or taken off it (`emoji` absent). */
  z.object({ kind: z.literal('reaction'), messageId: z.string(), emoji: z.string().optional() }),
  /** The person blocked or unblocked the bot. */
  z.object({ kind: z.literal('membership'), state: z.enum(['blocked', 'unblocked']) }),
  /** The bot was addressed in a group. */
  z.object({ kind: z.literal('group'), title: z.string().max(512) }),
  /** The reader pressed stop while an answer was being written. */
  z.object({ kind: z.literal('stop') }),
  /**
   * What Telegram says of a payment in Stars: `payload` is what the invoice carried. `active`, `canceled` and `failed`
   * are of a subscription and carry no amount.
   */
  z.object({
    kind: z.literal('stars'),
    state: z.enum(['paid', 'refunded', 'active', 'canceled', 'failed']),
    payload: z.string().max(256),
    chargeId: z.string().min(1).max(256).optional(),
    amount: z.int().min(0).optional(),
    /** Until when a subscription is paid. */
    endsAt: z.iso.datetime().optional(),
    isRenewal: z.boolean().optional(),
  }),
  /** Something the channel knows and we do not. */
  z.object({ kind: z.literal('unsupported'), type: z.string().max(128), messageId: z.string().optional() }),
])
export type UpdateEvent = z.output<typeof UpdateEvent>

/**
 * One inbound event. Its identity is (bot, channel, externalId): a repeat
 * delivery carries the same one.
 */
export const Update = z.object({
  channel: z.enum(CHANNELS),
  externalId: z.string().min(1).max(512),
  /** The channel's own id of the conversation: Telegram chat id, WhatsApp user id or number, visitor id. */
  chatKey: z.string().min(1).max(256),
  sender: z.object({
    externalId: z.string().max(256),
    name: z.string().max(256).optional(),
    /** BCP 47 as the channel tells it, for example `pt-BR`. */
    languageCode: z.string().max(35).optional(),
    phone: z.string().max(32).optional(),
  }),
  /** When the person sent it, by the channel's clock. */
  sentAt: z.iso.datetime(),
  event: UpdateEvent,
})
export type Update = z.output<typeof Update>

/** What a vendor says of an earlier send. `partId` is ours when the vendor echoes it. */
export const Receipt = z.object({
  channel: z.enum(CHANNELS),
  externalId: z.string().min(1).max(512),
  partId: z.uuid().optional(),
  vendorMessageId: z.string().max(256),
  state: z.enum(['sent', 'delivered', 'read', 'failed']),
  errorCode: z.string().max(64).optional(),
  errorDetail: z.string().max(1_024).optional(),
  at: z.iso.datetime(),
})
export type Receipt = z.output<typeof Receipt>
