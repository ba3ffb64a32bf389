import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { breathing } from './breathe.ts'
import { stemTerms } from './stemming.ts'
import { tokenize } from './tokens.ts'

/** What the index needs of a passage. */
export interface IndexedText {
  /** What people see above it: title and headings. Counted together with the text. */
  heading: string
  text: string
}

/** The terms of one passage: how often each occurs, and how many there are in all. */
export interface TermCounts {
  frequencies: ReadonlyMap<string, number>
  length: number
}

/** Rows of one INSERT: enough to be quick, few enough to bound a statement's memory. */
const ROWS_PER_INSERT = 1_000

/** Column type: smallint. */
const MAX_FREQUENCY = 32_767

/** Counts the stemmed terms of every passage of a document in this language. */
export async function countTerms(
  db: Db,
  language: string,
  texts: readonly IndexedText[],
): Promise<TermCounts[]> {
  const vocabulary = new Set<string>()
  const tokens: string[][] = []
  for await (const { heading, text } of breathing(texts)) {
    const words = tokenize(`${heading}\n${text}`)
    tokens.push(words)
    for (const word of words) vocabulary.add(word)
  }
  const stemsOf = await stemTerms(db, language, [...vocabulary])
  const counts: TermCounts[] = []
  for await (const words of breathing(tokens)) counts.push(countStems(words, stemsOf))
  return counts
}

function countStems(words: string[], stemsOf: (word: string) => readonly string[]): TermCounts {
  const frequencies = new Map<string, number>()
  let length = 0
  for (const word of words) {
    for (const stem of stemsOf(word)) {
      frequencies.set(stem, (frequencies.get(stem) ?? 0) + 1)
      length += 1
    }
  }
  return { frequencies, length }
}

/** Writes the postings of a version: one row a term, its passages in parallel arrays. */
export async function insertPostings(
  db: Db,
  version: { id: string; creatorId: string; knowledgeBaseId: string },
  passages: readonly { id: string; counts: TermCounts }[],
): Promise<void> {
  const rows = [...(await gatherPostings(passages))]
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    const batch = JSON.stringify(rows.slice(start, start + ROWS_PER_INSERT))
    await sql`
      INSERT INTO posting (knowledge_base_id, creator_id, version_id, term, passage_ids, frequencies, lengths)
      SELECT ${version.knowledgeBaseId}, ${version.creatorId}, ${version.id}, term, passage_ids, frequencies, lengths
      FROM json_to_recordset(${batch}::json)
        AS row(term text, passage_ids bigint[], frequencies smallint[], lengths integer[])`.execute(db)
  }
}

async function gatherPostings(passages: readonly { id: string; counts: TermCounts }[]) {
  const postings = new Map<
    string,
    { term: string; passage_ids: string[]; frequencies: number[]; lengths: number[] }
  >()
  for await (const { id, counts } of breathing(passages)) {
    for (const [term, frequency] of counts.frequencies) {
      let posting = postings.get(term)
      if (!posting) {
        posting = { term, passage_ids: [], frequencies: [], lengths: [] }
        postings.set(term, posting)
      }
      posting.passage_ids.push(id)
      posting.frequencies.push(Math.min(frequency, MAX_FREQUENCY))
      posting.lengths.push(counts.length)
    }
  }
  return postings.values()
}
