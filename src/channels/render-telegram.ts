import type { OutboundMessage, PartPayload } from './channel.ts'
import { parseMarkdown } from './markdown.ts'
import { layoutChat } from './render-chat.ts'
import { splitChat } from './render-split.ts'
import { layoutButtons, type TelegramButton } from './render-telegram-buttons.ts'
import { buildEntities, type TelegramEntity } from './render-telegram-entities.ts'

/**
 * One sendMessage: plain text and its formatting, never a parse mode, so no
 * character of an answer can make Telegram refuse it.
 */
export interface TelegramPayload extends PartPayload {
  text: string
  entities: TelegramEntity[]
  /** Goes as a photo with the text as its caption. */
  photo?: string
  /** Rows of the inline keyboard, under the last part only. */
  buttons?: TelegramButton[][]
}

/**
 * Telegram takes 4096 characters after entities. It counts in UTF-16 units or
 * in something larger, so this is safe; in UTF-8 it stays below the 32,768
 * bytes that are refused, since no unit takes more than three.
 */
const MAX_TEXT_UNITS = 4096

/** The longest caption of a photo. */
const MAX_CAPTION_UNITS = 1024

/** Stands above buttons that come without a word: a message without text is refused. */
const NO_WORDS = '…'

/**
 * Cuts a message into Telegram messages, as few as whole words allow and cut
 * where the text's structure is.
 *
 * Buttons that Telegram would refuse (no label, data empty or over 64 bytes,
 * an address that is not of the web) are left out. A photo takes a message that fits under it whole; above a
 * longer one, or at an address that is not https, there is none. A message with nothing to see and no buttons has no parts.
 */
export function renderTelegram({ markdown, buttons, photo }: OutboundMessage): TelegramPayload[] {
  const chat = layoutChat(parseMarkdown(markdown), {
    bullet: '•',
    // Telegram drops text links to mail addresses, and the address would be lost.
    isAddressShown: (url) => /^mailto:/i.test(url),
  })
  const parts: TelegramPayload[] = splitChat(chat, { limit: MAX_TEXT_UNITS }).map((part) => ({
    text: part.text,
    entities: buildEntities(part),
  }))
  const [only] = parts
  if (photo && only && parts.length === 1 && only.text.length <= MAX_CAPTION_UNITS && isHttps(photo.url)) {
    only.photo = photo.url
  }
  const rows = layoutButtons(buttons)
  if (rows.length === 0) return parts
  const last = parts.pop() ?? { text: NO_WORDS, entities: [] }
  return [...parts, { ...last, buttons: rows }]
}

function isHttps(url: string): boolean {
  return url.startsWith('https://') && URL.canParse(url)
}
