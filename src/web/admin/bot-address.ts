import type { Request, Response } from 'express'
import { z } from 'zod'
import { getBot } from '../../bots/bot.ts'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { BaseKey } from '../../knowledge/knowledge-base.ts'
import { visitOf } from './visit.ts'

/** The Bot of the address and the base it answers from. */
export interface Address {
  bot: Bot
  key: BaseKey
}

const Id = z.uuid()

/** @throws {AppError} `bot.not_found`: an unknown, foreign and malformed id alike. */
export async function getAddress(trx: Db, req: Request, res: Response): Promise<Address> {
  const { creatorId } = visitOf(res).actor
  const { success, data: botId } = Id.safeParse(req.params.botId)
  if (!success) throw new AppError('bot.not_found')
  const bot = await getBot(trx, { botId, creatorId })
  return { bot, key: { creatorId, knowledgeBaseId: bot.knowledgeBaseId } }
}

/** @throws {AppError} `document.not_found` when it is no id at all. */
export function readDocumentId(req: Request): string {
  const { success, data } = Id.safeParse(req.params.documentId)
  if (!success) throw new AppError('document.not_found')
  return data
}

/** @throws {AppError} `document.not_found` when it is no id at all. */
export function readVersionId(req: Request): string {
  const { success, data } = Id.safeParse(req.params.versionId)
  if (!success) throw new AppError('document.not_found')
  return data
}
