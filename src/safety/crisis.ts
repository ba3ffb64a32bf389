import { foldText } from '../knowledge/words/terms.ts'
import { type CrisisModel, rateDanger } from './crisis-model.ts'
import { type CrisisKind, type CrisisPhrases, readCrisisPhrases } from './crisis-phrases.ts'
import { createSlipFinder, type FindMeant } from './crisis-slips.ts'

/** Longer messages are looked through this far from each end: one Update, typed or spoken, is as a whole. */
const EACH_END_CHARS = 4_096

/**
 * How surely the model has to say so: where no phrase does, where a calming one stands in it, where one does. Set by
 * judging examples by what others taught (`scripts/train-crisis.ts --check`): of ordinary messages, most of them
 * written to be mistaken for a danger, three of a hundred are taken for one. A phrase that the model finds less
 * plausible than this is almost always one of those.
 */
const SURE = 0.79
const SURE_THOUGH_CALM = 0.88
const PLAUSIBLE = 0.2

/** Digits and signs that are written for letters, in words that have letters, too: "k!ll mys3lf". */
const DISGUISED: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '!': 'i',
  '|': 'i',
  '@': 'a',
  $: 's',
  '*': '',
}

let phrases: CrisisPhrases[] | undefined
let findMeant: FindMeant | undefined

/**
 * Whether somebody tells of a danger to life or limb, their own or another's at their hands: of killing or
 * hurting themselves, an overdose, violence done to them, a medical emergency. By phrases of every language of
 * `prompts/crisis`, and by a small model of what people write in danger; what is said in jest, of a friend or of
 * a film is none.
 *
 * @param model another than the one that is shipped, to measure it.
 */
export function findCrisis(message: string, model?: CrisisModel): CrisisKind | undefined {
  const folded = readMessage(message)
  const readings = readingsOf(folded)
  const danger = Math.max(...readings.map((reading) => rateDanger(reading, model)))
  if (danger < PLAUSIBLE) return undefined
  const named = findPhrase(readings)
  if (named || danger <= SURE) return named
  return danger > SURE_THOUGH_CALM || !isCalmed(folded) ? 'unclear' : undefined
}

/** The text as it stands and, where it has them, with its disguise taken off and its slips mended. */
function readingsOf(folded: string): string[] {
  const bare = undisguise(folded)
  return [...new Set([folded, bare, mendSlips(bare)])]
}

/** What a phrase says, in the first reading of the text in which one does. */
function findPhrase(readings: string[]): CrisisKind | undefined {
  for (const reading of readings) {
    const texts = layOut(reading)
    for (const language of known()) {
      const found = findIn(language.isUnspaced ? texts.unspaced : texts.spaced, language)
      if (found) return found
    }
  }
  return undefined
}

function isCalmed(folded: string): boolean {
  const { spaced, unspaced } = layOut(folded)
  return known().some(({ isUnspaced, calm }) =>
    calm.some((each) => (isUnspaced ? unspaced : spaced).search(each) >= 0),
  )
}

function known(): CrisisPhrases[] {
  phrases ??= readCrisisPhrases()
  return phrases
}

/** The text with the words of a cry for help as they were meant. */
function mendSlips(text: string): string {
  findMeant ??= createSlipFinder(known().flatMap(({ words }) => words))
  const find = findMeant
  return text.replace(/\p{L}+/gu, (word) => find(word) ?? word)
}

/** As phrases are written: each word between two spaces, or nothing but letters. */
function layOut(text: string): { spaced: string; unspaced: string } {
  return {
    spaced: ` ${text.match(/[\p{L}\p{M}\p{N}]+/gu)?.join(' ') ?? ''} `,
    unspaced: text.replace(/[\s\p{P}\p{S}]+/gu, ''),
  }
}

/** What is searched of a message: both its ends, in lower case, without accents and apostrophes. */
export function readMessage(message: string): string {
  const looked =
    message.length > 2 * EACH_END_CHARS
      ? `${message.slice(0, EACH_END_CHARS)}\n${message.slice(-EACH_END_CHARS)}`
      : message
  return foldText(looked.toWellFormed().replace(/['’‘`´]/g, ''))
}

function findIn(text: string, { alarms, calm }: CrisisPhrases): CrisisKind | undefined {
  let calmed: [start: number, end: number][] | undefined
  const [hasLatin, hasOther] = [/[a-z]/.test(text), /[^\p{Script=Latin}\p{N}\s]/u.test(text)]
  for (const { kind, expression, isLatin } of alarms) {
    if (isLatin ? !hasLatin : !hasOther) continue
    for (const match of text.matchAll(expression)) {
      calmed ??= calm.flatMap((each) => [...text.matchAll(each)].map(spanOf))
      const [start, end] = spanOf(match)
      if (!calmed.some(([from, to]) => from < end && to > start)) return kind
    }
  }
  return undefined
}

function spanOf(match: RegExpExecArray): [start: number, end: number] {
  return [match.index, match.index + match[0].length]
}

/** Letters for the signs that stand in for them, and words spelled out letter by letter in one piece. */
function undisguise(text: string): string {
  return text
    .replace(/[\p{L}\p{N}!|@$*]+/gu, (word) =>
      /\p{L}/u.test(word) ? word.replace(/[0134571!|@$*](?=.|$)/g, (sign) => DISGUISED[sign] ?? sign) : word,
    )
    .replace(/(?<![\p{L}\p{N}])(?:\p{L}[ .\-_]){2,}\p{L}(?![\p{L}\p{N}])/gu, (letters) =>
      letters.replace(/[ .\-_]/g, ''),
    )
    .replace(/(\p{L})\1{2,}/gu, '$1')
}
