import type { Request, Response } from 'express'
import type { Transaction } from 'kysely'
import { z } from 'zod'
import type { GapKey } from '../../../coaching/gap.ts'
import type { Database } from '../../../db/schema.ts'
import { AppError } from '../../../errors.ts'
import { getAddress } from '../bot-address.ts'

/** The Bot and the question of the address. @throws {AppError} `bot.not_found`, `gap.not_found` where it is no id. */
export async function getGapKey(trx: Transaction<Database>, req: Request, res: Response): Promise<GapKey> {
  const { bot } = await getAddress(trx, req, res)
  return { botId: bot.id, groupId: readGroupId(req) }
}

/** @throws {AppError} `gap.not_found` when it is no id at all. */
export function readGroupId(req: Request): string {
  const { success, data } = z.uuid().safeParse(req.params.groupId)
  if (!success) throw new AppError('gap.not_found')
  return data
}

/** Of the list; to be used once the Bot of the address was found. */
export function listPathOf(req: Request): string {
  return `/admin/bots/${req.params.botId}/gaps`
}

export function groupPathOf(req: Request): string {
  return `${listPathOf(req)}/${readGroupId(req)}`
}
