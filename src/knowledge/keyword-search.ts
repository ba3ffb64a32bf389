import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { STEMMERS, stemsOf } from './stemming.ts'
import { tokenize } from './tokens.ts'

/** BM25's textbook values. On every dev set within .013 nDCG of the best of five pairs tried. */
const K1 = 1.2
const B = 0.75

/** A question this long says everything it has to say in its first words. */
const MAX_QUESTION_TERMS = 64

/**
 * Postings read for one question, rarest terms first: each thousand takes about a millisecond. What falls
 * out are words that stand in nearly every passage and tell nothing: on 5,000 passages half of this bound
 * still loses nothing. The rarest term always counts.
 */
const MAX_POSTINGS = 10_000

export interface KeywordQuery {
  creatorId: string
  knowledgeBaseId: string
  question: string
  limit: number
}

export interface KeywordHit {
  passageId: string
  /** BM25. */
  score: number
}

/**
 * The passages that share the question's words, best first, by BM25 over the base's active versions.
 *
 * The question is stemmed the way each language of the base is. Another Creator's base holds nothing.
 */
export async function searchKeywords(db: Db, query: KeywordQuery): Promise<KeywordHit[]> {
  const words = tokenize(query.question).slice(0, MAX_QUESTION_TERMS)
  if (words.length === 0) return []
  const { rows } = await sql<{ passage_id: string; score: number }>`
    WITH base AS (
      SELECT id, languages, passage_count::float8 AS passages,
        greatest(term_count::float8 / greatest(passage_count, 1), 1) AS mean_length
      FROM knowledge_base
      WHERE id = ${query.knowledgeBaseId} AND creator_id = ${query.creatorId}
    ), asked AS MATERIALIZED (
      SELECT stem AS term, max(times)::float8 AS times
      FROM (
        SELECT language, stem, count(*) AS times
        FROM base
        CROSS JOIN unnest(base.languages) AS language
        LEFT JOIN unnest(${STEMMERS.languages}::text[], ${STEMMERS.dictionaries}::text[])
          AS stemmer(code, dictionary) ON stemmer.code = language
        CROSS JOIN unnest(${words}::text[]) AS word
        CROSS JOIN LATERAL ${stemsOf(sql`word`, sql`stemmer.dictionary`)} AS stem
        GROUP BY language, stem
      ) AS by_language
      GROUP BY stem
    ), found AS MATERIALIZED (
      -- Each term is looked up by itself (OFFSET 0 keeps it so): without statistics the planner would read the
      -- whole base, five times slower on a small one.
      SELECT asked.term, asked.times, listed.passage_ids, listed.frequencies, listed.lengths
      FROM asked CROSS JOIN LATERAL (
        SELECT passage_ids, frequencies, lengths FROM posting
        WHERE knowledge_base_id = ${query.knowledgeBaseId} AND term = asked.term AND creator_id = ${query.creatorId}
        OFFSET 0
      ) AS listed
    ), spread AS (
      SELECT term, sum(cardinality(passage_ids))::float8 AS passages FROM found GROUP BY term
    ), weighed AS (
      SELECT spread.term, ln(1 + (base.passages - spread.passages + 0.5) / (spread.passages + 0.5)) AS rarity,
        sum(spread.passages) OVER (ORDER BY spread.passages, spread.term) AS read,
        row_number() OVER (ORDER BY spread.passages, spread.term) AS rank
      FROM spread CROSS JOIN base
    ), hit AS (
      -- Set-returning calls in the select list are walked in step and need no table of their own: half the time.
      SELECT unnest(found.passage_ids) AS passage_id, unnest(found.frequencies) AS frequency,
        unnest(found.lengths) AS length, found.times * weighed.rarity AS weight
      FROM found
      JOIN weighed ON weighed.term = found.term
        AND (weighed.read <= ${sql.lit(MAX_POSTINGS)} OR weighed.rank = 1)
    )
    SELECT hit.passage_id::text, sum(
      hit.weight * hit.frequency * ${float(K1 + 1)}
      / (hit.frequency + ${float(K1 * (1 - B))} + hit.length * (${float(K1 * B)} / base.mean_length))
    ) AS score
    FROM hit CROSS JOIN base
    GROUP BY hit.passage_id
    ORDER BY score DESC, hit.passage_id
    LIMIT ${query.limit}`.execute(db)
  return rows.map(({ passage_id, score }) => ({ passageId: passage_id, score }))
}

/** A plain number in SQL is a numeric, whose arithmetic is many times slower. */
function float(value: number) {
  return sql`${sql.lit(value)}::float8`
}
