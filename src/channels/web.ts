import { AppError } from '../errors.ts'
import type { Channel, OutgoingPart, Progress } from './channel.ts'
import { renderWeb } from './render-web.ts'

/** The conversation of a visitor with a bot in the browser. */
export interface WebChat {
  botId: string
  channel: 'web'
  chatKey: string
}

/** How open pages hear of news. */
export interface WebFeed {
  announceMessage(chat: WebChat): Promise<void>
  publishDraft(chat: WebChat, markdown: string): Promise<void>
}

/** Time between two drafts of one chat: a reader sees no more, and each is a write and a notification. */
const DRAFT_INTERVAL_MS = 120

/** Chats whose last draft is remembered at a time. */
const MAX_DRAFTING = 10_000

/**
 * The browser chat. The Turn has stored the message already, so sending is telling open pages to read it:
 * doing it twice shows nothing twice.
 */
export function createWebChannel(
  { announceMessage, publishDraft }: WebFeed,
  now: () => number = () => performance.now(),
): Channel {
  const draftedAt = new Map<string, number>()
  return {
    name: 'web',

    render: (message) => [{ text: message.markdown, html: renderWeb(message) }],

    async send(part) {
      draftedAt.delete(keyOf(part))
      try {
        await announceMessage(chatOf(part))
      } catch (cause) {
        throw new AppError('channel.unreachable', { cause })
      }
      return { vendorMessageId: part.partId }
    },

    async showProgress(progress) {
      // The first sign and the first words go out at once; only what grows is paced.
      if (progress.markdown) {
        const key = keyOf(progress)
        if (now() - (draftedAt.get(key) ?? -Infinity) < DRAFT_INTERVAL_MS) return
        if (draftedAt.size >= MAX_DRAFTING) draftedAt.clear()
        draftedAt.set(key, now())
      }
      await publishDraft(chatOf(progress), progress.markdown).catch(() => {})
    },

    async acknowledge() {},

    /** The page sends text alone. */
    async openAttachment() {
      throw new AppError('attachment.unavailable')
    },
  }
}

function chatOf({ connection, chatKey }: OutgoingPart | Progress): WebChat {
  return { botId: connection.botId, channel: 'web', chatKey }
}

function keyOf({ connection, chatKey }: OutgoingPart | Progress): string {
  return `${connection.botId}:${chatKey}`
}
