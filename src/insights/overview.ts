import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../db/database.ts'
import type { ChannelName } from '../messaging/update.ts'

/** Days an overview may span, the running day included. */
export const PERIODS = [7, 30, 90] as const
export type PeriodDays = (typeof PERIODS)[number]

/** Names of the IANA list alone: an offset such as +02:00 means the opposite to PostgreSQL. */
export const TimeZone = z.string().max(64).refine(isZone, 'a time zone such as Europe/Berlin')
export const TIME_ZONES: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone')]

function isZone(name: string): boolean {
  if (name === 'UTC') return true
  if (!/^[A-Za-z]+(\/[A-Za-z][\w+-]*)+$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** What can be said of a day as well as of the whole period. */
export interface Figures {
  /** Subscribers who asked something; who said hello or cried for help alone is not among them. */
  active: number
  /** Subscribers who wrote for the first time. */
  newSubscribers: number
  /** Questions read; thanks and greetings are not among them. */
  questions: number
  answered: number
  refused: number
  /** Broken off, by a failure or by the person. */
  failed: number
  /** From the question read to the answer written, in milliseconds; undefined without a question. */
  medianMs: number | undefined
  p95Ms: number | undefined
  costUsd: number
  /** Answers given again instead of being written anew, and what writing them would have cost. */
  givenAgain: number
  savedUsd: number
}

export interface DayFigures extends Figures {
  /** ISO date in the overview's time zone. */
  date: string
}

export interface Overview {
  days: PeriodDays
  timeZone: string
  from: string
  to: string
  /** All Subscribers there are, whenever they came. */
  subscribers: number
  total: Figures
  /** One for each day, the oldest first. */
  daily: DayFigures[]
  channels: { channel: ChannelName; active: number; questions: number }[]
  /** What answers stand on; an answered gap with its question. `title` is undefined where the Document is gone. */
  documents: { documentId: string; title: string | undefined; answers: number }[]
}

export interface OverviewQuery {
  creatorId: string
  botId: string
  days: PeriodDays
  timeZone: string
  /** The end of the period: its day is the last one. */
  now: Date
}

/** Documents listed. */
const TOP_DOCUMENTS = 10

const NOTHING: Figures = {
  active: 0,
  newSubscribers: 0,
  questions: 0,
  answered: 0,
  refused: 0,
  failed: 0,
  medianMs: undefined,
  p95Ms: undefined,
  costUsd: 0,
  givenAgain: 0,
  savedUsd: 0,
}

/**
 * The figures of a Bot over the last days, from `usage` alone: what was counted stays countable when the words
 * behind it are erased.
 */
export async function readOverview(db: Db, query: OverviewQuery): Promise<Overview> {
  const period = await findPeriod(db, query)
  const asked = await countQuestions(db, period)
  const active = await countActive(db, period)
  const people = await countPeople(db, period)
  const figuresOf = (key: string): Figures => ({
    ...NOTHING,
    ...asked.get(key),
    active: active.get(key) ?? 0,
    newSubscribers: people.newByDay.get(key) ?? 0,
  })
  const { dates } = period
  return {
    days: query.days,
    timeZone: query.timeZone,
    from: dates[0] ?? '',
    to: dates.at(-1) ?? '',
    subscribers: people.total,
    total: figuresOf(WHOLE),
    daily: dates.map((date) => ({ date, ...figuresOf(date) })),
    channels: await countChannels(db, period),
    documents: await countDocuments(db, period),
  }
}

/** The key of what is said of the whole period, beside the dates. */
const WHOLE = 'all'

/** The dates of the period in its zone, oldest first. */
export function listDates({
  days,
  timeZone,
  now,
}: Pick<OverviewQuery, 'days' | 'timeZone' | 'now'>): string[] {
  const last = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(now)
  const lastMs = Date.parse(`${last}T00:00:00Z`)
  return Array.from({ length: days }, (_, at) =>
    new Date(lastMs - (days - 1 - at) * 86_400_000).toISOString().slice(0, 10),
  )
}

/** What is asked for, with the days as moments: the start of each, and the end of the last. */
interface Period {
  creatorId: string
  botId: string
  dates: string[]
  starts: Date[]
  end: Date
}

/** When a day begins in a zone is PostgreSQL's to say, once: asked of every row it costs more than all the rest. */
async function findPeriod(db: Db, { creatorId, botId, ...span }: OverviewQuery): Promise<Period> {
  const dates = listDates(span)
  const { rows } = await sql<{ starts: Date[]; end: Date }>`
    SELECT array_agg(day::timestamp AT TIME ZONE ${span.timeZone} ORDER BY day) AS starts,
      (max(day) + 1)::timestamp AT TIME ZONE ${span.timeZone} AS end
    FROM unnest(${dates}::date[]) AS day
  `.execute(db)
  const { starts = [], end = span.now } = rows[0] ?? {}
  return { creatorId, botId, dates, starts, end }
}

/** SQL that is true for the Bot's rows of the period. */
function within({ creatorId, botId, starts, end }: Period): RawBuilder<boolean> {
  return sql<boolean>`usage.creator_id = ${creatorId} AND usage.bot_id = ${botId}
    AND usage.created_at >= ${starts[0]} AND usage.created_at < ${end}`
}

/** SQL for the place of a moment's day in the period, from 1. */
function dayOf({ starts }: Period, moment: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`width_bucket(${moment}, ${starts}::timestamptz[])`
}

function keyOf({ dates }: Period, day: number | null): string {
  return day === null ? WHOLE : (dates[day - 1] ?? '')
}

const IS_QUESTION = sql`outcome IN ('answer', 'refusal', 'notice')`
const IS_TIMED = sql`outcome IN ('answer', 'refusal')`

async function countQuestions(
  db: Db,
  period: Period,
): Promise<Map<string, Omit<Figures, 'active' | 'newSubscribers'>>> {
  const { rows } = await sql<{
    day: number | null
    questions: string
    answered: string
    refused: string
    times: [number, number] | null
    cost: string | null
    given_again: string
    saved: string | null
  }>`
    SELECT day,
      count(*) FILTER (WHERE ${IS_QUESTION}) AS questions,
      count(*) FILTER (WHERE outcome = 'answer') AS answered,
      count(*) FILTER (WHERE outcome = 'refusal') AS refused,
      percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY total_ms) FILTER (WHERE ${IS_TIMED}) AS times,
      sum(cost_usd) AS cost, count(*) FILTER (WHERE is_cached) AS given_again, sum(saved_usd) AS saved
    FROM (
      SELECT ${dayOf(period, sql`created_at`)} AS day, outcome, total_ms, cost_usd, is_cached, saved_usd
      FROM usage WHERE ${within(period)}
    ) AS asked
    GROUP BY GROUPING SETS ((day), ())
  `.execute(db)
  return new Map(
    rows.map((row) => {
      const [questions, answered, refused] = [
        Number(row.questions),
        Number(row.answered),
        Number(row.refused),
      ]
      const [medianMs, p95Ms] = row.times ?? []
      const failed = questions - answered - refused
      const spent = {
        costUsd: Number(row.cost ?? 0),
        givenAgain: Number(row.given_again),
        savedUsd: Number(row.saved ?? 0),
      }
      return [keyOf(period, row.day), { questions, answered, refused, failed, medianMs, p95Ms, ...spent }]
    }),
  )
}

/** How many asked, by day and in all. */
async function countActive(db: Db, period: Period): Promise<Map<string, number>> {
  const { rows } = await sql<{ day: number | null; people: string }>`
    WITH seen AS MATERIALIZED (
      SELECT DISTINCT ${dayOf(period, sql`created_at`)} AS day, subscriber_id FROM usage
      WHERE ${within(period)} AND ${IS_QUESTION}
    )
    SELECT day, count(*) AS people FROM seen GROUP BY day
    UNION ALL
    SELECT NULL, count(*) FROM (SELECT DISTINCT subscriber_id FROM seen) AS person
  `.execute(db)
  return new Map(rows.map(({ day, people }) => [keyOf(period, day), Number(people)]))
}

async function countPeople(
  db: Db,
  period: Period,
): Promise<{ total: number; newByDay: Map<string, number> }> {
  const { starts, end, creatorId, botId } = period
  const { rows } = await sql<{ day: number | null; people: string }>`
    SELECT CASE WHEN first_at >= ${starts[0]} AND first_at < ${end} THEN ${dayOf(period, sql`first_at`)} END AS day,
      count(*) AS people
    FROM (
      SELECT min(created_at) AS first_at FROM chat
      WHERE creator_id = ${creatorId} AND bot_id = ${botId} GROUP BY subscriber_id
    ) AS person
    GROUP BY 1
  `.execute(db)
  const fresh = rows.filter(({ day }) => day !== null)
  const sum = (counted: { people: string }[]) =>
    counted.reduce((total, { people }) => total + Number(people), 0)
  return {
    total: sum(rows),
    newByDay: new Map([
      [WHOLE, sum(fresh)],
      ...fresh.map(({ day, people }): [string, number] => [keyOf(period, day), Number(people)]),
    ]),
  }
}

async function countChannels(db: Db, period: Period): Promise<Overview['channels']> {
  const { rows } = await sql<{ channel: ChannelName; active: string; questions: string }>`
    SELECT chat.channel, count(DISTINCT asked.subscriber_id) AS active, sum(asked.questions) AS questions
    FROM (
      SELECT chat_id, subscriber_id, count(*) AS questions FROM usage
      WHERE ${within(period)} AND ${IS_QUESTION}
      GROUP BY chat_id, subscriber_id
    ) AS asked
    JOIN chat ON chat.id = asked.chat_id
    GROUP BY chat.channel ORDER BY questions DESC, chat.channel
  `.execute(db)
  return rows.map(({ channel, active, questions }) => ({
    channel,
    active: Number(active),
    questions: Number(questions),
  }))
}

async function countDocuments(db: Db, period: Period): Promise<Overview['documents']> {
  const { rows } = await sql<{ id: string; title: string | null; answers: string }>`
    SELECT top.id, top.answers,
      CASE WHEN document.id IS NOT NULL THEN concat_ws(': ', document.title, gap_group.answer_question) END AS title
    FROM (
      SELECT cited.id, sum(proof.answers) AS answers
      FROM (
        SELECT cited_document_ids AS ids, count(*) AS answers FROM usage WHERE ${within(period)} GROUP BY 1
      ) AS proof, unnest(proof.ids) AS cited (id)
      GROUP BY cited.id ORDER BY answers DESC, cited.id LIMIT ${TOP_DOCUMENTS}
    ) AS top
    LEFT JOIN document ON document.id = top.id AND document.creator_id = ${period.creatorId}
    LEFT JOIN gap_group ON gap_group.document_id = document.id
    ORDER BY top.answers DESC, title, top.id
  `.execute(db)
  return rows.map(({ id, title, answers }) => ({
    documentId: id,
    title: title ?? undefined,
    answers: Number(answers),
  }))
}
