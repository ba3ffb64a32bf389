import { CompiledQuery } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { dictionaryOf, stemsOf } from '../words/stemming.ts'
import { SURE_CHARACTERS } from './slips.ts'

/** BM25's textbook values. On every dev set within .013 nDCG of the best of five pairs tried. */
const K1 = 1.2
const B = 0.75

/**
 * Postings read for one question, rarest terms first: each thousand takes about a millisecond. What falls
 * out are words that stand in nearly every passage and tell nothing: on 5,000 passages half of this bound
 * still loses nothing. The rarest term always counts.
 */
const MAX_POSTINGS = 10_000

/** Beginnings of unknown words whose terms are read; who mistypes more has to ask again. */
const MAX_BEGINNINGS = 4

/** Terms of the base read for each of them: about a millisecond. */
const MAX_NEIGHBOURS = 1_000

/** Letters a slip may add or take: one, or two where two letters are doubled. */
const NEIGHBOUR_LETTERS = 2

/** What passages are scored by, each with its weight. */
export interface AskedWords {
  /** Stemmed as each language of the base is. */
  words: ReadonlyMap<string, number>
  /** Terms of the base, stems already. */
  terms: ReadonlyMap<string, number>
  /** Of the words: those that may be mistyped, and whose neighbours are wanted should no passage hold them. */
  doubtful: ReadonlySet<string>
}

export interface KeywordHit {
  passageId: string
  /** BM25. */
  score: number
}

export interface ScoredPassages {
  hits: KeywordHit[]
  /** Words no passage holds, each with a stem. */
  unknown: { word: string; stem: string }[]
  /** Terms of the base that begin like a doubtful unknown word and are about as long. */
  neighbours: string[]
  /** The base's, told when there are unknown words. */
  languages: string[]
}

/** Scores a base's passages by BM25, best first, and tells which words it does not know. In one statement. */
export async function scorePassages(
  db: Db,
  { knowledgeBaseId, creatorId, limit }: BaseKey & { limit: number },
  { words, terms, doubtful }: AskedWords,
): Promise<ScoredPassages> {
  const isDoubtful = [...words.keys()].map((word) => doubtful.has(word))
  const asked = [[...words.keys()], [...words.values()], isDoubtful, [...terms.keys()], [...terms.values()]]
  const { rows } = await db.executeQuery<ScoredRow>(
    CompiledQuery.raw(SCORE, [knowledgeBaseId, creatorId, limit, ...asked]),
  )
  return readRows(rows)
}

const POSTINGS = 'posting WHERE knowledge_base_id = $1 AND creator_id = $2'

/** The passages of the terms found: the rarest ones', as far as the postings that may be read go. */
const BEST = `
  SELECT hit.passage_id::text, sum(
    hit.weight * hit.frequency * ${float(K1 + 1)}
    / (hit.frequency + ${float(K1 * (1 - B))} + hit.length * (${float(K1 * B)} / base.mean_length))
  ) AS score
  FROM (
    -- Set-returning calls in the select list are walked in step and need no table of their own: half the time.
    SELECT unnest(found.passage_ids) AS passage_id, unnest(found.frequencies) AS frequency,
      unnest(found.lengths) AS length, found.times * weighed.rarity AS weight
    FROM found
    JOIN (
      SELECT spread.term, ln(1 + (base.passages - spread.passages + 0.5) / (spread.passages + 0.5)) AS rarity,
        sum(spread.passages) OVER (ORDER BY spread.passages, spread.term) AS read,
        row_number() OVER (ORDER BY spread.passages, spread.term) AS rank
      FROM spread CROSS JOIN base
    ) AS weighed ON weighed.term = found.term AND (weighed.read <= ${MAX_POSTINGS} OR weighed.rank = 1)
  ) AS hit CROSS JOIN base
  GROUP BY hit.passage_id
  ORDER BY score DESC, hit.passage_id
  LIMIT $3`

/**
 * Terms between a beginning and the first text behind all that begin with it. Where the database's collation is not
 * that of code points, fewer are. Codes of surrogates are no characters and are passed over.
 */
