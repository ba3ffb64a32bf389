import { decimalsOf, formatMoney } from '../../../billing/money.ts'
import type { Cell } from '../../../insights/csv.ts'
import type { CurrencyMoney, MoneyFigures, MonthPayers } from '../../../insights/money.ts'
import { drawBars, drawLines } from '../overview/chart.ts'
import { formatShare, formatUsd, type OverviewChart } from '../overview/words.ts'
import { formatNumber } from '../page.ts'

let monthNames: Intl.DateTimeFormat | undefined

/** "Nov 2026" of `2026-11`. */
export function nameMonth(month: string): string {
  monthNames ??= new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' })
  return monthNames.format(new Date(`${month}-01T00:00:00Z`))
}

/** What is shown of one currency in figures. */
export interface CurrencySum {
  currency: string
  mrr: string
  /** This month, after what was given back and fees. */
  net: string
  paid: string
  refunded: string
  fees: string
  /** Of this month, for each who pays; '–' where nobody does. */
  perPayer: string
}

export function sumUp({ months }: MoneyFigures, { currency, months: sums }: CurrencyMoney): CurrencySum {
  const now = sums.at(-1) ?? { paid: 0, refunded: 0, fees: 0, mrr: 0 }
  const payers = months.at(-1)?.atEnd ?? 0
  const say = (amount: number) => formatMoney({ amount, currency })
  const net = now.paid - now.refunded - now.fees
  return {
    ...{ currency, mrr: say(now.mrr), net: say(net) },
    ...{ paid: say(now.paid), refunded: say(now.refunded), fees: say(now.fees) },
    perPayer: payers === 0 ? '–' : say(Math.round(net / payers)),
  }
}

/** Share of those paying at its beginning who stopped within the last whole month; of the running one beside it. */
export function shareOfChurn(months: readonly MonthPayers[]): { whole: string; running: string } {
  const share = (month: MonthPayers | undefined) => (month ? formatShare(month.ended, month.atStart) : '–')
  return { whole: share(months.at(-2)), running: share(months.at(-1)) }
}

/** The charts of a money overview, each with its table. */
export function drawMoneyCharts(money: MoneyFigures, shown: CurrencyMoney | undefined): OverviewChart[] {
  const charts = [drawPayers(money.months), drawModelCost(money.months)]
  return shown ? [drawMrr(money, shown), drawIncome(money, shown), ...charts] : charts
}

function drawMrr({ months }: MoneyFigures, { currency, months: sums }: CurrencyMoney): OverviewChart {
  const say = (amount: number) => formatMoney({ amount, currency })
  const top = say(Math.max(0, ...sums.map(({ mrr }) => mrr)))
  return {
    ...{ id: 'mrr', title: `Each month by itself (MRR), ${currency.toUpperCase()}`, top },
    svg: drawLines(`Recurring income by month, at most ${top}`, [
      { tone: 'line', values: sums.map(({ mrr }) => mrr) },
    ]),
    legend: [],
    head: ['Recurring'],
    rows: tabulate(months, (at) => [say(sums[at]?.mrr ?? 0)]),
  }
}

function drawIncome({ months }: MoneyFigures, { currency, months: sums }: CurrencyMoney): OverviewChart {
  const say = (amount: number) => formatMoney({ amount, currency })
  const top = say(Math.max(0, ...sums.map(({ paid }) => paid)))
  return {
    ...{ id: 'income', title: `What came in, ${currency.toUpperCase()}`, top },
    svg: drawBars(`What was paid by month, at most ${top}`, [
      { tone: 'one', values: sums.map(({ paid, refunded }) => Math.max(0, paid - refunded)) },
      { tone: 'two', values: sums.map(({ refunded }) => refunded) },
    ]),
    legend: [
      { tone: 'one', label: 'Kept' },
      { tone: 'two', label: 'Given back' },
    ],
    head: ['Paid', 'Given back', 'Fees', 'Left'],
    rows: tabulate(months, (at) => {
      const { paid, refunded, fees } = sums[at] ?? { paid: 0, refunded: 0, fees: 0 }
      return [paid, refunded, fees, paid - refunded - fees].map(say)
    }),
  }
}

function drawPayers(months: readonly MonthPayers[]): OverviewChart {
  const top = formatNumber(Math.max(0, ...months.map(({ atEnd }) => atEnd)))
  return {
    ...{ id: 'payers', title: 'Who pays', top },
    svg: drawBars(`People who pay at the end of each month, at most ${top}`, [
      { tone: 'one', values: months.map(({ atEnd }) => atEnd) },
    ]),
    legend: [{ tone: 'one', label: 'Paying at the end' }],
    head: ['Paying', 'Began', 'Stopped', 'Stopped, of those before'],
    rows: tabulate(months, (_, { atEnd, began, ended, atStart }) => [
      ...[atEnd, began, ended].map(formatNumber),
      formatShare(ended, atStart),
    ]),
  }
}

function drawModelCost(months: readonly MonthPayers[]): OverviewChart {
  const top = formatUsd(Math.max(0, ...months.map(({ modelCostUsd }) => modelCostUsd)))
  return {
    ...{ id: 'model-cost', title: 'What answers cost', top },
    svg: drawBars(`What the models cost by month, at most ${top}`, [
      { tone: 'one', values: months.map(({ modelCostUsd }) => modelCostUsd) },
    ]),
    legend: [],
    head: ['Cost', 'People who asked', 'Each'],
    rows: tabulate(months, (_, { modelCostUsd, active }) => [
      formatUsd(modelCostUsd),
      formatNumber(active),
      active === 0 ? '–' : formatUsd(modelCostUsd / active),
    ]),
  }
}

function tabulate(
  months: readonly MonthPayers[],
  cellsOf: (at: number, month: MonthPayers) => string[],
): string[][] {
  return months.map((month, at) => [nameMonth(month.month), ...cellsOf(at, month)]).reverse()
}

/** The sheets of the money's CSV, by name. */
export const MONEY_SHEETS = ['months', 'payers', 'plans'] as const
export type MoneySheet = (typeof MONEY_SHEETS)[number]

/** The figures as the rows of a table, the head first; amounts as plain decimal numbers. */
export function tabulateMoney({ months, currencies, topPlans }: MoneyFigures, sheet: MoneySheet): Cell[][] {
  switch (sheet) {
    case 'months':
      return [
        ['month', 'currency', 'mrr', 'paid', 'given back', 'fees', 'left'],
        ...currencies.flatMap(({ currency, months: sums }) =>
          sums.map(({ mrr, paid, refunded, fees }, at) => [
            ...[months[at]?.month, currency.toUpperCase()],
            ...[mrr, paid, refunded, fees, paid - refunded - fees].map((sum) => plain(sum, currency)),
          ]),
        ),
      ]
    case 'payers':
      return [
        [
          ...['month', 'paying at start', 'began', 'stopped', 'paying at end', 'people who asked'],
          'model cost usd',
        ],
        ...months.map(({ month, atStart, began, ended, atEnd, active, modelCostUsd }) => [
          ...[month, atStart, began, ended, atEnd, active],
          Number(modelCostUsd.toFixed(6)),
        ]),
      ]
    case 'plans':
      return [
        ['plan', 'currency', 'paying', 'mrr'],
        ...topPlans.map(({ name, currency, paying, mrr }) => [
          ...[name, currency.toUpperCase(), paying],
          plain(mrr, currency),
        ]),
      ]
  }
}

function plain(amount: number, currency: string): number {
  const decimals = decimalsOf(currency)
  return Number((amount / 10 ** decimals).toFixed(decimals))
}
