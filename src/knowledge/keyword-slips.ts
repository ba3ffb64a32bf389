import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { BaseKey } from './knowledge-base.ts'
import { STOPWORDS } from './stopwords.ts'
import { foldText, isOneSlipAway } from './terms.ts'

/** Words of {@link SHORT_CHARACTERS} are only taken for another by a letter doubled or not ("napp", "slep"). */
const SHORT_CHARACTERS = 4

/** Shorter words lie one letter from too many others ("join", "joint"); the first letters are seldom mistyped. */
const SLIP_CHARACTERS = 5
const SURE_CHARACTERS = 2

/** Words looked up for one question; who mistypes more has to ask again. */
const MAX_SLIPS = 4

/** Terms of the base read for each of them: about a millisecond. */
const MAX_NEIGHBOURS = 1_000

/** True for a stem no passage holds that may be another one mistyped: letters of an alphabet, and enough of them. */
export function canBeSlip(term: string): boolean {
  return term.length >= SHORT_CHARACTERS && IN_LETTERS.test(term) && !STOPWORDS.has(foldText(term))
}

const IN_LETTERS =
  /^(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{M}])+$/u

/**
 * The terms of the base one slip of the keys from these: a letter added, left out, changed, or two swapped.
 * Needs no extension of the database; where its collation is not that of code points, fewer are found.
 */
export async function findMeantTerms(
  db: Db,
  { creatorId, knowledgeBaseId }: BaseKey,
  unknown: readonly string[],
): Promise<string[]> {
  const slips = unknown.slice(0, MAX_SLIPS)
  const starts = [...new Set(slips.map((term) => term.slice(0, SURE_CHARACTERS)))]
  const { rows } = await sql<{ term: string }>`
    SELECT near.term
    FROM unnest(${starts}::text[], ${starts.map(nextAfter)}::text[]) AS start(first, next)
    CROSS JOIN LATERAL (
      SELECT DISTINCT term FROM posting
      WHERE knowledge_base_id = ${knowledgeBaseId} AND creator_id = ${creatorId}
        AND term >= start.first AND term < start.next
      LIMIT ${sql.lit(MAX_NEIGHBOURS)}
    ) AS near`.execute(db)
  return rows.map(({ term }) => term).filter((term) => slips.some((slip) => isSlipOf(slip, term)))
}

function isSlipOf(slip: string, term: string): boolean {
  if (withoutDoubles(slip) === withoutDoubles(term)) return true
  const [short, long] = slip.length <= term.length ? [slip, term] : [term, slip]
  return slip.length >= SLIP_CHARACTERS && isOneSlipAway(short, long)
}

function withoutDoubles(word: string): string {
  return word.replace(/(\p{L})\1+/gu, '$1')
}

/** The first text behind all that begin with this one. */
function nextAfter(start: string): string {
  const characters = [...start]
  const last = characters.pop()?.codePointAt(0) ?? 0
  return characters.join('') + String.fromCodePoint(last + 1)
}
