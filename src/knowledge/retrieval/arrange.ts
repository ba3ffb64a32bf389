import { containmentOf, likenessOf, type Sketch, sketch } from './sketch.ts'

/** What the order of a passage is decided by, beside its score. */
export interface Arrangeable {
  documentId: string
  documentName: string
  text: string
  /** Above 0, higher is better; only ratios count. */
  score: number
  /** Of its Document: -1 less trusted than the rest, 1 more. */
  sourceWeight: number
  /** The day its Document gives itself, in milliseconds; undefined when it gives none. */
  datedMs: number | undefined
  uploadedMs: number
}

/** A Document trusted more or less moves by this much among what is about as good. */
const TRUST_FACTOR = 1.2

/** Above this share of common word triples, with the same figures, two passages are one said twice. */
const TWIN_LIKENESS = 0.9

/** Above this share of common words two passages speak of the same, and the newer one may have replaced the older. */
const SAME_SUBJECT = 0.6

/** Of two Documents whose names differ in figures alone ("prices-2023", "prices-2024") less will do. */
const SAME_SUBJECT_OF_SERIES = 0.3

/** Of two uploads without a date of their own: less than a day apart they came together, and neither is newer. */
const SAME_UPLOAD_MS = 24 * 60 * 60 * 1_000

/** What a passage loses for what it repeats of one before it, and for each before it of the same Document. */
const REPEAT_LOSS = 0.5
const SAME_DOCUMENT_FACTOR = 0.95

/**
 * Orders passages found for one answer so that it gets the most from few: each thing said once, the newer before
 * the older of what speaks of the same, and no Document crowding out the rest.
 *
 * Age decides only between passages alike in content, and trust between them first; a new Document about something
 * else gains nothing. A question that names the older one's year wants the older one. Nothing is lost by folding:
 * it looks at what was found, so a twin is back as soon as the other one is gone.
 *
 * @param recency 0 to 1: how much worse, as a share of the older one's score, a newer passage may match.
 * @returns the first `limit`, their scores falling.
 */
export function arrange<P extends Arrangeable>(
  found: readonly P[],
  { question, recency, limit }: { question: string; recency: number; limit: number },
): P[] {
  const weighed = found
    .map((passage) => ({ ...passage, score: passage.score * TRUST_FACTOR ** passage.sourceWeight }))
    .sort(byScore)
  const single = foldTwins(weighed)
  return spread(findReplaced(single, { years: yearsOf(question), recency }), limit)
}

const byScore = (a: Arrangeable, b: Arrangeable) => b.score - a.score

/** Of passages that say the same the preferred one stays, at the best one's place. */
function foldTwins<P extends Arrangeable>(passages: readonly P[]): P[] {
  const kept: { passage: P; said: Sketch }[] = []
  for (const passage of passages) {
    const said = sketch(passage.text)
    const other = kept.find((it) => areTwins(it.said, said))
    if (!other) kept.push({ passage, said })
    else if (prefer(passage, other.passage) > 0)
      Object.assign(other, { passage: { ...passage, score: other.passage.score }, said })
  }
  return kept.map(({ passage }) => passage)
}

function areTwins(a: Sketch, b: Sketch): boolean {
  return a.figures === b.figures && likenessOf(a, b) >= TWIN_LIKENESS
}

interface Ordered<P> {
  passage: P
  /** As high as the best of those it takes the place of. */
  score: number
  /** Those it takes the place of: it goes before them. */
  replaced: ReadonlySet<P>
}

function findReplaced<P extends Arrangeable>(
  passages: readonly P[],
  { years, recency }: { years: ReadonlySet<string>; recency: number },
): Ordered<P>[] {
  const leastPreferredFirst = passages.toSorted((a, b) => preferFor(years, a, b))
  const ordered: Ordered<P>[] = []
  for (const passage of leastPreferredFirst) {
    const replaced = ordered.filter(
      (other) =>
        preferFor(years, passage, other.passage) > 0 &&
        (passage.sourceWeight > other.passage.sourceWeight || recency > 0) &&
        passage.score >= (1 - recency) * other.passage.score &&
        speakOfTheSame(passage, other.passage),
    )
    const score = Math.max(passage.score, ...replaced.map((other) => other.score))
    ordered.push({ passage, score, replaced: new Set(replaced.map((other) => other.passage)) })
  }
  return ordered.sort((a, b) => b.score - a.score)
}

/** Above 0 when `a` is to be believed rather than `b`: asked for by its year, more trusted, newer. */
function preferFor(years: ReadonlySet<string>, a: Arrangeable, b: Arrangeable): number {
  const isAskedFor = ({ datedMs }: Arrangeable) =>
    datedMs !== undefined && years.has(String(new Date(datedMs).getUTCFullYear()))
  return Number(isAskedFor(a)) - Number(isAskedFor(b)) || prefer(a, b)
}

function prefer(a: Arrangeable, b: Arrangeable): number {
  return a.sourceWeight - b.sourceWeight || compareAge(a, b)
}

function compareAge(a: Arrangeable, b: Arrangeable): number {
  const between = (a.datedMs ?? a.uploadedMs) - (b.datedMs ?? b.uploadedMs)
  const isTold = a.datedMs !== undefined || b.datedMs !== undefined
  return isTold || Math.abs(between) >= SAME_UPLOAD_MS ? between : 0
}

function speakOfTheSame(a: Arrangeable, b: Arrangeable): boolean {
  if (a.documentId === b.documentId) return false
  const least = seriesOf(a) === seriesOf(b) ? SAME_SUBJECT_OF_SERIES : SAME_SUBJECT
  return containmentOf(sketch(a.text).vocabulary, sketch(b.text).vocabulary) >= least
}

function seriesOf({ documentName }: Arrangeable): string {
  return documentName.toLowerCase().replace(/[\d\W_]+/g, ' ')
}

function yearsOf(question: string): Set<string> {
  return new Set(question.normalize('NFKC').match(/(?<!\d)(?:19|20)\d{2}(?!\d)/g) ?? [])
}

/** Takes the best first, and each next by what it adds to those before. */
function spread<P extends Arrangeable>(ordered: readonly Ordered<P>[], limit: number): P[] {
  const open = ordered.map((entry) => ({
    ...entry,
    ...{ said: sketch(entry.passage.text), left: entry.score, overlap: 0, ofDocument: 0 },
  }))
  const taken: P[] = []
  let least = Infinity
  while (open.length > 0 && taken.length < limit) {
    const best = open.reduce((a, b) => (b.left > a.left ? b : a))
    const next = open.findLast((entry) => entry.replaced.has(best.passage)) ?? best
    open.splice(open.indexOf(next), 1)
    least = Math.min(least, best.left)
    taken.push({ ...next.passage, score: least })
    if (taken.length === limit) break
    for (const entry of open) {
      entry.overlap = Math.max(entry.overlap, likenessOf(next.said, entry.said))
      if (entry.passage.documentId === next.passage.documentId) entry.ofDocument += 1
      entry.left = entry.score * (1 - REPEAT_LOSS * entry.overlap) * SAME_DOCUMENT_FACTOR ** entry.ofDocument
    }
  }
  return taken
}
