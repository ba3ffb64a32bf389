import type { Db } from '../db/database.ts'
import { type Overview, type OverviewQuery, readOverview } from './overview.ts'

/** From this many questions on an overview takes tens of milliseconds to count, and changes little in a minute. */
const MANY_QUESTIONS = 5_000
const FOR_MS = 60_000

/** Overviews held at a time: some 10 KB each. */
const ENTRIES = 200

/**
 * {@link readOverview} for pages: a Bot with tens of thousands of questions is counted once a minute, whoever looks
 * and turns the pages. Who may look is the caller's to check, each time.
 */
export function createOverviewReader(): (db: Db, query: OverviewQuery) => Promise<Overview> {
  const held = new Map<string, { overview: Overview; until: number }>()
  return async (db, query) => {
    const { creatorId, botId, days, timeZone } = query
    const key = [creatorId, botId, days, timeZone].join(' ')
    const known = held.get(key)
    if (known && known.until > performance.now()) return known.overview
    const overview = await readOverview(db, query)
    if (overview.total.questions < MANY_QUESTIONS) return overview
    if (held.size >= ENTRIES) held.clear()
    held.set(key, { overview, until: performance.now() + FOR_MS })
    return overview
  }
}
