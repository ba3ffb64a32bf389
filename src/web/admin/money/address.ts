import type { Request, Response } from 'express'
import { z } from 'zod'
import type { BotKey } from '../../../billing/plans/plan.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import type { Db } from '../../../db/database.ts'
import { AppError, type ErrorCode } from '../../../errors.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'

export type MoneyParts = Pick<
  AdminParts,
  'within' | 'db' | 'payments' | 'settle' | 'stars' | 'connections' | 'jobs' | 'settings' | 'log'
>

/** The Bot of the address, and what its rows are found by. @throws {AppError} `bot.not_found`. */
export async function getMoneyBot(trx: Db, req: Request, res: Response): Promise<{ bot: Bot; key: BotKey }> {
  const { bot } = await getAddress(trx, req, res)
  return { bot, key: { creatorId: bot.creatorId, botId: bot.id } }
}

/** An id of the address. @throws {AppError} the given code when it is none: as for one that nobody has. */
export function readMoneyId(req: Request, name: string, code: ErrorCode): string {
  const { success, data } = z.uuid().safeParse(req.params[name])
  if (!success) throw new AppError(code)
  return data
}

/** What every page about money is given. */
export function frameOf({ payments }: Pick<MoneyParts, 'payments'>, bot: Bot, tab: string) {
  return {
    section: 'money' as const,
    bot,
    tab,
    base: `/admin/bots/${bot.id}/money`,
    isSelling: payments !== undefined,
  }
}
