import type { Db } from '../db/database.ts'
import { type ChatFacts, type ChatKey, getChatFacts } from '../messaging/chat-facts.ts'
import { type ChatNote, listNotes } from '../messaging/chat-note.ts'
import { listThread, type ThreadMessage } from '../messaging/thread.ts'
import { type Cell, writeCsv } from './csv.ts'

/** A Chat from end to end, for taking along. */
export interface Transcript {
  chat: ChatFacts
  messages: ThreadMessage[]
  notes: ChatNote[]
  /** False when the Chat is longer than {@link MAX_TRANSCRIPT}: the newest of it is there. */
  isWhole: boolean
}

/** Messages of one transcript: some megabytes at most. */
export const MAX_TRANSCRIPT = 5_000

/** @throws {AppError} `chat.not_found`. */
export async function readTranscript(db: Db, key: ChatKey): Promise<Transcript> {
  const chat = await getChatFacts(db, key)
  const { messages, olderCursor } = await listThread(db, key, { limit: MAX_TRANSCRIPT })
  return { chat, messages, notes: await listNotes(db, key), isWhole: olderCursor === null }
}

const HEAD: Cell[] = ['time', 'from', 'text', 'state', 'reason', 'sources']

/** The transcript as a table for spreadsheets, a message a row. */
export function writeTranscriptCsv({ messages }: Transcript): string {
  return writeCsv([HEAD, ...messages.map(toRow)])
}

function toRow({ at, markdown, delivery, citations, ...message }: ThreadMessage): Cell[] {
  const sources = citations.map(
    ({ n, document, locator }) => `[${n}] ${[document, locator].filter(Boolean).join(', ')}`,
  )
  return [
    at.toISOString(),
    speakerOf(message),
    markdown,
    delivery?.state ?? '',
    delivery?.reason ?? '',
    sources.join('; '),
  ]
}

function speakerOf({
  direction,
  kind,
  memberName,
}: Pick<ThreadMessage, 'direction' | 'kind' | 'memberName'>): string {
  if (direction === 'in') return 'subscriber'
  return kind === 'takeover' ? (memberName ?? 'team') : 'bot'
}
