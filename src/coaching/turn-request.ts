import type { Bot } from '../bots/bot-settings.ts'
import type { Button, Citation, Photo } from '../channels/channel.ts'
import type { TakeoverState } from '../messaging/chat.ts'
import type { ChannelName, Update } from '../messaging/update.ts'

/** What a Turn works on: Updates that belong together, in their Chat. */
export interface TurnRequest {
  bot: Bot
  chat: {
    id: string
    subscriberId: string
    channel: ChannelName
    language: string | undefined
    state: Record<string, unknown>
    takeover: TakeoverState
  }
  /** One command, button or other event; or a run of texts that are answered as one question. */
  updates: Update[]
  /** Of the first Update: what is charged is charged once for it. */
  inboxId: string
  /** Where a group is sent to instead: the bot's private chat. */
  privateLink: string | undefined
  /** Ends the work; nothing of it counts. */
  signal: AbortSignal
  /** The reader has read enough: what is written by then is the answer. */
  stopSignal: AbortSignal
  onDraft: (markdown: string) => void
}

/** One thing to say, before it has an id. */
export interface Reply {
  kind: string
  markdown: string
  citations?: Citation[]
  buttons?: Button[]
  photo?: Photo
}
