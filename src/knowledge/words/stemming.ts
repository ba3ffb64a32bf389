import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'

/**
 * The Snowball dictionary of PostgreSQL 15 and newer for each language it stems. They drop stop words too,
 * which is what makes BM25 better than with stems alone on every English set (counselchat .363 to .326).
 */
const DICTIONARIES: Record<string, string> = {
  ar: 'arabic',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  ga: 'irish',
  hi: 'hindi',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  it: 'italian',
  lt: 'lithuanian',
  ne: 'nepali',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sr: 'serbian',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
  yi: 'yiddish',
}

const nameOf = (dictionary: string) => `pg_catalog.${dictionary}_stem`

/**
 * The dictionary of a language in SQL, NULL where there is none. Its name is looked up once for a plan, not for a word.
 *
 * @param language an expression.
 */
export function dictionaryOf(language: string): string {
  const cases = Object.entries(DICTIONARIES).map(
    ([code, dictionary]) => `WHEN '${code}' THEN '${nameOf(dictionary)}'::regdictionary`,
  )
  return `CASE ${language} ${cases.join(' ')} END`
}

/** The stem of a term in SQL, both expressions: no row for a stop word, the term itself where there is no dictionary. */
export function stemsOf(term: string, dictionary: string): string {
  return `unnest(CASE WHEN ${dictionary} IS NULL THEN ARRAY[${term}] ELSE ts_lexize(${dictionary}, ${term}) END)`
}

/**
 * The stems of each term, in order, as the language has them; a stop word has none. Terms hold no white space.
 */
export async function stemTerms(db: Db, language: string, terms: readonly string[]): Promise<string[][]> {
  const dictionary = DICTIONARIES[language]
  if (dictionary === undefined) return terms.map((term) => [term])
  if (terms.length === 0) return []
  // One text each way: thousands of rows would take the driver longer than PostgreSQL takes to stem them.
  const { rows } = await sql<{ stems: string }>`
    SELECT string_agg(coalesce(array_to_string(ts_lexize(${nameOf(dictionary)}::regdictionary, term), ' '), ''),
      E'\\n' ORDER BY place) AS stems
    FROM unnest(string_to_array(${terms.join('\n')}, E'\\n')) WITH ORDINALITY AS given(term, place)`.execute(
    db,
  )
  return (rows[0]?.stems ?? '').split('\n').map((stems) => stems.split(' ').filter(Boolean))
}
