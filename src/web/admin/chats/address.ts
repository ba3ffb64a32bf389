import type { Request, Response } from 'express'
import { z } from 'zod'
import { getBot } from '../../../bots/bot.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import type { Db } from '../../../db/database.ts'
import { AppError, type ErrorCode } from '../../../errors.ts'
import type { ChatKey } from '../../../messaging/chat-facts.ts'
import { visitOf } from '../visit.ts'

const Id = z.uuid()

/** @throws {AppError} `bot.not_found`: an unknown, foreign and malformed id alike. */
export function getChatBot(db: Db, req: Request, res: Response): Promise<Bot> {
  const { creatorId } = visitOf(res).actor
  return getBot(db, { botId: readId(req, 'botId', 'bot.not_found'), creatorId })
}

/** The Chat of the address, whether there is one or not. @throws {AppError} when an id is none at all. */
export function readChatKey(req: Request, res: Response): ChatKey {
  return {
    creatorId: visitOf(res).actor.creatorId,
    botId: readId(req, 'botId', 'bot.not_found'),
    chatId: readId(req, 'chatId', 'chat.not_found'),
  }
}

/** @throws {AppError} `code` when the address names no id there. */
export function readId(req: Request, name: string, code: ErrorCode): string {
  const { success, data } = Id.safeParse(req.params[name])
  if (!success) throw new AppError(code)
  return data
}

export function chatPathOf({ botId, chatId }: Pick<ChatKey, 'botId' | 'chatId'>): string {
  return `/admin/bots/${botId}/chats/${chatId}`
}
