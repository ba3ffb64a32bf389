import { isAppError } from '../errors.ts'
import type { Progress } from './channel.ts'
import { renderTelegram } from './render-telegram.ts'
import { callTelegram, type TelegramServer } from './telegram-api.ts'
import { parseTelegramPart } from './telegram-part.ts'

/** A sign of progress that is late is worth nothing. */
const PROGRESS_TIMEOUT_MS = 3_000

/** Chats remembered as taking no drafts; beyond this the memory starts anew. */
const MAX_REMEMBERED_CHATS = 10_000

/**
 * Shows progress as a draft of the text so far, or as "typing" where there is
 * no text yet or drafts are refused: in groups, on an older Bot API server.
 * What was refused once is not tried again by this process.
 */
export function createTelegramProgress(server: TelegramServer): (progress: Progress) => Promise<void> {
  const bounded = { ...server, timeoutMs: Math.min(server.timeoutMs, PROGRESS_TIMEOUT_MS) }
  const chatsWithoutDrafts = new Set<string>()
  let isDraftKnown = true

  function rememberRefusal(error: unknown, chatKey: string): boolean {
    if (!isAppError(error, 'channel.rejected')) return false
    if (error.details.vendorCode === 404) isDraftKnown = false
    if (chatsWithoutDrafts.size >= MAX_REMEMBERED_CHATS) chatsWithoutDrafts.clear()
    chatsWithoutDrafts.add(chatKey)
    return true
  }

  return async function showProgress(progress) {
    const { chatKey, markdown } = progress
    const isPrivate = !chatKey.startsWith('-')
    if (markdown.trim() === '' || !isPrivate || !isDraftKnown || chatsWithoutDrafts.has(chatKey)) {
      return sendTyping(bounded, progress)
    }
    try {
      await sendDraft(bounded, progress)
    } catch (error) {
      if (rememberRefusal(error, chatKey)) await sendTyping(bounded, progress)
    }
  }
}

async function sendDraft(server: TelegramServer, progress: Progress): Promise<void> {
  const { chatKey, draftId, connection } = progress
  // A draft holds one message's worth of text; of a longer answer the end is what is being written.
  const newest = renderTelegram({ markdown: progress.markdown, citations: [], buttons: [] }).at(-1)
  if (!newest) return
  const { text, entities } = parseTelegramPart({ ...newest })
  await callTelegram({ server, token: connection.credentials.token ?? '' }, (api) =>
    api.sendMessageDraft(Number(chatKey), draftId, text, { entities, can_stop: true }),
  )
}

/** Lasts five seconds or until our message. A failure is not worth a word. */
async function sendTyping(server: TelegramServer, { chatKey, connection }: Progress): Promise<void> {
  await callTelegram({ server, token: connection.credentials.token ?? '' }, (api) =>
    api.sendChatAction(chatKey, 'typing'),
  ).catch(() => undefined)
}