const NEIGHBOURS = `
  SELECT near.term
  FROM (
    SELECT first, left(first, -1) || chr(CASE ascii(right(first, 1)) WHEN ${0xd7ff} THEN ${0xe000}
        ELSE ascii(right(first, 1)) + 1 END) AS after,
      min(char_length(stem)) - ${NEIGHBOUR_LETTERS} AS least, max(char_length(stem)) + ${NEIGHBOUR_LETTERS} AS most
    FROM (SELECT stem, place, left(stem, ${SURE_CHARACTERS}) AS first FROM unknown WHERE is_doubtful) AS slip
    GROUP BY first ORDER BY min(place) LIMIT ${MAX_BEGINNINGS}
  ) AS beginning
  CROSS JOIN LATERAL (
    SELECT DISTINCT term FROM ${POSTINGS} AND term >= first AND term < after LIMIT ${MAX_NEIGHBOURS}
  ) AS near
  WHERE char_length(near.term) BETWEEN least AND most`

/**
 * One text for all questions: built anew for each, it took longer to write and to recognise than to send. The lists
 * are selected, not named: knowing how long they are, PostgreSQL would plan each question anew, for two milliseconds.
 */
const SCORE = `
  WITH base AS (
    SELECT languages, passage_count::float8 AS passages,
      greatest(term_count::float8 / greatest(passage_count, 1), 1) AS mean_length
    FROM knowledge_base
    WHERE id = $1 AND creator_id = $2
  ), stemmed AS MATERIALIZED (
    SELECT language, word, stem, weight, is_doubtful, place
    FROM base
    CROSS JOIN LATERAL (
      SELECT language, ${dictionaryOf('language')} AS dictionary FROM unnest(base.languages) AS language OFFSET 0
    ) AS spoken
    CROSS JOIN unnest((SELECT $4::text[]), (SELECT $5::float8[]), (SELECT $6::boolean[]))
      WITH ORDINALITY AS worded(word, weight, is_doubtful, place)
    CROSS JOIN LATERAL ${stemsOf('word', 'dictionary')} AS stem
  ), asked AS MATERIALIZED (
    SELECT term, max(times)::float8 AS times
    FROM (
      SELECT stem AS term, sum(weight) AS times FROM stemmed GROUP BY language, stem
      UNION ALL SELECT * FROM unnest((SELECT $7::text[]), (SELECT $8::float8[]))
    ) AS by_language
    GROUP BY term
  ), found AS MATERIALIZED (
    -- Each term is looked up by itself (OFFSET 0 keeps it so): without statistics the planner would read the
    -- whole base, five times slower on a small one.
    SELECT asked.term, asked.times, listed.*
    FROM asked CROSS JOIN LATERAL (
      SELECT passage_ids, frequencies, lengths FROM ${POSTINGS} AND term = asked.term OFFSET 0
    ) AS listed
  ), spread AS MATERIALIZED (
    SELECT term, sum(cardinality(frequencies))::float8 AS passages FROM found GROUP BY term
  ), best AS (${BEST}), unknown AS (
    SELECT DISTINCT word, stem, is_doubtful, place FROM stemmed
    WHERE word NOT IN (SELECT same.word FROM stemmed AS same JOIN spread ON spread.term = same.stem)
  ), neighbour AS (${NEIGHBOURS})
  SELECT passage_id, score, NULL AS word, NULL AS stem, NULL::text[] AS languages, NULL AS term FROM best
  UNION ALL SELECT NULL, 0, word, stem, base.languages, NULL FROM unknown CROSS JOIN base
  UNION ALL SELECT NULL, 0, NULL, NULL, NULL, term FROM neighbour`

/** A passage found, a word that was not, or a term like one. */
type ScoredRow =
  | { passage_id: string; score: number }
  | { passage_id: null; word: string; stem: string; languages: string[] }
  | { passage_id: null; word: null; term: string }

function readRows(rows: readonly ScoredRow[]): ScoredPassages {
  const scored: ScoredPassages = { hits: [], unknown: [], neighbours: [], languages: [] }
  for (const row of rows) {
    if (row.passage_id !== null) scored.hits.push({ passageId: row.passage_id, score: row.score })
    else if (row.word === null) scored.neighbours.push(row.term)
    else {
      scored.unknown.push({ word: row.word, stem: row.stem })
      scored.languages = row.languages
    }
  }
  scored.hits.sort((a, b) => b.score - a.score || Number(a.passageId) - Number(b.passageId))
  return scored
}

/** A plain number in SQL is a numeric, whose arithmetic is many times slower. */
function float(value: number): string {
  return `${value}::float8`
}
