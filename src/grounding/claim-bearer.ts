import type { Matching } from './claim-place.ts'
import type { ClaimWord, Token } from './claim-text.ts'

/** So many plain words a claim must share with a part of a sentence to be about what that part tells. */
const TOLD_WORDS = 2
/** And this share of those it has in that sentence. */
const TOLD_SHARE = 0.6

const ARTICLES: ReadonlySet<string> = new Set(
  'the a an der die das den dem ein eine el la los las un una le les il lo gli o os as um uma de het een'.split(
    ' ',
  ),
)

/**
 * True where the part of a sentence that tells what a claim tells has a name or a number of its own in the place that
 * the claim gives to one from elsewhere: "Lind founded it" of "Varga founded it in 2011, Lind joined in 2014".
 */
export function namesAnotherBearer(sentences: ReadonlySet<number>, matching: Matching): boolean {
  return [...sentences].some((sentence) => {
    const facts = factsIn(sentence, matching)
    const telling = tellingClause(facts)
    if (telling === undefined) return false
    const tokens = matching.source.tokens.filter((token) => token.sentence === sentence)
    const told = tokens.filter(({ clause }) => clause === telling)
    const held = facts.filter(({ found }) => found.clause === telling)
    return (
      isYearTaken(told, matching) || isDoerTaken({ told, before: partBefore(tokens, told), held }, matching)
    )
  })
}

interface Fact {
  word: ClaimWord
  found: ClaimWord
}

/** Plain words of the claim, each where the sentence has it. */
function factsIn(sentence: number, { claim, matches }: Matching): Fact[] {
  return claim.words.flatMap((word) => {
    const found = (matches.get(word) ?? []).filter((other) => other.sentence === sentence)
    const [only] = found
    return only && isPlain(word) && found.every(isPlain) ? found.map((other) => ({ word, found: other })) : []
  })
}

function isPlain({ isName, values }: ClaimWord): boolean {
  return !isName && values.length === 0
}

function tellingClause(facts: readonly Fact[]): number | undefined {
  const all = new Set(facts.map(({ word }) => word)).size
  const [first, second] = [...Map.groupBy(facts, ({ found }) => found.clause)]
    .map(([clause, list]) => ({ clause, words: new Set(list.map(({ word }) => word)).size }))
    .sort((a, b) => b.words - a.words)
  if (!first || first.words < TOLD_WORDS || first.words < TOLD_SHARE * all) return undefined
  return first.words === second?.words ? undefined : first.clause
}

/** A year in the telling part for which the claim has one from elsewhere. */
function isYearTaken(told: readonly Token[], { claim, matches }: Matching): boolean {
  const years = told.flatMap(({ word }) => (word && isYear(word) ? [word] : []))
  const stated = claim.words.filter(isYear)
  return (
    years.length > 0 &&
    stated.length > 0 &&
    stated.every((word) => (matches.get(word) ?? []).length > 0) &&
    !years.some((year) => stated.some((word) => matches.get(word)?.includes(year)))
  )
}

function isYear({ text }: ClaimWord): boolean {
  return /^\d{4}$/.test(text)
}

/** Who the telling part names before what it tells, where the claim names another one there. */
function isDoerTaken(
  { told, before, held }: { told: readonly Token[]; before: readonly Token[]; held: readonly Fact[] },
  { claim, matches, around }: Matching,
): boolean {
  if (around.areNounsCapital) return false
  const first = Math.min(...held.map(({ found }) => found.at))
  const begin = Math.min(...held.map(({ word }) => word.at))
  const isNamed = (word: ClaimWord) => word.isName || (matches.get(word) ?? []).some(({ isName }) => isName)
  const stated = claim.words.filter((word) => word.isContent && word.values.length === 0 && isNamed(word))
  const doers = stated.filter((word) => word.at < begin)
  if (doers.length === 0 || !doers.every((word) => (matches.get(word) ?? []).length > 0)) return false
  const reach = [...before, ...told].flatMap(({ word }) => (word ? [word] : []))
  const isHere = (word: ClaimWord) => reach.includes(word)
  if (doers.some((word) => (matches.get(word) ?? []).some(isHere))) return false
  return namesWithoutCase([...before, ...told]).some((name) => name.at < first)
}

/** The part before, where it is nothing but a name that the telling part explains. */
function partBefore(tokens: readonly Token[], told: readonly Token[]): Token[] {
  const clause = told[0]?.clause ?? 0
  const part = tokens.filter((token) => token.clause === clause - 1)
  const isName = part.every(({ text, word }) => ARTICLES.has(text) || (word?.isContent && word.isName))
  return isName ? part : []
}

/** Names before which nothing stands that says in, of or with: they may be who does it. */
function namesWithoutCase(tokens: readonly Token[]): ClaimWord[] {
  return tokens.flatMap(({ word }, at) => {
    const start = tokens.findLastIndex((token, other) => other < at && !token.word?.isName)
    const opening = tokens[start]
    const isFree = !opening || opening.word !== undefined || ARTICLES.has(opening.text)
    return word?.isName && word.values.length === 0 && isFree ? [word] : []
  })
}
