import { sql } from 'kysely'
import type { Bot } from '../bots/bot-settings.ts'
import type { Db } from '../db/database.ts'
import { createRecent } from '../db/recent.ts'
import type { Logger } from '../logger.ts'

/** Who asks, where an answer is counted on someone. */
export interface Asker {
  subscriberId: string
  chatId: string
}

/** US dollars; 0 for no bound. Days and months are those of UTC. */
export interface BudgetSettings {
  subscriberDayUsd: number
  botMonthUsd: number
  installationDayUsd: number
}

/** `low`: the cheaper models are asked. `spent`: the material is quoted. */
export type BudgetLevel = 'free' | 'low' | 'spent'

export interface BudgetState {
  level: BudgetLevel
  /** US dollars left of the tightest bound; Infinity without one. */
  leftUsd: number
}

/** Whose budgets something is counted on. */
interface Spender {
  bot: Bot
  asker: Asker | undefined
}

export interface Budgets {
  /** How much is left of what may be spent for this answer. Beside the retrieval: one round trip, none without a bound. */
  check(request: Spender): Promise<BudgetState>
  /** Whether the person has read today an answer that was plainer because no more may be spent. */
  wasTold(asker: Asker): Promise<boolean>
}

/** From this share of a budget on the cheaper models are asked. */
const LOW_FROM = 0.8

/** Sums over many people are read anew after this time; what is spent meanwhile may go over the budget. */
const SUM_CACHE = { forMs: 5_000, entries: 10_000 }

/** Nothing is bound, or far from its bound. */
export const FREE: BudgetState = { level: 'free', leftUsd: Infinity }

export function createBudgets({ db, settings }: { db: Db; settings: BudgetSettings }): Budgets {
  const ofBot = createRecent((botId) => sumOfBot(db, botId), SUM_CACHE)
  const ofInstallation = createRecent(() => sumOfDay(db), SUM_CACHE)

  return {
    async check({ bot, asker }) {
      const own = bot.settings.budget ?? {}
      const person = asker && lower(settings.subscriberDayUsd, own.subscriber_day_usd)
      const month = lower(settings.botMonthUsd, own.month_usd)
      const bounds = await Promise.all([
        person && asker ? held(person, sumOfPerson(db, bot, asker)) : UNBOUND,
        month ? held(month, ofBot.get(bot.id)) : UNBOUND,
        settings.installationDayUsd ? held(settings.installationDayUsd, ofInstallation.get('day')) : UNBOUND,
      ])
      const most = Math.max(...bounds.map(({ share }) => share))
      const leftUsd = Math.min(...bounds.map((bound) => bound.leftUsd))
      if (most < LOW_FROM) return { ...FREE, leftUsd }
      if (most < 1) return { level: 'low', leftUsd }
      return { level: 'spent', leftUsd: 0 }
    },
    wasTold: (asker) => wasTold(db, asker),
  }
}

/** The same where a person waits: a budget that cannot be read stops nothing. */
export async function checkOrFree(
  budgets: Budgets | undefined,
  { bot, asker }: Spender,
  log: Logger,
): Promise<BudgetState> {
  if (!budgets) return FREE
  return budgets.check({ bot, asker }).catch((error: unknown) => {
    log.warn({ err: error, botId: bot.id }, 'budget-not-read')
    return FREE
  })
}

const UNBOUND = { share: 0, leftUsd: Infinity }

/** How much of a bound is spent. */
async function held(bound: number, spent: Promise<number>): Promise<typeof UNBOUND> {
  const sum = await spent
  return { share: sum / bound, leftUsd: bound - sum }
}

/** The lower of the bounds there are; 0 for none. */
function lower(general: number, own: number | undefined): number {
  if (own === undefined) return general
  return general === 0 ? own : Math.min(general, own)
}

const DAY = sql`date_trunc('day', now(), 'UTC')`

async function sumOfPerson(db: Db, { creatorId }: Bot, { subscriberId }: Asker): Promise<number> {
  const { rows } = await sql<{ sum: string | null }>`
    SELECT sum(cost_usd) FROM usage
    WHERE subscriber_id = ${subscriberId} AND creator_id = ${creatorId} AND created_at >= ${DAY}
  `.execute(db)
  return Number(rows[0]?.sum ?? 0)
}

async function sumOfBot(db: Db, botId: string): Promise<number> {
  const { rows } = await sql<{ sum: string | null }>`
    SELECT sum(cost_usd) FROM usage WHERE bot_id = ${botId} AND created_at >= date_trunc('month', now(), 'UTC')
  `.execute(db)
  return Number(rows[0]?.sum ?? 0)
}

async function sumOfDay(db: Db): Promise<number> {
  const { rows } = await sql<{ sum: string | null }>`
    SELECT sum(cost_usd) FROM usage WHERE created_at >= ${DAY} AND cost_usd > 0
  `.execute(db)
  return Number(rows[0]?.sum ?? 0)
}

async function wasTold(db: Db, { chatId }: Asker): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM turn WHERE chat_id = ${chatId} AND committed_at >= ${DAY} AND trace->'degraded' ? 'budget_spent' LIMIT 1
  `.execute(db)
  return rows.length > 0
}
