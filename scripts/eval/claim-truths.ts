import { sentencesOf } from '../../src/knowledge/words/sentences.ts'
import type { MaterialPassage } from './claim-material.ts'

/** Says the same in other words; `undefined` where the sentence gives no hold for it. */
export type Rewording = (sentence: string, random: () => number) => string | undefined

/** Lighter than what a model does, but by rules: what they make is true where the sentence was. */
export const REWORDINGS: Readonly<Record<string, Rewording>> = {
  verbatim: (sentence) => sentence,
  reordered: reorder,
  shortened: shorten,
  'number format': rewriteNumbers,
  synonyms: replaceSynonyms,
  'active for passive': turnActive,
  'lead-in': (sentence, random) =>
    `${LEAD_INS[Math.floor(random() * LEAD_INS.length)]} ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`,
  'list turned': turnList,
  'twice reworded': (sentence, random) => {
    const once = reorder(sentence) ?? shorten(sentence)
    const twice = once && replaceSynonyms(once)
    return twice && REWORDINGS['lead-in']?.(twice, random)
  },
}

/** English alone: rewordings that other languages do not have. */
export const ENGLISH_ONLY = new Set(['synonyms', 'active for passive', 'lead-in', 'twice reworded'])

/** Rewordings that know a name by its capital. */
export const NO_GERMAN = new Set(['list turned'])

const LEAD_INS = ['Yes, and note that', 'In short,', 'The answer is that', 'What you want to know is that']

/** "In 1990, A did B." becomes "A did B, in 1990." */
function reorder(sentence: string): string | undefined {
  const end = /[.!?。]$/.exec(sentence)?.[0] ?? ''
  const [first = '', ...rest] = sentence.slice(0, sentence.length - end.length).split(/, /)
  const other = rest.join(', ')
  if (wordsOf(first) < 2 || wordsOf(other) < 4 || rest.length > 2) return undefined
  return `${other.charAt(0).toUpperCase()}${other.slice(1)}, ${first.charAt(0).toLowerCase()}${first.slice(1)}${end}`
}

/** Without what stands in brackets, or without its last part. */
function shorten(sentence: string): string | undefined {
  const bare = sentence.replace(/\s*\([^)]*\)/g, '')
  if (bare !== sentence && wordsOf(bare) >= 5) return bare
  const parts = sentence.replace(/[.!?]$/, '').split(', ')
  const last = parts.at(-1) ?? ''
  if (parts.length < 3 || /^(?:if|unless|except|but|wenn|sino|pero|sauf)\b/i.test(last)) return undefined
  return `${parts.slice(0, -1).join(', ')}.`
}

const NAME = String.raw`\p{Lu}[\p{L}\p{N}.'’-]*(?: \p{Lu}[\p{L}\p{N}.'’-]*)*`
const LINK = `(?:,? (?:and|or|und|oder|y|o|и|или|ve|veya) |, )`

/** "In Rome, Paris and London": two names that a comma or "and" joins, others perhaps between them. */
export function listsNames(sentence: string, first: string, second: string): boolean {
  const [from, to] = [sentence.indexOf(first) + first.length, sentence.indexOf(second)]
  return new RegExp(`^${LINK}(?:${NAME}${LINK})*$`, 'u').test(sentence.slice(from, to))
}

/** "A and B did" becomes "B and A did". */
function turnList(sentence: string): string | undefined {
  const pair = new RegExp(String.raw`(?<=\p{Ll} )(${NAME}) (and|or|und|oder|y|и|ve) (${NAME})(?=[ .,])`, 'u')
  const changed = sentence.replace(pair, '$3 $2 $1')
  // Of "between A and B of C" the end belongs to one of the two.
  return changed === sentence || /(?:\bof|\bde|\bvon) \p{Lu}/u.test(sentence) ? undefined : changed
}

const NUMBER_WORDS = [
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]

