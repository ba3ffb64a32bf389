import { deniesAlike, deniesClaim } from './claim-denial.ts'
import { fitOf, IN_PLACE, isPlaceTaken, type Matching } from './claim-place.ts'
import { saysAnother } from './claim-relation.ts'
import { standsInStead } from './claim-stead.ts'
import type { ClaimWord, ReadText } from './claim-text.ts'

/** From this share of its words on, a claim says the question again. */
const REPEATS_QUESTION = 0.5

/** True where a claim says the question again with another number, name or direction, which the source does not say so. */
export function turnsQuestion(matching: Matching): boolean {
  const { claim, source, matches, around } = matching
  const { asked } = around
  const content = claim.words.filter(({ isContent }) => isContent)
  const again = new Map(claim.words.map((word) => [word, word.isContent ? asked.find(word) : []]))
  const said = new Set([...again.values()].flat())
  if (content.filter((word) => (again.get(word) ?? []).length > 0).length < REPEATS_QUESTION * content.length)
    return false
  if (answersElsewhere(content, again, matching)) return true
  const question: Matching = { claim, source: asked, matches: again, around }
  const denies = ({ words }: ReadText) => words.some(({ isNegation }) => isNegation)
  // Whether a claim and a source deny the same in other words cannot be told: then the question's words decide.
  if (denies(source) && denies(claim) !== denies(asked)) {
    const whole = { from: 0, to: asked.sentences - 1 }
    if (denies(asked) ? deniesClaim(whole, question) : !deniesAlike(matching)) return true
  }
  if (isExchangedInQuestion(question) || content.some((word) => isOtherInQuestion(word, question, matches)))
    return true
  const left = asked.words.filter((word) => !said.has(word))
  return claim.words.some((word) => {
    if ((again.get(word) ?? []).length > 0) return false
    const others = left.filter((other) => isOfOneKind(word, other))
    if (!isPlaceTaken(word, [], others, question)) return false
    const own = word.isContent
      ? (matches.get(word) ?? [])
      : source.words.filter(({ text }) => text === word.text)
    return !own.some((found) => fitOf(word, found, matching) >= IN_PLACE)
  })
}

/** True where a claim follows the question but for words that changed places. */
function isExchangedInQuestion(question: Matching): boolean {
  const { claim, source: asked, matches } = question
  const held = Array.from({ length: asked.sentences }, (_, at) => ({
    at,
    words: claim.words.filter((word) => matches.get(word)?.some(({ sentence }) => sentence === at)).length,
  }))
  const most = Math.max(...held.map(({ words }) => words))
  // Asked in several wordings, one that is followed is enough.
  const followed = held.filter(({ words }) => words >= most * FOLLOWED_SHARE)
  return followed.every(({ at }) => standsInStead(new Set([at]), question))
}

/** A wording of the question is compared that has this share of what the nearest has of a claim's words. */
const FOLLOWED_SHARE = 0.8

/** True for a word that neither the question nor the source has, in the place of one that the question has. */
function isOtherInQuestion(word: ClaimWord, question: Matching, matches: Matching['matches']): boolean {
  const isNew = question.matches.get(word)?.length === 0 && matches.get(word)?.length === 0
  return isNew && saysAnother(word, question.source.words, question)
}

/** Words of the question that tell where in a source it is answered. */
const ASKED_WORDS = 2
/** What the sentence of the answer must hold of them, of what the sentence that holds most of them does. */
const ASKED_SHARE = 0.6

/** True where what a claim adds to the question stands in one sentence, and what was asked in another. */
function answersElsewhere(
  content: readonly ClaimWord[],
  again: ReadonlyMap<ClaimWord, readonly ClaimWord[]>,
  { matches, around }: Matching,
): boolean {
  const isAsked = (word: ClaimWord) => (again.get(word) ?? []).length > 0
  const held = (words: readonly ClaimWord[]) => {
    const weights = new Map<number, number>()
    for (const word of words) {
      for (const sentence of new Set((matches.get(word) ?? []).map((found) => found.sentence)))
        weights.set(sentence, (weights.get(sentence) ?? 0) + around.weigh(word))
    }
    return weights
  }
  const repeated = content.filter((word) => isAsked(word) && (matches.get(word) ?? []).length > 0)
  const added = content.filter((word) => !isAsked(word) && (matches.get(word) ?? []).length > 0)
  if (repeated.length < ASKED_WORDS || added.length === 0) return false
  const [asked, answers] = [held(repeated), held(added)]
  const most = Math.max(...answers.values())
  const best = Math.max(...[...answers].map(([at, weight]) => (weight >= most ? (asked.get(at) ?? 0) : 0)))
  return best < ASKED_SHARE * Math.max(...asked.values())
}

/** True for two numbers, two names, or two words of one class that exclude each other. */
function isOfOneKind(word: ClaimWord, other: ClaimWord): boolean {
  if (word.values.length > 0 || other.values.length > 0)
    return word.values.length > 0 && other.values.length > 0
  if (word.isName && other.isName) return true
  return word.opposites.some(({ of, group }) =>
    other.opposites.some((it) => it.of === of && it.group !== group),
  )
}
