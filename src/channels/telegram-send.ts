import { type Api, GrammyError } from 'grammy'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { OutgoingPart, Sent } from './channel.ts'
import { explainTelegramFailure, openApi, type TelegramServer } from './telegram-api.ts'
import { findRefusedHalf } from './telegram-errors.ts'
import { parseTelegramPart, type TelegramPart } from './telegram-part.ts'

const SentMessage = z.object({ message_id: z.int() })

/**
 * Sends one Part. When the server refuses our formatting or our buttons, the
 * Part goes again without that half: a refused message was not sent, so this
 * is no repeat.
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
  if (!refused || wanted[refused].length === 0) return undefined
  return { ...wanted, [refused]: [] }
}

function sendMessage(api: Api, chatKey: string, { text, entities, buttons }: TelegramPart): Promise<unknown> {
  return api.sendMessage(chatKey, text, {
    link_preview_options: { is_disabled: true },
    ...(entities.length > 0 ? { entities } : {}),
    ...(buttons.length > 0 ? { reply_markup: { inline_keyboard: buttons.map(presentRow) } } : {}),
  })
}

function presentRow(row: { label: string; data: string }[]): { text: string; callback_data: string }[] {
  return row.map(({ label, data }) => ({ text: label, callback_data: data }))
}