function rewriteNumbers(sentence: string): string | undefined {
  const words = new RegExp(String.raw`\b(${NUMBER_WORDS.join('|')})\b`, 'gi')
  const changed = sentence
    .replace(/\b(\d{1,3}),(\d{3})\b(?!,)/g, '$1$2')
    .replace(/(\d) percent\b/g, '$1%')
    .replace(/(\d) ?%/g, '$1 %')
    .replace(words, (word) => String(NUMBER_WORDS.indexOf(word.toLowerCase()) + 2))
  return changed === sentence ? undefined : changed
}

const SYNONYMS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bshowed\b/, 'demonstrated'],
  [/\bshows?\b/, 'demonstrates'],
  [/\busually\b/, 'generally'],
  [/\bhelps?\b/, 'assists'],
  [/\blarge\b/, 'big'],
  [/\bbegan\b/, 'started'],
  [/\bbegins?\b/, 'starts'],
  [/\bcalled\b/, 'known as'],
  [/\bchildren\b/, 'kids'],
  [/\bphysicians?\b/, 'doctors'],
  [/\babout\b/, 'roughly'],
  [/\bapproximately\b/, 'about'],
  [/\brequires?\b/, 'needs'],
  [/\bobtain(?:ed)?\b/, 'got'],
  [/\buse[ds]?\b/, 'employs'],
  [/\bimportant\b/, 'essential'],
  [/\bseveral\b/, 'a number of'],
  [/\bhowever,?\b/i, 'but'],
  [/\bpeople\b/, 'persons'],
  [/\billness\b/, 'disease'],
]

function replaceSynonyms(sentence: string): string | undefined {
  const changed = SYNONYMS.reduce((text, [from, to]) => text.replace(from, to), sentence)
  return changed === sentence ? undefined : changed
}

function turnActive(sentence: string): string | undefined {
  const match = /^([^,;]+?) (?:was|were) (\w+ed) by ([^,;]+?)\.$/.exec(sentence)
  return match ? `${capitalise(match[3] ?? '')} ${match[2]} ${uncapitalise(match[1] ?? '')}.` : undefined
}

/** Question words at the place of which the answer can stand, by language. */
const ASKING: Readonly<Record<string, RegExp>> = {
  en: /\b(?:which|what|how many|how much|who|whose|where|when|why|how)\b(?: (?:did|does|do|was|were|is|are)\b)?/i,
  de: /(?<!\p{L})(?:welche[rnsm]?|was|wie viele?|wer|wen|wem|wessen|wo|wann|warum|wie|woher|wohin)(?!\p{L})/iu,
  es: /¿?(?<!\p{L})(?:qué|cuáles|cuál|cuántos|cuántas|cuánto|quiénes|quién|dónde|cuándo|por qué|cómo)(?!\p{L})/iu,
  ru: /(?<!\p{L})(?:как(?:ой|ая|ое|ие|ого|ую|им|ом)|что|сколько|кто|где|когда|почему|как|чем)(?!\p{L})/iu,
  zh: /什么(?:时候|地方)?|哪(?:里|个|些|一?年)?|谁|多少|几|为什么|如何|怎么/u,
}

/** A question and its answer as one statement; `undefined` where the language has no rule. */
export function stateAnswer(
  { question, answer }: MaterialPassage['asked'][number],
  language: string,
): string | undefined {
  const asking = ASKING[language]
  if (!asking?.test(question)) return undefined
  const stated = question.replace(asking, answer.replaceAll('$', '$$$$')).replace(/[?？¿؟]/g, '')
  return `${capitalise(stated.trim())}${language === 'zh' ? '。' : '.'}`
}

/** Two neighbours in one sentence. */
export function joinSentences(text: string, at: number): string | undefined {
  const [first, second] = sentencesOf(text).slice(at, at + 2)
  if (!first || !second || !first.text.endsWith('.') || first.text.includes('?')) return undefined
  return `${first.text.slice(0, -1)}, and ${uncapitalise(second.text)}`
}

export function wordsOf(text: string): number {
  return text.split(/\s+/).filter(Boolean).length
}

export function capitalise(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** Of an article or a pronoun alone: names keep their capital. */
export function uncapitalise(text: string): string {
  return /^(?:The|A|An|It|They|This|These|In|On|He|She|You|If|For)\b/.test(text)
    ? `${text.charAt(0).toLowerCase()}${text.slice(1)}`
    : text
}
