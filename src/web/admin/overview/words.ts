import type { Cell } from '../../../insights/csv.ts'
import type { DayFigures, Figures, Overview } from '../../../insights/overview.ts'
import { nameChannel } from '../channels/words.ts'
import { formatNumber } from '../page.ts'
import { drawBars, drawLines } from './chart.ts'

/** "83%", or a dash where nothing was asked. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((100 * part) / whole)}%`
}

/** "640 ms", "3.2 s"; a dash where nothing was answered. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '–'
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** Dollars, with more digits the smaller they are: an answer costs a fraction of a cent. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0'
  return `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(2)}`
}

export interface OverviewChart {
  id: string
  title: string
  /** What the topmost rule stands for. */
  top: string
  svg: string
  legend: { tone: 'one' | 'two' | 'solid' | 'dashed'; label: string }[]
  head: string[]
  /** Newest day first, the date in front. */
  rows: string[][]
}

/** The charts of an overview, each with its table. */
export function drawCharts({ daily }: Overview): OverviewChart[] {
  return [drawQuestions(daily), drawPeople(daily), drawTimes(daily), drawCosts(daily)]
}

function drawQuestions(daily: readonly DayFigures[]): OverviewChart {
  const most = Math.max(0, ...daily.map(({ answered, refused }) => answered + refused))
  return {
    ...{ id: 'questions', title: 'Questions', top: formatNumber(most) },
    svg: drawBars(`Questions a day, at most ${formatNumber(most)}`, [
      { tone: 'one', values: daily.map(({ answered }) => answered) },
      { tone: 'two', values: daily.map(({ refused }) => refused) },
    ]),
    legend: [
      { tone: 'one', label: 'Answered' },
      { tone: 'two', label: 'Not in your material' },
    ],
    head: ['Questions', 'Answered', 'Not in your material', 'Broken off'],
    rows: tabulate(daily, (day) => [day.questions, day.answered, day.refused, day.failed].map(formatNumber)),
  }
}

function drawPeople(daily: readonly DayFigures[]): OverviewChart {
  const most = Math.max(0, ...daily.map(({ active }) => active))
  return {
    ...{ id: 'people', title: 'People', top: formatNumber(most) },
    svg: drawBars(`People who asked, by day, at most ${formatNumber(most)}`, [
      { tone: 'one', values: daily.map(({ active }) => active) },
    ]),
    legend: [{ tone: 'one', label: 'Asked something' }],
    head: ['Asked', 'New'],
    rows: tabulate(daily, (day) => [day.active, day.newSubscribers].map(formatNumber)),
  }
}

function drawTimes(daily: readonly DayFigures[]): OverviewChart {
  const most = Math.max(0, ...daily.map(({ p95Ms }) => p95Ms ?? 0))
  return {
    ...{ id: 'times', title: 'Time to answer', top: formatMs(most) },
    svg: drawLines(`Time to answer by day, at most ${formatMs(most)}`, [
      { tone: 'line', values: daily.map(({ medianMs }) => medianMs) },
      { tone: 'line dashed', values: daily.map(({ p95Ms }) => p95Ms) },
    ]),
    legend: [
      { tone: 'solid', label: 'Half of all within' },
      { tone: 'dashed', label: '95 of 100 within' },
    ],
    head: ['Half of all within', '95 of 100 within'],
    rows: tabulate(daily, (day) => [formatMs(day.medianMs), formatMs(day.p95Ms)]),
  }
}

function drawCosts(daily: readonly DayFigures[]): OverviewChart {
  const most = Math.max(0, ...daily.map(({ costUsd }) => costUsd))
  return {
    ...{ id: 'costs', title: 'Model cost', top: formatUsd(most) },
    svg: drawBars(`Model cost by day, at most ${formatUsd(most)}`, [
      { tone: 'one', values: daily.map(({ costUsd }) => costUsd) },
    ]),
    legend: [],
    head: ['Cost', 'Answers given again', 'Saved by it'],
    rows: tabulate(daily, (day) => [
      formatUsd(day.costUsd),
      formatNumber(day.givenAgain),
      formatUsd(day.savedUsd),
    ]),
  }
}

function tabulate(daily: readonly DayFigures[], cellsOf: (day: DayFigures) => string[]): string[][] {
  return daily.toReversed().map((day) => [day.date, ...cellsOf(day)])
}

/** The sheets of an overview's CSV, by name. */
export const SHEETS = ['days', 'channels', 'documents'] as const
export type Sheet = (typeof SHEETS)[number]

/** An overview as the rows of a table, the head first. */
export function tabulateOverview(overview: Overview, sheet: Sheet): Cell[][] {
  switch (sheet) {
    case 'days':
      return [DAY_HEAD, ...overview.daily.map((day) => [day.date, ...cellsOf(day)])]
    case 'channels':
      return [
        ['channel', 'people', 'questions'],
        ...overview.channels.map(({ channel, active, questions }) => [
          nameChannel(channel),
          active,
          questions,
        ]),
      ]
    case 'documents':
      return [
        ['document', 'answers'],
        ...overview.documents.map(({ title, answers }) => [title ?? '(deleted)', answers]),
      ]
  }
}

const DAY_HEAD = [
  'date',
  'people',
  'new people',
  'questions',
  'answered',
  'not in material',
  'broken off',
  'median ms',
  'p95 ms',
  'cost usd',
  'given again',
  'saved usd',
]

function cellsOf(day: Figures): Cell[] {
  const { active, newSubscribers, questions, answered, refused, failed } = day
  const { medianMs, p95Ms, costUsd, givenAgain, savedUsd } = day
  const round = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms))
  return [
    active,
    newSubscribers,
    questions,
    answered,
    refused,
    failed,
    round(medianMs),
    round(p95Ms),
    Number(costUsd.toFixed(6)),
    givenAgain,
    Number(savedUsd.toFixed(6)),
  ]
}
