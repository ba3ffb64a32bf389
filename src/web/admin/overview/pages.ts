import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { writeCsv } from '../../../insights/csv.ts'
import { PERIODS, TIME_ZONES, TimeZone } from '../../../insights/overview.ts'
import { createOverviewReader } from '../../../insights/remembered-overview.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { nameChannel } from '../channels/words.ts'
import { sendPage } from '../page.ts'
import { visitOf } from '../visit.ts'
import { drawCharts, formatMs, formatShare, formatUsd, SHEETS, tabulateOverview } from './words.ts'

const DEFAULT_DAYS = 30

/** What cannot be read is what one gets without saying anything: an overview is only looked at. */
const OverviewQuery = z.object({
  days: z.coerce
    .number()
    .pipe(z.union(PERIODS.map((days) => z.literal(days))))
    .catch(DEFAULT_DAYS),
  zone: TimeZone.catch('UTC'),
  sheet: z.enum(SHEETS).catch('days'),
})

/** The figures of a Bot: `/admin/bots/:botId/overview`, and as CSV. */
export function createOverviewPages({ within }: Pick<AdminParts, 'within'>): Router {
  const router = Router()
  const readOverview = createOverviewReader()

  router.get('/bots/:botId/overview', async (req, res) => {
    const { bot, overview } = await read(req, res)
    sendPage(req, res, 'overview/overview', {
      ...{ title: 'Overview', section: 'overview', bot, overview, charts: drawCharts(overview) },
      ...{
        periods: PERIODS,
        zones: [...new Set([overview.timeZone, ...TIME_ZONES])],
        formatMs,
        formatShare,
        formatUsd,
        nameChannel,
      },
      base: `/admin/bots/${bot.id}/overview`,
      isEmpty: overview.subscribers === 0 && overview.total.questions === 0,
    })
  })

  router.get('/bots/:botId/overview.csv', async (req, res) => {
    const { sheet } = OverviewQuery.parse(req.query)
    const { bot, overview } = await read(req, res)
    const name = `${bot.slug.replace(/[^\w-]+/g, '-')}-${sheet}-${overview.to}.csv`
    res.set('Cache-Control', 'no-store').set('Content-Disposition', `attachment; filename="${name}"`)
    res.type('text/csv').send(writeCsv(tabulateOverview(overview, sheet)))
  })

  function read(req: Request, res: Response) {
    const { days, zone: timeZone } = OverviewQuery.parse(req.query)
    const { creatorId } = visitOf(res).actor
    return within(creatorId, async (trx) => {
      const { bot } = await getAddress(trx, req, res)
      const query = { creatorId, botId: bot.id, days, timeZone, now: new Date() }
      return { bot, overview: await readOverview(trx, query) }
    })
  }

  return router
}
