/** A stretch of a text that can stand alone as a quote, with where it starts. */
export interface Sentence {
  text: string
  start: number
}

/** Ends of sentences after which no space need follow. */
const UNSPACED_END = '。！？।'

/** "Dr. Voss", "J. Smith", "z. B. im", "approx. 3": a dot that ends no sentence. */
const ABBREVIATION =
  /(?:^|[\s(])(?:\p{Lu}|[zduioa]|[Mm]r|[Mm]rs|[Pp]rof|[Dd]r|[Ss]t|vs|[Aa]pprox|incl|bzw|usw|ca|[Nn]r|Vol|Fig|pp?|Art|[Ss]ra?|Jr|[Ee]\.g|[Ii]\.e)\.$/u

/**
 * The sentences, list items and table rows of a text, trimmed, in order. Each stands verbatim in it.
 */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = []
  for (const line of text.matchAll(/[^\n]+/g)) {
    let start = 0
    for (const end of endsOf(line[0])) {
      addTrimmed(sentences, line[0].slice(start, end), line.index + start)
      start = end
    }
    addTrimmed(sentences, line[0].slice(start), line.index + start)
  }
  return sentences
}

function* endsOf(line: string): Generator<number> {
  for (const match of line.matchAll(/[.!?؟…]+["'”’»)\]*_]*(?=\s)|[。！？।]+["”」』）]*/gu)) {
    const end = match.index + match[0].length
    const isUnspaced = UNSPACED_END.includes(match[0][0] ?? '')
    if (isUnspaced || !isInnerDot(line, match.index + 1, end)) yield end
  }
}

function isInnerDot(line: string, dotEnd: number, end: number): boolean {
  if (line[dotEnd - 1] !== '.') return false
  // "1. Same wake-up time": the number of a list item. "12. März": a day.
  if (/^\s*(?:[-*>]\s*)?\d+\.$/.test(line.slice(0, dotEnd))) return true
  if (/^\s+\p{Ll}/u.test(line.slice(end))) return true
  return ABBREVIATION.test(line.slice(Math.max(0, dotEnd - 12), dotEnd))
}

function addTrimmed(sentences: Sentence[], raw: string, start: number): void {
  const text = raw.trim()
  if (/[\p{L}\p{N}]/u.test(text)) sentences.push({ text, start: start + raw.indexOf(text) })
}
