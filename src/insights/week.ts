import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** What happened at all of a Creator's Bots in a span of time. */
export interface WeekFigures {
  questions: number
  answered: number
  /** Subscribers who asked something. */
  people: number
  /** Subscribers who wrote for the first time. */
  newPeople: number
  /** Questions without an answer, as of now. */
  openGaps: number
}

interface Span {
  creatorId: string
  from: Date
  /** Not included. */
  to: Date
}

export async function readWeek(db: Db, { creatorId, from, to }: Span): Promise<WeekFigures> {
  const { rows } = await sql<Record<keyof WeekFigures, string>>`
    SELECT asked.*, people.*, gaps.*
    FROM (
      SELECT count(*) FILTER (WHERE outcome IN ('answer', 'refusal', 'notice')) AS questions,
        count(*) FILTER (WHERE outcome = 'answer') AS answered, count(DISTINCT subscriber_id) AS people
      FROM usage WHERE creator_id = ${creatorId} AND created_at >= ${from} AND created_at < ${to}
    ) AS asked, (
      SELECT count(*) AS "newPeople" FROM subscriber
      WHERE creator_id = ${creatorId} AND created_at >= ${from} AND created_at < ${to}
    ) AS people, (
      SELECT count(*) AS "openGaps" FROM gap_group WHERE creator_id = ${creatorId} AND state = 'open'
    ) AS gaps
  `.execute(db)
  const [row] = rows
  const count = (name: keyof WeekFigures) => Number(row?.[name] ?? 0)
  return {
    questions: count('questions'),
    answered: count('answered'),
    people: count('people'),
    newPeople: count('newPeople'),
    openGaps: count('openGaps'),
  }
}

export interface OpenQuestion {
  botId: string
  question: string
  /** How often it was asked. */
  count: number
}

/** Questions asked since then that still wait for an answer: those most people asked first, and how many there are. */
export async function listOpenQuestions(
  db: Db,
  { creatorId, since, limit }: { creatorId: string; since: Date; limit: number },
): Promise<{ questions: OpenQuestion[]; total: number }> {
  const { rows } = await sql<{ botId: string; question: string; count: number; total: string }>`
    SELECT bot_id AS "botId", question, asked_count AS count, count(*) OVER () AS total FROM gap_group
    WHERE creator_id = ${creatorId} AND state = 'open' AND last_asked_at >= ${since}
    ORDER BY asker_count DESC, last_asked_at DESC LIMIT ${limit}
  `.execute(db)
  return {
    questions: rows.map(({ botId, question, count }) => ({ botId, question, count })),
    total: Number(rows[0]?.total ?? 0),
  }
}
