import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { breathing } from '../intake/breathe.ts'
import { stemTerms } from '../words/stemming.ts'
import { tokenize } from '../words/tokens.ts'

/** What the index needs of a passage. */
export interface IndexedText {
  /** What people see above it: title and headings. Counted together with the text. */
  heading: string
  text: string
}

/** The keyword index of one version before it is stored. Passages are named by their place in it, from 0. */
export interface KeywordIndex {
  postings: Posting[]
  /** How many terms each passage has in all. */
  lengths: number[]
}

/** A term and the passages that hold it, rising, with how often each does. */
export interface Posting {
  term: string
  passages: readonly number[]
  frequencies: readonly number[]
}

/** Of one INSERT: enough to be quick, few enough to bound a statement's memory. */
const CHARACTERS_PER_INSERT = 250_000

/** Column type: smallint. */
const MAX_FREQUENCY = 32_767

/** Counts the stemmed terms of every passage of a document in this language. */
export async function indexTexts(
  db: Db,
  language: string,
  texts: readonly IndexedText[],
): Promise<KeywordIndex> {
  const words = await gatherWords(texts)
  const stems = await stemTerms(
    db,
    language,
    words.map(({ term }) => term),
  )
  const byStem = new Map<string, Posting>()
  const lengths = new Array<number>(texts.length).fill(0)
  for await (const [at, word] of breathing(words.entries())) {
    for (const term of stems[at] ?? []) {
      const known = byStem.get(term)
      byStem.set(term, known ? { term, ...merge(known, word) } : { ...word, term })
      addTo(lengths, word)
    }
  }
  // In the order of the index they go into, which spares PostgreSQL a search for each row's place.
  return { postings: [...byStem.values()].sort((a, b) => (a.term < b.term ? -1 : 1)), lengths }
}

/** Every word as it stands, in the order in which they come. */
async function gatherWords(texts: readonly IndexedText[]): Promise<Posting[]> {
  const words = new Map<string, { term: string; passages: number[]; frequencies: number[] }>()
  for await (const [passage, { heading, text }] of breathing(texts.entries())) {
    for (const term of tokenize(`${heading}\n${text}`)) {
      const word = words.get(term)
      if (!word) {
        words.set(term, { term, passages: [passage], frequencies: [1] })
        continue
      }
      const { passages, frequencies } = word
      const last = passages.length - 1
      if (passages[last] === passage) frequencies[last] = (frequencies[last] ?? 0) + 1
      else {
        passages.push(passage)
        frequencies.push(1)
      }
    }
  }
  return [...words.values()]
}

function addTo(lengths: number[], { passages, frequencies }: Posting): void {
  for (let at = 0; at < passages.length; at += 1) {
    const passage = passages[at] ?? 0
    lengths[passage] = (lengths[passage] ?? 0) + (frequencies[at] ?? 0)
  }
}

/** What holds either of two words of one stem. */
function merge(a: Posting, b: Posting): Pick<Posting, 'passages' | 'frequencies'> {
  const passages: number[] = []
  const frequencies: number[] = []
  let [atA, atB] = [0, 0]
  while (atA < a.passages.length || atB < b.passages.length) {
    const [nextA, nextB] = [a.passages[atA] ?? Infinity, b.passages[atB] ?? Infinity]
    passages.push(Math.min(nextA, nextB))
    let frequency = 0
    if (nextA <= nextB) frequency += a.frequencies[atA++] ?? 0
    if (nextB <= nextA) frequency += b.frequencies[atB++] ?? 0
    frequencies.push(frequency)
  }
  return { passages, frequencies }
}

/** Writes the postings of a version: one row a term, its passages in parallel arrays. */
export async function insertPostings(
  db: Db,
  version: { id: string; creatorId: string; knowledgeBaseId: string },
  index: KeywordIndex,
  passageIds: readonly string[],
): Promise<void> {
  let stored: Promise<unknown> = Promise.resolve()
  for await (const { terms, ids, frequencies, lengths } of writeBatches(index, passageIds)) {
    await stored
    // The next batch is written out while PostgreSQL takes this one. Text is read several times as fast as JSON.
    stored = sql`
      INSERT INTO posting (knowledge_base_id, creator_id, version_id, term, passage_ids, frequencies, lengths)
      SELECT ${version.knowledgeBaseId}, ${version.creatorId}, ${version.id}, term,
        ids::bigint[], frequencies::smallint[], lengths::integer[]
      FROM unnest(string_to_array(${terms}, E'\\n'), string_to_array(${ids}, E'\\n'),
        string_to_array(${frequencies}, E'\\n'), string_to_array(${lengths}, E'\\n'))
        AS row(term, ids, frequencies, lengths)`.execute(db)
    // It is awaited with the next batch; until then its failure is nobody's.
    stored.catch(() => {})
  }
  await stored
}

/** Columns of some rows, a line each: arrays as PostgreSQL writes them. No term holds a line end. */
interface WrittenRows {
  terms: string
  ids: string
  frequencies: string
  lengths: string
}

async function* writeBatches(
  { postings, lengths }: KeywordIndex,
  passageIds: readonly string[],
): AsyncGenerator<WrittenRows> {
  const empty = () => ({
    terms: [] as string[],
    ids: [] as string[],
    frequencies: [] as string[],
    lengths: [] as string[],
  })
  const finish = (open: ReturnType<typeof empty>): WrittenRows => ({
    terms: open.terms.join('\n'),
    ids: open.ids.join('\n'),
    frequencies: open.frequencies.join('\n'),
    lengths: open.lengths.join('\n'),
  })
  let open = empty()
  let characters = 0
  for await (const { term, passages, frequencies } of breathing(postings)) {
    const ids = `{${passages.map((passage) => passageIds[passage]).join(',')}}`
    open.terms.push(term)
    open.ids.push(ids)
    open.frequencies.push(`{${frequencies.map((frequency) => Math.min(frequency, MAX_FREQUENCY)).join(',')}}`)
    open.lengths.push(`{${passages.map((passage) => lengths[passage]).join(',')}}`)
    characters += term.length + ids.length
    if (characters < CHARACTERS_PER_INSERT) continue
    yield finish(open)
    open = empty()
    characters = 0
  }
  if (open.terms.length > 0) yield finish(open)
}
