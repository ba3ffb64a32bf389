import { sentencesOf } from '../knowledge/words/sentences.ts'
import { termsOf } from '../knowledge/words/terms.ts'
import { coverageOf, type WordIndex } from '../knowledge/words/word-index.ts'
import type { ClaimCheck, Proof } from './claim-support.ts'
import { readClaimText } from './claim-text.ts'
import { isCourtesy } from './courtesy.ts'
import type { Source } from './source.ts'
import { partScripts } from './unspaced.ts'

/** `[1]`, `[1, 3]`, `[1-3]`, `【2】`; not the text of a link. */
const MARKERS = /\s*[[【]\s*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*[\]】](?!\()/g

/** A marker that was written after the full stop belongs to the sentence before it. */
const LATE_MARKERS =
  /([.!?。！？؟।]["'”’»)*_]*)((?:\s*[[【]\s*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*[\]】](?!\())+)/g

const LINE_PREFIX = /^\s*(?:(?:[-*+•]|\d{1,3}[.)]|#{1,6}|>)\s+)*/

/** Fewer words of meaning claim nothing: "Yes.", "I hope this helps." */
const CLAIM_TERMS = 3

/** The number a model gives to a sentence that says what the material does not cover. */
const NOT_COVERED = 0

/** Share of a sentence's words that are the person's own, where it says back what they told: "you said" is not. */
const SAID_BACK_SHARE = 0.65

/** Longest such sentence; it may name the subject and no more. */
const MAX_NOT_COVERED_CHARS = 160

export interface CheckedAnswer {
  markdown: string
  /** In order of first use: proof n is shown as [n + 1]. */
  proofs: Proof[]
  /** Sentences left out because nothing supports them. */
  dropped: number
}

interface ClaimRules {
  /** What a model numbered [1], [2] ... */
  sources: readonly Source[]
  check: ClaimCheck
  /** What becomes of a claim that nothing supports: left out, kept with the sign for it, or kept without a number. */
  unproven: 'drop' | 'mark' | 'keep'
  /** What is never said, proven or not: the rules the model was given, words meant for a model. */
  isBarred: (text: string) => boolean
  /** What the person asked: their words may come back without a proof. */
  asked: WordIndex
  /** Words of the coach that need no proof. */
  ownWords: string
  /** What the person told of themselves: said back to them it needs no proof, and gets none. */
  told?: WordIndex | undefined
}

/**
 * Keeps of an answer what the sources support, and numbers the proofs from 1 in the order they are
 * used. Numbers of sources that do not exist or do not hold the claim are taken off; a claim without
 * one is given the source that holds it.
 *
 * @param verdicts on sentences of this answer that were judged by the same rules before: its drafts say them again.
 */
export function checkClaims(
  markdown: string,
  rules: ClaimRules,
  verdicts: Verdicts = new Map(),
): CheckedAnswer {
  const state: Judging = { proofs: [], isLackSaid: false, verdicts }
  const lines: string[] = []
  let dropped = 0
  for (const line of markdown.split('\n')) {
    const prefix = LINE_PREFIX.exec(line)?.[0] ?? ''
    const judged = judgeLine(line.slice(prefix.length), rules, state)
    dropped += judged.dropped
    if (judged.text !== '' || line.trim() === '') lines.push(judged.text === '' ? '' : prefix + judged.text)
  }
  return { markdown: tidy(lines), proofs: state.proofs, dropped }
}

/** What has been said so far. */
interface Judging {
  proofs: Proof[]
  /** That the material does not cover something is said once. */
  isLackSaid: boolean
  verdicts: Verdicts
}

/** What the rules alone say of a sentence, whatever was said before it. */
interface Verdict {
  proofs: Proof[]
  /** It may be said to be what the material lacks, once. */
  isLack: boolean
  /** As it may be said where it is neither; `undefined` where it may not. */
  text: string | undefined
}

/** By the sentence and the numbers it may be proven by. */
export type Verdicts = Map<string, Verdict>

function judgeLine(content: string, rules: ClaimRules, state: Judging): { text: string; dropped: number } {
  const sentences = splitClaims(content)
  const kept: string[] = []
  for (const [at, sentence] of sentences.entries()) {
    const said = judgeSentence(sentence, { later: sentences.slice(at + 1), rules, state })
    if (said !== undefined) kept.push(said)
  }
  const isSpaceless = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(content)
  return { text: kept.join(isSpaceless ? '' : ' '), dropped: sentences.length - kept.length }
}

/** The sentence as it may be said; `undefined` where it may not. */
function judgeSentence(
  sentence: ClaimSentence,
  { later, rules, state }: { later: ClaimSentence[]; rules: ClaimRules; state: Judging },
): string | undefined {
  const numbers = later.find((other) => other.numbers.length > 0)?.numbers ?? []
  const key = [sentence.numbers, numbers, sentence.text].join('|')
  const verdict = state.verdicts.get(key) ?? findVerdict(sentence, numbers, rules)
  state.verdicts.set(key, verdict)
  if (verdict.proofs.length > 0) return withMarkers(sentence.text, numberProofs(verdict.proofs, state.proofs))
  if (!verdict.isLack || state.isLackSaid) return verdict.text
  state.isLackSaid = true
  return sentence.text
}

function findVerdict(sentence: ClaimSentence, laterNumbers: number[], rules: ClaimRules): Verdict {
  const { text } = sentence
  const verdict = (said: string | undefined) => ({ proofs: [], isLack: false, text: said })
  if (rules.isBarred(text)) return verdict(undefined)
  if (saysBack(sentence, rules)) return verdict(text)
  const proofs = proveSentence(sentence, laterNumbers, rules)
  if (proofs.some(({ source }) => isStrayCode(text, source, rules.asked))) return verdict(undefined)
  if (proofs.length > 0) return { proofs, isLack: false, text }
  return { proofs, isLack: saysLack(sentence, rules), text: sayUnproven(sentence, rules) }
}

function sayUnproven(sentence: ClaimSentence, rules: ClaimRules): string | undefined {
  const { text } = sentence
  if (needsNoProof(sentence, rules)) return text
  if (rules.unproven === 'drop' || isNoClaim(text) || holdsCode(text, rules.asked)) return undefined
  return rules.unproven === 'mark' ? withSign(text, GENERAL_SIGN) : text
}

/** Stands behind a sentence that is not from the material. */
export const GENERAL_SIGN = '†'

interface ClaimSentence {
  text: string
  numbers: number[]
}

function splitClaims(content: string): ClaimSentence[] {
  const moved = content.replace(LATE_MARKERS, '$2$1')
  const sentences = sentencesOf(moved).map(({ text }) => ({
    text: text.replace(MARKERS, '').trim(),
    numbers: (text.match(MARKERS) ?? []).flatMap(readNumbers),
  }))
  if (sentences.length > 0) return sentences
  // A rule, a table's dashes, an emoji: nothing to check.
  return moved.trim() === '' ? [] : [{ text: moved.trim(), numbers: [] }]
}

function readNumbers(marker: string): number[] {
  return (marker.match(/\d+/g) ?? []).map(Number)
}

function proveSentence(
  { text, numbers }: ClaimSentence,
  laterNumbers: number[],
  { sources, check }: ClaimRules,
): Proof[] {
  const proveFrom = (wanted: number[]) =>
    [...new Set(wanted)].flatMap((n) => {
      const source = sources[n - 1]
      return (source && check.prove(text, source)) ?? []
    })
  const own = proveFrom(numbers)
  if (own.length > 0 || isNoClaim(text)) return own
  const found = check.find(text)
  if (found) return [found]
  // Models often number only the last sentence of a thought.
  return numbers.length === 0 ? proveFrom(laterNumbers) : []
}

function isNoClaim(text: string): boolean {
  return /[?？؟:：]["'”’»)*_]*$/.test(text) || termsOf(text).length < CLAIM_TERMS
}

/** True for a sentence that says what the material does not cover, by the number for it: a short one that denies. */
function saysLack({ text, numbers }: ClaimSentence, { asked }: ClaimRules): boolean {
  return (
    numbers.includes(NOT_COVERED) &&
    text.length <= MAX_NOT_COVERED_CHARS &&
    !/\p{N}|:\/\//u.test(text) &&
    !holdsCode(text, asked) &&
    readClaimText(text).words.some(({ isNegation }) => isNegation)
  )
}

function needsNoProof(sentence: ClaimSentence, { ownWords, asked }: ClaimRules): boolean {
  const { text, numbers } = sentence
  if (ownWords.includes(text)) return true
  if (holdsCode(text, asked)) return false
  // A number on a sentence says that it claims something; it just could not be proven.
  if (numbers.length > 0 || !isNoClaim(text) || text.length > MAX_OPENING_CHARS) return false
  const foreign = termsOf(text).filter((term) => asked.find(term) === 0 && !isCourtesy(term.text))
  // Of a question or an opening a few words may be new; of a mere fragment none.
  return foreign.length <= (termsOf(text).length < CLAIM_TERMS ? 0 : MAX_NEW_WORDS)
}

/** Longest opening ("Here is how:") or question that needs no proof. */
const MAX_OPENING_CHARS = 160
const MAX_NEW_WORDS = 4

/** Words written like a code: in capitals, or letters and digits in one. */
const CODE =
  /(?<![\p{L}\p{N}])(?:\p{Lu}{4,}|\p{Lu}{2,}(?:[-_]\p{Lu}*\p{N}*)+|\p{L}+(?:[-_]\p{L}+)*[-_]\p{N}{2,}|(?=\p{L}*\p{N})(?=\p{N}*\p{L}{2})[\p{L}\p{N}]{4,})(?![\p{L}\p{N}])/gu

/** The same, more surely no word of a language: capitals, hyphens and digits mixed. */
const PASSWORD =
  /(?<![\p{L}\p{N}])(?:\p{Lu}{3,}[-_]\p{Lu}{3,}[-_\p{Lu}\p{N}]*|\p{Lu}{6,}[-_]\p{N}+|\p{L}{3,}[-_]\p{L}{3,}[-_]\p{N}+|(?=\p{L}+\p{N}+\p{L})[\p{L}\p{N}]{6,})(?![\p{L}\p{N}])/gu

/**
 * True for a claim with such a word whose place in the source has nothing to do with the question: what an order
 * hidden there wanted to see come out.
 */
function isStrayCode(text: string, { shown }: Source, asked: WordIndex): boolean {
  const codes = (partScripts(text).match(PASSWORD) ?? []).filter((code) =>
    termsOf(code).some((term) => asked.find(term) < 1),
  )
  return codes.some((code) => {
    const around = sentencesOf(shown).filter((sentence) => sentence.text.includes(code))
    return !around.some((sentence) => termsOf(sentence.text).some((term) => asked.find(term) > 0))
  })
}

/** True where a text that nothing proves holds such a word that the person did not write. */
function holdsCode(text: string, asked: WordIndex): boolean {
  return (partScripts(text).match(CODE) ?? []).some((code) =>
    termsOf(code).some((term) => asked.find(term) < 1),
  )
}

/** True for "you told me that your knee hurts": nearly every word of it, and every number, is the person's. */
function saysBack({ text, numbers }: ClaimSentence, { told }: ClaimRules): boolean {
  if (!told || numbers.length > 0) return false
  const terms = termsOf(text)
  const isNumber = /^\p{N}/u
  return (
    terms.length > 0 &&
    terms.every((term) => !isNumber.test(term.text) || told.find(term) === 1) &&
    coverageOf(terms, told, () => 1) >= SAID_BACK_SHARE
  )
}

function numberProofs(found: Proof[], proofs: Proof[]): number[] {
  return found.map(({ source, quote }) => {
    const isSame = (proof: Proof) => proof.source.passage.id === source.passage.id && proof.quote === quote
    if (!proofs.some(isSame)) proofs.push({ source, quote })
    return proofs.findIndex(isSame) + 1
  })
}

function withMarkers(sentence: string, numbers: number[]): string {
  return withSign(sentence, [...new Set(numbers)].map((n) => `[${n}]`).join(''))
}

/** With a sign before the full stop, or at the end of a table's row. */
function withSign(sentence: string, sign: string): string {
  if (/\|\s*$/.test(sentence)) return sentence.replace(/\s*\|\s*$/, ` ${sign} |`)
  const end = /[.!?。！？؟।…]*["'”’»)*_]*$/.exec(sentence)
  const at = end?.[0] ? end.index : sentence.length
  return `${sentence.slice(0, at)} ${sign}${sentence.slice(at)}`
}

/** Without headings and openings ("Here is how:") whose content is gone, and without empty runs. */
function tidy(lines: string[]): string {
  const kept: string[] = []
  for (const line of lines.toReversed()) {
    const next = kept[0]
    const isHanging = next === undefined || /^\s*#{1,6}\s/.test(next)
    if (line === '' && (next === undefined || next === '')) continue
    if (isHanging && (/^\s*#{1,6}\s/.test(line) || /[:：]\**$/.test(line))) continue
    kept.unshift(line)
  }
  return kept.join('\n').trim()
}
