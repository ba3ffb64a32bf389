import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { formatMoney } from '../../../billing/money.ts'
import { writeCsv } from '../../../insights/csv.ts'
import { TIME_ZONES, TimeZone } from '../../../insights/overview.ts'
import { createMoneyReader } from '../../../insights/remembered-money.ts'
import { formatShare, formatUsd } from '../overview/words.ts'
import { sendPage } from '../page.ts'
import { visitOf } from '../visit.ts'
import { frameOf, getMoneyBot, type MoneyParts } from './address.ts'
import { drawMoneyCharts, MONEY_SHEETS, nameMonth, shareOfChurn, sumUp, tabulateMoney } from './charts.ts'

const MoneyQuery = z.object({
  zone: TimeZone.catch('UTC'),
  /** Of the charts; the one that earns most where none is named. */
  currency: z.string().max(3).catch(''),
  sheet: z.enum(MONEY_SHEETS).catch('months'),
})

/** What a bot earns: `/admin/bots/:botId/money`, and as CSV. */
export function createMoneyOverviewPages(parts: MoneyParts): Router {
  const { within } = parts
  const router = Router()
  const readMoney = createMoneyReader()

  router.get('/bots/:botId/money', async (req, res) => {
    const { bot, money } = await read(req, res)
    const asked = MoneyQuery.parse(req.query).currency
    const shown = money.currencies.find(({ currency }) => currency === asked) ?? money.currencies[0]
    sendPage(req, res, 'money/overview', {
      ...{ title: 'Money', ...frameOf(parts, bot, ''), money, shown },
      charts: drawMoneyCharts(money, shown),
      sums: money.currencies.map((each) => sumUp(money, each)),
      churn: shareOfChurn(money.months),
      zones: [...new Set([money.timeZone, ...TIME_ZONES])],
      isEmpty: money.currencies.length === 0 && money.trialing === 0 && money.lost === 0,
      ...{ formatMoney, formatUsd, formatShare, nameMonth },
    })
  })

  router.get('/bots/:botId/money.csv', async (req, res) => {
    const { sheet } = MoneyQuery.parse(req.query)
    const { bot, money } = await read(req, res)
    const last = money.months.at(-1)?.month ?? ''
    const name = `${bot.slug.replace(/[^\w-]+/g, '-')}-money-${sheet}-${last}.csv`
    res.set('Cache-Control', 'no-store').set('Content-Disposition', `attachment; filename="${name}"`)
    res.type('text/csv').send(writeCsv(tabulateMoney(money, sheet)))
  })

  function read(req: Request, res: Response) {
    const { zone: timeZone } = MoneyQuery.parse(req.query)
    return within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      return { bot, money: await readMoney(trx, { ...key, timeZone, now: new Date() }) }
    })
  }

  return router
}
