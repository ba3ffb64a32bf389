import type { Db } from '../db/database.ts'
import type { ChatFeed } from '../messaging/chat-feed.ts'
import { listSaid, readProgress } from '../messaging/conversation.ts'
import type { ChatAddress } from '../messaging/inbox.ts'
import { type RenderMessage, renderDraft, renderSaid } from './try-page.ts'
import type { StreamEvent, StreamSource } from './try-stream.ts'

interface TryReader {
  slug: string
  asked: string[]
  render: RenderMessage
  /** The position the page has seen already. */
  after: string
}

/**
 * A Chat as a stream of events: `said` for each message after the position, whose id is that position, and
 * `progress` whenever what is under way has changed.
 */
export function createTrySource(
  { db, feed }: { db: Db; feed: ChatFeed },
  chat: ChatAddress,
  { after, ...reader }: TryReader,
): StreamSource {
  let seen = after
  let shown = ''

  async function readSaid(): Promise<StreamEvent[]> {
    const said = await listSaid(db, chat, { after: seen })
    const events = said.map((message) => ({
      event: 'said',
      id: message.position,
      data: { html: renderSaid(message, reader), clientId: message.inboundMessageId },
    }))
    seen = said.at(-1)?.position ?? seen
    return events
  }

  async function readUnderWay(): Promise<StreamEvent[]> {
    const progress = await readProgress(db, chat)
    const data = { isWriting: progress.isWriting, draft: renderDraft(progress, reader) }
    const key = JSON.stringify(data)
    if (key === shown) return []
    shown = key
    return [{ event: 'progress', data }]
  }

  return {
    subscribe: (listener) => feed.subscribe(chat, listener),
    // In this order: what is no longer under way has been said by then.
    async read() {
      const underWay = await readUnderWay()
      return [...(await readSaid()), ...underWay]
    },
  }
}
