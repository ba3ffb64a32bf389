import { type Budgets, checkOrFree } from '../answering/budget.ts'
import { senseOf } from '../attachments/attachment.ts'
import type { Attachments } from '../attachments/attachments.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Heard } from '../messaging/update.ts'
import type { TurnRequest } from './turn-request.ts'

interface ListenParts {
  attachments: Attachments
  budgets: Budgets | undefined
  /** Keeps with the Update what was heard, so that a Turn that is taken again does not pay for it again. */
  keepHeard: (inboxId: string, heard: Heard) => Promise<void>
  log: Logger
}

/** A request whose recording has been written down, or why it was not. */
export interface Listened {
  request: TurnRequest
  unheard?: AppError
}

export type Listen = (request: TurnRequest) => Promise<Listened>

/**
 * Has a recording written down before anything else is decided: only who knows what was said can tell whether
 * somebody is in danger. Anything else passes as it is.
 *
 * @throws {AppError} `model.aborted` when the signal ended it.
 */
export function createListen({ attachments, budgets, keepHeard, log }: ListenParts): Listen {
  return async (request) => {
    const [update] = request.updates
    if (update?.event.kind !== 'media' || update.event.heard || senseOf(update.event) !== 'hear') {
      return { request }
    }
    const { event } = update
    const { bot, chat, inboxId, signal } = request
    if (!attachments.canListen) return { request }
    try {
      const sent = { bot, channel: chat.channel, event, signal }
      const asker = { chatId: chat.id, subscriberId: chat.subscriberId }
      const { leftUsd } = await checkOrFree(budgets, { bot, asker }, log)
      const heard = await attachments.listen(sent, leftUsd)
      await keepHeard(inboxId, heard)
      return { request: { ...request, updates: [{ ...update, event: { ...event, heard } }] } }
    } catch (error) {
      if (signal.aborted) throw new AppError('model.aborted')
      if (!(error instanceof AppError)) throw error
      log.info({ code: error.code, chatId: chat.id, botId: bot.id }, 'voice-not-heard')
      return { request, unheard: error }
    }
  }
}
