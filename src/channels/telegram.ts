import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Channel, ChannelRegistrar, StarsDesk } from './channel.ts'
import { renderTelegram } from './render-telegram.ts'
import { callTelegram, type TelegramServer } from './telegram-api.ts'
import { openTelegramFile } from './telegram-file.ts'
import { createTelegramProgress } from './telegram-progress.ts'
import { createTelegramRegistrar } from './telegram-registrar.ts'
import { sendTelegramPart } from './telegram-send.ts'
import { createTelegramStars } from './telegram-stars.ts'

/** An acknowledgement only ends the button's spinner. */
const ACKNOWLEDGE_TIMEOUT_MS = 3_000

/** Longest text of answerCallbackQuery, in UTF-16 units. */
const MAX_ACKNOWLEDGEMENT = 200

export interface TelegramSettings extends TelegramServer {
  log: Logger
}

/** Telegram through the Bot API, a bot per token. Constructing it makes no call. */
export function createTelegramChannel({
  log,
  ...server
}: TelegramSettings): Channel & ChannelRegistrar & StarsDesk {
  const brief = { ...server, timeoutMs: Math.min(server.timeoutMs, ACKNOWLEDGE_TIMEOUT_MS) }
  return {
    name: 'telegram',
    render: (message) => renderTelegram(message).map((part) => ({ ...part })),
    async send(part) {
      const sent = await sendTelegramPart(part, server)
      if (sent.isPlainText) log.warn({ partId: part.partId, botId: part.connection.botId }, 'part-sent-plain')
      return sent
    },
    showProgress: createTelegramProgress(server),
    async acknowledge({ connection, callbackId, text }) {
      const words = text ? { text: text.slice(0, MAX_ACKNOWLEDGEMENT) } : {}
      await callTelegram({ server: brief, token: connection.credentials.token ?? '' }, (api) =>
        api.answerCallbackQuery(callbackId, words),
      ).catch((error: unknown) => {
        // A tap older than a few minutes can no longer be acknowledged; nobody is waiting for it.
        const code = error instanceof AppError ? error.code : 'unknown'
        log.debug({ botId: connection.botId, code }, 'tap-unacknowledged')
      })
    },
    openAttachment: (request) => openTelegramFile(request, server),
    ...createTelegramRegistrar(server),
    ...createTelegramStars(server),
  }
}
