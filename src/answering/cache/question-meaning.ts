import {
  ASKING,
  BEFORE_NUMBERS,
  CANONICAL,
  DEFINING,
  EMPTY_WORDS,
  FRAMES,
  MODALS,
  POINTING,
  UNINFLECTED,
} from './question-words.ts'

/** Longest question that is compared: a longer one tells a story. */
const MAX_WORDS = 40

/** Asked for in these ways, "can I", "should I" and "do I" want one answer. */
const MODAL_FREE = new Set(['how', 'where'])
/** Asked for in these, "should" says nothing that "do" does not. */
const CAN_MATTERS = new Set(['can', 'must'])

const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:can't|cannot)\b/g, 'can not'],
  [/\bwon't\b/g, 'will not'],
  [/n't\b/g, ' not'],
  [/\b(what|how|where|when|who|why|that|there|it|he|she)'s\b/g, '$1 is'],
  [/'(?:m|re)\b/g, ' are'],
  [/'ve\b/g, ' have'],
  [/'d\b/g, ' would'],
  [/'ll\b/g, ' will'],
  [/'s\b/g, ' '],
]

/** Decimal and clock numbers stay whole. */
const WORD = /\p{N}+(?:[.:,]\p{N}+)*|[\p{L}\p{M}\p{N}]+(?:-[\p{L}\p{N}]+)*|[%€$£°]/gu

/** The text as two people type the same question: case, spaces and the closing mark aside. */
export function normaliseQuestion(question: string): string {
  const plain = question
    .normalize('NFKC')
    .replace(/[\u2018\u2019\u201b`´]/g, "'")
    .replace(/[\u201c\u201d\u201e«»]/g, '"')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\s?!.。？！؟]+$/u, '')
  return plain.toLowerCase()
}

/** What a question asks, whatever its wording. */
export interface QuestionMeaning {
  /** The same for two questions that ask the same. */
  key: string
  /** Its words of meaning as they were written: what tells whether one key was given to two meanings. */
  bare: string
}

/**
 * What an English question asks, in words that all its wordings share: how it asks, and every word of meaning in
 * order, inflections and a few plain synonyms aside. Two questions with the same key are the same question; what
 * differs in a number, a unit, a name, a denial, a direction or an order has another one.
 *
 * `undefined` for other languages, for a question that does not stand alone, and where nothing is left.
 */
export function readMeaning(question: string, language: string): QuestionMeaning | undefined {
  if (language.split('-')[0] !== 'en') return undefined
  const words = listWords(question)
  if (words.length === 0 || words.length > MAX_WORDS) return undefined
  if (words.some((word) => POINTING.has(word))) return undefined
  const asking = words.filter((word) => ASKING.has(word)).map((word) => (word === 'which' ? 'what' : word))
  const modals = words.flatMap((word) => MODALS[word] ?? [])
  const isDefining = asking.length === 0 && words.some((word) => DEFINING.has(word))
  const ways = isDefining ? ['what'] : asking
  const bare = words.filter((word, at) => isKept(word, words[at + 1], isDefining))
  const kept = bare.map(canonical)
  if (kept.length === 0 || (ways.length === 0 && modals.length === 0 && !opensAsQuestion(question))) {
    return undefined
  }
  const key = [ways, chooseModals(ways, modals), kept].map((part) => part.join(' ')).join('|')
  return { key, bare: bare.join(' ') }
}

function listWords(question: string): string[] {
  let text = ` ${endWithOpening(normaliseQuestion(question))} `
  for (const [short, long] of CONTRACTIONS) text = text.replace(short, long)
  for (const [frame, words] of FRAMES) text = text.replace(frame, words).replace(/ {2,}/g, ' ')
  return text.match(WORD) ?? []
}

/** "Before a run, can I eat?" asks as "Can I eat before a run?" does. */
function endWithOpening(text: string): string {
  const [, opening, rest] =
    /^((?:before|after|during|while|when|if|without|on|in|at) [^,]{2,60}), (.+)$/.exec(text) ?? []
  const isQuestion =
    rest !== undefined &&
    /^(?:how|what|when|where|why|who|which|can|could|should|do|does|is|are|must|may)\b/.test(rest)
  return isQuestion ? `${rest} ${opening}` : text
}

function isKept(word: string, next: string | undefined, isDefining: boolean): boolean {
  if (ASKING.has(word) || MODALS[word] || (isDefining && DEFINING.has(word))) return false
  if (BEFORE_NUMBERS.has(word) && next !== undefined && /^\p{N}/u.test(next)) return true
  return !EMPTY_WORDS.has(word)
}

function canonical(word: string): string {
  const base = stripEnding(CANONICAL.get(word) ?? word)
  return CANONICAL.get(base) ?? base
}

function chooseModals(ways: string[], modals: string[]): string[] {
  if (ways.length === 0) return modals
  if (ways.every((way) => MODAL_FREE.has(way))) return modals.filter((modal) => modal === 'must')
  return modals.filter((modal) => CAN_MATTERS.has(modal))
}

function opensAsQuestion(question: string): boolean {
  return /^\W*(?:is|are|was|were|do|does|did|will|would|has|have|am)\b/i.test(question)
}

const VOWEL = /[aeiouy]/

/** A word without the ending of its number or tense. Other endings make other words. */
function stripEnding(word: string): string {
  if (word.length < 4 || UNINFLECTED.has(word) || !/^[a-z]+$/.test(word)) return word
  if (/(?:ies|ied)$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`
  const verb = /^(.{3,})(?:ing|ed)$/.exec(word)?.[1]
  if (verb && VOWEL.test(verb)) return restoreVerb(verb)
  if (/(?:s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2)
  return /[^sui]s$/.test(word) ? word.slice(0, -1) : word
}

/** "runn" is "run", "tak" is "take", "eat" is "eat". */
function restoreVerb(verb: string): string {
  if (/([bdgmnprt])\1$/.test(verb)) return verb.slice(0, -1)
  const isShort = /^[^aeiouy]*[aeiouy][^aeiouywx]$/.test(verb)
  if (isShort || /(?:[^aeiou]at|[aeiou][csvgz]|[aeio]r[gsv]|u|[lrn]s|[dn]g|tl|bl)$/.test(verb))
    return `${verb}e`
  return verb
}
