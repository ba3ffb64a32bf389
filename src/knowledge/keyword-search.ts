import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { canBeSlip, findMeantTerms } from './keyword-slips.ts'
import { STEMMERS, stemsOf } from './stemming.ts'
import { STOPWORDS } from './stopwords.ts'
import { foldText, termsOf } from './terms.ts'
import { tokenize } from './tokens.ts'
import { translateWords } from './translate-words.ts'

/** BM25's textbook values. On every dev set within .013 nDCG of the best of five pairs tried. */
const K1 = 1.2
const B = 0.75

/**
 * What a word of the question counts that says how it is asked rather than what about. PostgreSQL's dictionaries
 * drop some of these and have no list for Arabic or Hindi. Measured (nDCG@10): Arabic .948 to .956, Turkish .947 to
 * .950, medquad .654 to .665, counselchat .365 to .371, elsewhere within .002; left out altogether, Hindi loses .005.
 */
const FUNCTION_WORD_WEIGHT = 0.6

/** What a word carried over from the question before counts beside a word of the question itself. */
const CARRIED_WEIGHT = 0.5

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
  /** What was asked before, where the question points back to it. */
  carried?: string | undefined
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
  const asked = weighWords(query)
  if (asked.size === 0) return []
  const found = await scorePassages(db, query, asked)
  const meant = found.unknown.length === 0 ? [] : await findMeant(db, query, [...asked.keys()], found)
  if (meant.length === 0) return found.hits
  const again = await scorePassages(db, query, new Map([...meant, ...asked]))
  return again.hits
}

interface Scored {
  hits: KeywordHit[]
  /** Words no passage holds, each with a stem. */
  unknown: { word: string; stem: string }[]
  languages: string[]
}

/** A word that is only guessed to be meant counts less than one that is asked. */
const MEANT_WEIGHT = 0.7
const TRANSLATED_WEIGHT = 0.5

/** What the words the base does not know may have been meant to be: mistyped, or in another language than it. */
async function findMeant(
  db: Db,
  query: KeywordQuery,
  words: readonly string[],
  { unknown, languages }: Scored,
): Promise<[word: string, weight: number][]> {
  const strange = unknown.filter(({ word }) => !STOPWORDS.has(foldText(word)))
  const translated = translateWords(words, [...new Set(strange.map(({ word }) => word))], languages)
  // A name is spelled as its bearer likes: "Sofia" is no sofa.
  const names = new Set(termsOf(query.question).flatMap(({ text, isName }) => (isName ? [text] : [])))
  const mistyped = strange.filter(({ word }) => !names.has(foldText(word)))
  const slips = [...new Set(mistyped.map(({ stem }) => stem))].filter(canBeSlip)
  const meant = slips.length === 0 ? [] : await findMeantTerms(db, query, slips)
  return [
    ...translated.flatMap(tokenize).map((word): [string, number] => [word, TRANSLATED_WEIGHT]),
    ...meant.map((term): [string, number] => [term, MEANT_WEIGHT]),
  ]
}

async function scorePassages(
  db: Db,
  query: KeywordQuery,
  asked: ReadonlyMap<string, number>,
): Promise<Scored> {
  const [words, weights] = [[...asked.keys()], [...asked.values()]]
  const { rows } = await sql<ScoredRow>`
    WITH base AS (
      SELECT id, languages, passage_count::float8 AS passages,
        greatest(term_count::float8 / greatest(passage_count, 1), 1) AS mean_length
      FROM knowledge_base
      WHERE id = ${query.knowledgeBaseId} AND creator_id = ${query.creatorId}
    ), stemmed AS MATERIALIZED (
      SELECT language, word, stem, weight
      FROM base
      CROSS JOIN unnest(base.languages) AS language
      LEFT JOIN unnest(${STEMMERS.languages}::text[], ${STEMMERS.dictionaries}::text[])
        AS stemmer(code, dictionary) ON stemmer.code = language
      CROSS JOIN unnest(${words}::text[], ${weights}::float8[]) AS worded(word, weight)
      CROSS JOIN LATERAL ${stemsOf(sql`worded.word`, sql`stemmer.dictionary`)} AS stem
    ), asked AS MATERIALIZED (
      SELECT stem AS term, max(times)::float8 AS times
      FROM (SELECT stem, sum(weight) AS times FROM stemmed GROUP BY language, stem) AS by_language
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
    ), best AS (
      SELECT hit.passage_id::text, sum(
        hit.weight * hit.frequency * ${float(K1 + 1)}
        / (hit.frequency + ${float(K1 * (1 - B))} + hit.length * (${float(K1 * B)} / base.mean_length))
      ) AS score
      FROM hit CROSS JOIN base
      GROUP BY hit.passage_id
      ORDER BY score DESC, hit.passage_id
      LIMIT ${query.limit}
    )
    SELECT passage_id, score, NULL AS word, NULL AS stem, NULL::text[] AS languages FROM best
    UNION ALL
    SELECT NULL, 0, word, stem, base.languages FROM stemmed CROSS JOIN base
    WHERE word NOT IN (SELECT same.word FROM stemmed AS same JOIN spread ON spread.term = same.stem)`.execute(
    db,
  )
  return {
    hits: rows
      .flatMap((row) => (row.passage_id === null ? [] : [{ passageId: row.passage_id, score: row.score }]))
      .sort((a, b) => b.score - a.score || Number(a.passageId) - Number(b.passageId)),
    unknown: rows.flatMap((row) => (row.passage_id === null ? [{ word: row.word, stem: row.stem }] : [])),
    languages: rows.flatMap((row) => (row.passage_id === null ? [row.languages] : []))[0] ?? [],
  }
}

/** A passage found, or a word that was not. */
type ScoredRow =
  | { passage_id: string; score: number }
  | { passage_id: null; word: string; stem: string; languages: string[] }

/** The words to be looked up and what each counts: as often as it is asked, function words and carried words less. */
function weighWords({ question, carried = '' }: KeywordQuery): Map<string, number> {
  const weights = new Map<string, number>()
  const own = tokenize(question).slice(0, MAX_QUESTION_TERMS)
  for (const word of own) weights.set(word, (weights.get(word) ?? 0) + weightOf(word))
  for (const word of tokenize(carried).slice(0, MAX_QUESTION_TERMS - own.length)) {
    if (!weights.has(word)) weights.set(word, CARRIED_WEIGHT * weightOf(word))
  }
  return weights
}

function weightOf(word: string): number {
  return STOPWORDS.has(foldText(word)) ? FUNCTION_WORD_WEIGHT : 1
}

/** A plain number in SQL is a numeric, whose arithmetic is many times slower. */
function float(value: number) {
  return sql`${sql.lit(value)}::float8`
}
