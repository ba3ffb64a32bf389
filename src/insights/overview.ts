import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../db/database.ts'

/** Days an overview may span, the running day included. */
export const PERIODS = [7, 30, 90] as const
export type PeriodDays = (typeof PERIODS)[number]

/** Zones of the IANA list: offsets such as +02:00 mean the opposite to PostgreSQL, so they are not taken. */
const ZONES = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])
export const TimeZone = z.string().refine((zone) => ZONES.has(zone), 'a time zone such as Europe/Berlin')
export const TIME_ZONES: readonly string[] = [...ZONES]

/** What can be said of a day as well as of the whole period. */
export interface Figures {
  /** Subscribers who asked something. */
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
  channels: { channel: string; active: number; questions: number }[]
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
}

/**
 * The figures of a Bot over the last days, from `usage` alone: what was counted stays countable when the words
 * behind it are erased.
 */
export async function readOverview(db: Db, query: OverviewQuery): Promise<Overview> {
  const dates = listDates(query)
  const asked = await countQuestions(db, query)
  const people = await countPeople(db, query)
  const figuresOf = (key: string): Figures => ({
    ...NOTHING,
    ...asked.get(key),
    newSubscribers: people.newByDay.get(key) ?? 0,
  })
  return {
    days: query.days,
    timeZone: query.timeZone,
    from: dates[0] ?? '',
    to: dates.at(-1) ?? '',
    subscribers: people.total,
    total: figuresOf(WHOLE),
    daily: dates.map((date) => ({ date, ...figuresOf(date) })),
    channels: await countChannels(db, query),
    documents: await countDocuments(db, query),
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

/** SQL that is true for the rows of the period, by a column of time. */
function within({ days, timeZone, now }: OverviewQuery, column: string) {
  const dates = listDates({ days, timeZone, now })
  return sql<boolean>`${sql.ref(column)} >= (${dates[0]}::date)::timestamp AT TIME ZONE ${timeZone}
    AND ${sql.ref(column)} < (${dates.at(-1)}::date + 1)::timestamp AT TIME ZONE ${timeZone}`
}

const IS_QUESTION = sql`outcome IN ('answer', 'refusal', 'notice')`
const IS_TIMED = sql`outcome IN ('answer', 'refusal')`

async function countQuestions(
  db: Db,
  query: OverviewQuery,
): Promise<Map<string, Omit<Figures, 'newSubscribers'>>> {
  const { rows } = await sql<{
    day: string | null
    active: string
    questions: string
    answered: string
    refused: string
    median_ms: number | null
    p95_ms: number | null
    cost: string | null
  }>`
    SELECT day::text, count(DISTINCT subscriber_id) AS active,
      count(*) FILTER (WHERE ${IS_QUESTION}) AS questions,
      count(*) FILTER (WHERE outcome = 'answer') AS answered,
      count(*) FILTER (WHERE outcome = 'refusal') AS refused,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY total_ms) FILTER (WHERE ${IS_TIMED}) AS median_ms,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY total_ms) FILTER (WHERE ${IS_TIMED}) AS p95_ms,
      sum(cost_usd) AS cost
    FROM (
      SELECT (created_at AT TIME ZONE ${query.timeZone})::date AS day, subscriber_id, outcome, total_ms, cost_usd
      FROM usage
      WHERE creator_id = ${query.creatorId} AND bot_id = ${query.botId} AND ${within(query, 'created_at')}
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
      return [
        row.day ?? WHOLE,
        {
          active: Number(row.active),
          questions,
          answered,
          refused,
          failed: questions - answered - refused,
          medianMs: row.median_ms ?? undefined,
          p95Ms: row.p95_ms ?? undefined,
          costUsd: Number(row.cost ?? 0),
        },
      ]
    }),
  )
}

async function countPeople(
  db: Db,
  query: OverviewQuery,
): Promise<{ total: number; newByDay: Map<string, number> }> {
  const { rows } = await sql<{ day: string | null; is_new: boolean | null; people: string }>`
    SELECT day::text, is_new, count(*) AS people
    FROM (
      SELECT (first_at AT TIME ZONE ${query.timeZone})::date AS day, ${within(query, 'first_at')} AS is_new
      FROM (
        SELECT min(created_at) AS first_at FROM chat
        WHERE creator_id = ${query.creatorId} AND bot_id = ${query.botId} GROUP BY subscriber_id
      ) AS person
    ) AS came
    GROUP BY GROUPING SETS ((day, is_new), ())
    HAVING is_new OR grouping(day) = 1
  `.execute(db)
  const newByDay = new Map<string, number>()
  let total = 0
  let fresh = 0
  for (const { day, people } of rows) {
    if (day === null) total = Number(people)
    else {
      newByDay.set(day, Number(people))
      fresh += Number(people)
    }
  }
  newByDay.set(WHOLE, fresh)
  return { total, newByDay }
}

async function countChannels(db: Db, query: OverviewQuery): Promise<Overview['channels']> {
  const { rows } = await sql<{ channel: string; active: string; questions: string }>`
    SELECT chat.channel, count(DISTINCT asked.subscriber_id) AS active, sum(asked.questions) AS questions
    FROM (
      SELECT chat_id, subscriber_id, count(*) FILTER (WHERE ${IS_QUESTION}) AS questions FROM usage
      WHERE creator_id = ${query.creatorId} AND bot_id = ${query.botId} AND ${within(query, 'created_at')}
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

async function countDocuments(db: Db, query: OverviewQuery): Promise<Overview['documents']> {
  const { rows } = await sql<{ id: string; title: string | null; answers: string }>`
    SELECT top.id, top.answers,
      CASE WHEN document.id IS NOT NULL THEN concat_ws(': ', document.title, gap_group.answer_question) END AS title
    FROM (
      SELECT cited.id, count(*) AS answers
      FROM usage, unnest(usage.cited_document_ids) AS cited (id)
      WHERE usage.creator_id = ${query.creatorId} AND usage.bot_id = ${query.botId}
        AND ${within(query, 'usage.created_at')}
      GROUP BY cited.id ORDER BY answers DESC, cited.id LIMIT ${TOP_DOCUMENTS}
    ) AS top
    LEFT JOIN document ON document.id = top.id AND document.creator_id = ${query.creatorId}
    LEFT JOIN gap_group ON gap_group.document_id = document.id
    ORDER BY top.answers DESC, title, top.id
  `.execute(db)
  return rows.map(({ id, title, answers }) => ({
    documentId: id,
    title: title ?? undefined,
    answers: Number(answers),
  }))
}
