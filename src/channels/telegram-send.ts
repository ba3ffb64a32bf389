import { type Api, GrammyError } from 'grammy'
import type { InlineKeyboardButton } from 'grammy/types'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { OutgoingPart, Sent } from './channel.ts'
import { explainTelegramFailure, openApi, type TelegramServer } from './telegram-api.ts'
import { findRefusedHalf } from './telegram-errors.ts'
import { resolveInvoices } from './telegram-invoice.ts'
import { parseTelegramPart, type TelegramPart } from './telegram-part.ts'

/** Longest text Telegram takes, in UTF-16 units. */
const MAX_TEXT = 4_096

const SentMessage = z.object({ message_id: z.int() })

/**
 * Sends one Part. When the server refuses our formatting or our buttons, the
 * Part goes again without that half: a refused message was not sent, so this
 * is no repeat. Links that cannot be buttons stand in the text then.
 *
 * @throws {AppError} the `channel.*` codes of {@link Channel.send}.
 */
export async function sendTelegramPart(part: OutgoingPart, server: TelegramServer): Promise<Sent> {
  const token = part.connection.credentials.token ?? ''
  const api = openApi({ server, token, signal: part.signal })
  let wanted = parseTelegramPart(part.payload)
  let isPlainText = false
  for (;;) {
    try {
      // Once: what was resolved is links from then on.
      wanted = await resolveInvoices(api, wanted, token)
      const answer = SentMessage.safeParse(await sendMessage(api, part.chatKey, wanted))
      if (!answer.success) throw new AppError('channel.doubtful', { reason: 'the answer names no message' })
      const vendorMessageId = String(answer.data.message_id)
      return isPlainText ? { vendorMessageId, isPlainText } : { vendorMessageId }
    } catch (error) {
      const less = leaveOutRefused(wanted, error)
      if (!less) throw explainTelegramFailure(error, token)
      wanted = less
      isPlainText = true
    }
  }
}

/** The message without the half the server refused; undefined when there is nothing to leave out. */
function leaveOutRefused(wanted: TelegramPart, error: unknown): TelegramPart | undefined {
  const refused = error instanceof GrammyError ? findRefusedHalf(error) : undefined
  if (!refused || (wanted[refused]?.length ?? 0) === 0) return undefined
  if (refused === 'photo') {
    const { photo: _photo, ...words } = wanted
    return words
  }
  if (refused === 'entities') return { ...wanted, entities: [] }
  const text = wanted.text + writeLinks(wanted.buttons.flat())
  return { ...wanted, text: text.length <= MAX_TEXT ? text : wanted.text, buttons: [] }
}

function sendMessage(
  api: Api,
  chatKey: string,
  { text, photo, entities, buttons }: TelegramPart,
): Promise<unknown> {
  const markup = buttons.length > 0 ? { reply_markup: { inline_keyboard: buttons.map(presentRow) } } : {}
  if (photo !== undefined) {
    const caption = { caption: text, ...(entities.length > 0 ? { caption_entities: entities } : {}) }
    return api.sendPhoto(chatKey, photo, { ...caption, ...markup })
  }
  return api.sendMessage(chatKey, text, {
    link_preview_options: { is_disabled: true },
    ...(entities.length > 0 ? { entities } : {}),
    ...markup,
  })
}

type Row = TelegramPart['buttons'][number]

function presentRow(row: Row): InlineKeyboardButton[] {
  return row.flatMap((button): InlineKeyboardButton[] => {
    if ('data' in button) return [{ text: button.label, callback_data: button.data }]
    return 'url' in button ? [{ text: button.label, url: button.url }] : []
  })
}

/** The addresses of refused buttons as lines below the text, where they fit; without them there is no way on. */
function writeLinks(buttons: Row): string {
  return buttons.flatMap((button) => ('url' in button ? [`\n\n${button.label}: ${button.url}`] : [])).join('')
}
