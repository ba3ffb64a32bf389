import type { Button, OutboundMessage, PartPayload } from './channel.ts'
import { parseMarkdown } from './markdown.ts'
import { layoutChat } from './render-chat.ts'
import { splitChat } from './render-split.ts'
import { buildEntities, type TelegramEntity } from './render-telegram-entities.ts'

/**
 * One sendMessage: plain text and its formatting, never a parse mode, so no
 * character of an answer can make Telegram refuse it.
 */
export interface TelegramPayload extends PartPayload {
  text: string
  entities: TelegramEntity[]
  /** Rows of the inline keyboard, under the last part only. */
  buttons?: { label: string; data: string }[][]
}

/**
 * Telegram takes 4096 characters after entities. It counts in UTF-16 units or
 * in something larger, so this is safe; in UTF-8 it stays below the 32,768
 * bytes that are refused, since no unit takes more than three.
 */
const MAX_TEXT_UNITS = 4096

const MAX_DATA_BYTES = 64
const MAX_BUTTONS = 100
const BUTTONS_A_ROW = 5

/** Labels this long stand side by side, like [12]; longer ones get a row each. */
const SHORT_LABEL_UNITS = 4

/** Stands above buttons that come without a word: a message without text is refused. */
const NO_WORDS = '…'

/**
 * Cuts a message into Telegram messages, as few as whole words allow and cut
 * where the text's structure is.
 *
 * Buttons that Telegram would refuse (no label, data empty or over 64 bytes)
 * are left out. A message with nothing to see and no buttons has no parts.
 */
export function renderTelegram({ markdown, buttons }: OutboundMessage): TelegramPayload[] {
  const chat = layoutChat(parseMarkdown(markdown), {
    bullet: '•',
    // Telegram drops text links to mail addresses, and the address would be lost.
    isAddressShown: (url) => /^mailto:/i.test(url),
  })
  const parts: TelegramPayload[] = splitChat(chat, { limit: MAX_TEXT_UNITS }).map((part) => ({
    text: part.text,
    entities: buildEntities(part),
  }))
  const rows = layoutButtons(buttons)
  if (rows.length === 0) return parts
  const last = parts.pop() ?? { text: NO_WORDS, entities: [] }
  return [...parts, { ...last, buttons: rows }]
}

function layoutButtons(buttons: Button[]): Button[][] {
  const rows: Button[][] = []
  for (const { label, data } of buttons.filter(isSendable).slice(0, MAX_BUTTONS)) {
    const row = rows.at(-1)
    const isShort = label.length <= SHORT_LABEL_UNITS
    const isRowOpen = row?.every((button) => button.label.length <= SHORT_LABEL_UNITS) ?? false
    if (row && isShort && isRowOpen && row.length < BUTTONS_A_ROW) row.push({ label, data })
    else rows.push([{ label, data }])
  }
  return rows
}

function isSendable({ label, data }: Button): boolean {
  const bytes = Buffer.byteLength(data)
  return label.trim() !== '' && bytes >= 1 && bytes <= MAX_DATA_BYTES
}
