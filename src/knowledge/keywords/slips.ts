import { STOPWORDS } from '../words/stopwords.ts'
import { foldText, isOneSlipAway, withoutDoubles } from '../words/terms.ts'

/** Words of {@link SHORT_LETTERS} are only taken for another by a letter doubled or not ("napp", "slep"). */
const SHORT_LETTERS = 4

/** Shorter words lie one letter from too many others ("join", "joint"). */
const SLIP_LETTERS = 5

/** How a word begins is seldom mistyped; only terms of the base that begin alike are looked through. */
export const SURE_CHARACTERS = 2

/** True for a word no passage holds that may be another one mistyped: letters of an alphabet, and enough of them. */
export function canBeSlip(word: string): boolean {
  return countLetters(word) >= SHORT_LETTERS && IN_LETTERS.test(word) && !STOPWORDS.has(foldText(word))
}

const IN_LETTERS =
  /^(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{M}])+$/u

/** Vowel signs stand on their letter: of four Hindi characters two may be signs, and a sign more is another word. */
function countLetters(word: string): number {
  return word.replace(/\p{M}/gu, '').length
}

/** Of a base's terms those one slip of the keys from these stems: a letter added, left out, changed, or two swapped. */
export function pickMeantTerms(stems: readonly string[], terms: readonly string[]): string[] {
  const slips = stems.filter(canBeSlip)
  return terms.filter((term) => slips.some((slip) => isSlipOf(slip, term)))
}

function isSlipOf(slip: string, term: string): boolean {
  if (slip.slice(0, SURE_CHARACTERS) !== term.slice(0, SURE_CHARACTERS)) return false
  if (withoutDoubles(slip) === withoutDoubles(term)) return true
  const [short, long] = slip.length <= term.length ? [slip, term] : [term, slip]
  return countLetters(slip) >= SLIP_LETTERS && isOneSlipAway(short, long)
}
