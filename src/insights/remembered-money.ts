import type { Db } from '../db/database.ts'
import { type MoneyFigures, type MoneyQuery, readMoney } from './money.ts'

/** What is counted faster is counted anew each time. */
const SLOW_MS = 100
/** Of tens of thousands of payers, little changes in a minute. */
const FOR_MS = 60_000
/** Figures held at a time: some 5 KB each. */
const ENTRIES = 200

/**
 * {@link readMoney} for pages: a Bot with so many payers that counting takes long is counted once a minute, whoever
 * looks. Who may look is the caller's to check, each time.
 */
export function createMoneyReader(): (db: Db, query: MoneyQuery) => Promise<MoneyFigures> {
  const held = new Map<string, { money: MoneyFigures; until: number }>()
  return async (db, query) => {
    const key = [query.creatorId, query.botId, query.timeZone].join(' ')
    const startedAt = performance.now()
    const known = held.get(key)
    if (known && known.until > startedAt) return known.money
    const money = await readMoney(db, query)
    if (performance.now() - startedAt < SLOW_MS) return money
    if (held.size >= ENTRIES) held.clear()
    held.set(key, { money, until: performance.now() + FOR_MS })
    return money
  }
}
