import { withoutDoubles } from '../knowledge/words/terms.ts'

/** Of shorter words a letter that is doubled or single is the only slip: the others have too many neighbours. */
const SWAPPED_FROM = 4
/** From this length on a letter may be missing, or one too many. */
const MISSED_FROM = 7
/** No word that is looked for is longer. */
const MAX_WORD = 40

/** Finds the word somebody meant who wrote it wrongly; undefined for what is no slip of any. */
export type FindMeant = (word: string) => string | undefined

/**
 * Knows the slips of a hurried hand in `words`: two letters changed, a letter doubled or single where the other is
 * right, one missing, or one too many. The first letter is as it should be, and one letter for another is no slip:
 * too many words that say something else ("starting" and "starving") are no further from each other.
 */
export function createSlipFinder(words: Iterable<string>): FindMeant {
  const known = new Set(words)
  const bySlip = new Map<string, string>()
  for (const word of known) {
    for (const slip of slipsOf(word)) if (!bySlip.has(slip)) bySlip.set(slip, word)
  }
  return (word) => {
    if (known.has(word) || word.length > MAX_WORD) return undefined
    const single = withoutDoubles(word)
    const meant = bySlip.get(single)
    if (meant || single.length <= MISSED_FROM) return meant
    return without(single)
      .map((shorter) => bySlip.get(shorter))
      .find((shorter) => shorter !== undefined && withoutDoubles(shorter).length === single.length - 1)
  }
}

function slipsOf(word: string): string[] {
  const single = withoutDoubles(word)
  return [
    single,
    ...(single.length >= SWAPPED_FROM ? swapped(single) : []),
    ...(single.length >= MISSED_FROM ? without(single) : []),
  ]
}

/** The word with each of its letters but the first changed with the next. */
function swapped(word: string): string[] {
  const letters = [...word]
  return letters
    .slice(2)
    .map((letter, at) => letters.toSpliced(at + 1, 2, letter, letters[at + 1] ?? '').join(''))
}

/** The word with each of its letters but the first left out. */
function without(word: string): string[] {
  const letters = [...word]
  return letters.slice(1).map((_, at) => letters.toSpliced(at + 1, 1).join(''))
}
