import { sentencesOf } from '../knowledge/sentences.ts'
import { termsOf } from '../knowledge/terms.ts'
import type { Source } from './answer-prompt.ts'
import type { ClaimCheck, Proof } from './claim-support.ts'

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

/** Longest such sentence; it may name the subject and no more. */
const MAX_NOT_COVERED_CHARS = 250

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
  /** Unsupported claims are left out; otherwise they stay, without a number. */
  isStrict: boolean
  /** Words of the coach that need no proof. */
  ownWords: string
}

/**
 * Keeps of an answer what the sources support, and numbers the proofs from 1 in the order they are
 * used. Numbers of sources that do not exist or do not hold the claim are taken off; a claim without
 * one is given the source that holds it.
 */
export function checkClaims(markdown: string, rules: ClaimRules): CheckedAnswer {
  const proofs: Proof[] = []
  const lines: string[] = []
  let dropped = 0
  for (const line of markdown.split('\n')) {
    const prefix = LINE_PREFIX.exec(line)?.[0] ?? ''
    const judged = judgeLine(line.slice(prefix.length), rules, proofs)
    dropped += judged.dropped
    if (judged.text !== '' || line.trim() === '') lines.push(judged.text === '' ? '' : prefix + judged.text)
  }
  return { markdown: tidy(lines), proofs, dropped }
}

function judgeLine(content: string, rules: ClaimRules, proofs: Proof[]): { text: string; dropped: number } {
  const sentences = splitClaims(content)
  const kept: string[] = []
  for (const [at, sentence] of sentences.entries()) {
    const found = proveSentence(sentence, sentences.slice(at + 1), rules)
    if (found.length > 0) kept.push(withMarkers(sentence.text, numberProofs(found, proofs)))
    else if (!rules.isStrict || needsNoProof(sentence, rules)) kept.push(sentence.text)
  }
  const isSpaceless = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(content)
  return { text: kept.join(isSpaceless ? '' : ' '), dropped: sentences.length - kept.length }
}

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

/** The sources a text's markers name. */
export function citedSources(markdown: string, sources: readonly Source[]): Source[] {
  const numbers = new Set((markdown.match(MARKERS) ?? []).flatMap(readNumbers))
  return sources.filter((_, at) => numbers.has(at + 1))
}

function readNumbers(marker: string): number[] {
  return (marker.match(/\d+/g) ?? []).map(Number)
}

function proveSentence(
  { text, numbers }: ClaimSentence,
  later: ClaimSentence[],
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
  return numbers.length === 0
    ? proveFrom(later.find((sentence) => sentence.numbers.length > 0)?.numbers ?? [])
    : []
}

function isNoClaim(text: string): boolean {
  return /[?？؟:：]["'”’»)*_]*$/.test(text) || termsOf(text).length < CLAIM_TERMS
}

function needsNoProof({ text, numbers }: ClaimSentence, { ownWords }: ClaimRules): boolean {
  if (numbers.includes(NOT_COVERED)) return text.length <= MAX_NOT_COVERED_CHARS && !/\p{N}|:\/\//u.test(text)
  if (ownWords.includes(text)) return true
  // A number on a sentence says that it claims something; it just could not be proven.
  return numbers.length === 0 && isNoClaim(text)
}

function numberProofs(found: Proof[], proofs: Proof[]): number[] {
  return found.map(({ source, quote }) => {
    const isSame = (proof: Proof) => proof.source.passage.id === source.passage.id && proof.quote === quote
    if (!proofs.some(isSame)) proofs.push({ source, quote })
    return proofs.findIndex(isSame) + 1
  })
}

function withMarkers(sentence: string, numbers: number[]): string {
  const markers = [...new Set(numbers)].map((n) => `[${n}]`).join('')
  if (/\|\s*$/.test(sentence)) return sentence.replace(/\s*\|\s*$/, ` ${markers} |`)
  const end = /[.!?。！？؟।…]*["'”’»)*_]*$/.exec(sentence)
  const at = end?.[0] ? end.index : sentence.length
  return `${sentence.slice(0, at)} ${markers}${sentence.slice(at)}`
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
