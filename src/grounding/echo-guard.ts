import { remembered } from '../knowledge/words/remembered.ts'
import { foldText } from '../knowledge/words/terms.ts'

/** Tells whether a text gives away what was said to the model alone. */
export interface EchoGuard {
  /** So many words in a row that they cannot be chance. */
  isEcho(text: string): boolean
  /** The same, and also spelled out, run together, backwards or in code. */
  hidesEcho(text: string): boolean
}

/** Words in a row that are no chance; a leak of eight is one. */
const RUN_WORDS = 6

/** The same in letters, for a text that was spelled out or turned around; every eighth stretch of a secret is known. */
const STRETCH = 20
const STEP = 8

/** Long enough to hold words in code. */
const CODED = /[\p{L}\p{N}+/=_-]{24,}/gu

const LONG_WORD = /\S{24}/

/** Prompts whose runs are kept: a bot has one for each language. */
const REMEMBERED_SECRETS = 100

/**
 * Guards the rules a model was given. What stands in `open` is no secret: the material, the question, the words the
 * coach wrote to be said.
 */
export function createEchoGuard(secrets: readonly string[], open: readonly string[]): EchoGuard {
  const known = secrets.map(readSecret)
  // Hardly ever asked for: most answers share no six words with their rules.
  const isOpenRun = (run: string) => open.some((text) => ` ${wordsOf(text).join(' ')} `.includes(` ${run} `))
  const isOpenStretch = (stretch: string) => open.some((text) => lettersOf(text).includes(stretch))

  const isEcho = (text: string) => {
    const words = wordsOf(text)
    return known.some(({ runs, openings }) =>
      words.some((word, at) => {
        if (!openings.has(word) || at + RUN_WORDS > words.length) return false
        const run = words.slice(at, at + RUN_WORDS).join(' ')
        return runs.has(run) && !isOpenRun(run)
      }),
    )
  }
  const holdsLetters = (letters: string) =>
    known.some(({ stretches, hashes }) =>
      stretchesLike(letters, hashes).some((stretch) => {
        const plain = stretches.get(stretch)
        return plain !== undefined && !isOpenStretch(plain)
      }),
    )
  return {
    isEcho,
    hidesEcho: (text) =>
      isEcho(text) || holdsLetters(lettersOf(text)) || readCodes(text).map(lettersOf).some(holdsLetters),
  }
}

const readSecret = remembered((secret) => {
  const runs = new Set(runsOf(wordsOf(secret)))
  const stretches = new Map(stretchesOf(lettersOf(secret), STEP).flatMap(disguise))
  return {
    runs,
    openings: new Set(Array.from(runs, (run) => run.slice(0, run.indexOf(' ')))),
    stretches,
    hashes: new Set(Array.from(stretches.keys(), (stretch) => hashOf(stretch))),
  }
}, REMEMBERED_SECRETS)

/** A stretch as it may be written, each with what it says: a text is then read once, and not once for each disguise. */
function disguise(plain: string): [written: string, plain: string][] {
  return [
    [[...plain].toReversed().join(''), plain],
    [turnLetters(plain), plain],
    [plain, plain],
  ]
}

const HASH_BASE = 31
/** What a letter that leaves the window weighed. */
const HASH_LEAVING = Array.from({ length: STRETCH }).reduce<number>((power) => Math.imul(power, HASH_BASE), 1)

function hashOf(stretch: string): number {
  let hash = 0
  for (let at = 0; at < stretch.length; at += 1)
    hash = (Math.imul(hash, HASH_BASE) + stretch.charCodeAt(at)) | 0
  return hash
}

/** Stretches of these letters with one of these hashes; the hash moves along, so that nothing is cut out of most. */
function stretchesLike(letters: string, hashes: ReadonlySet<number>): string[] {
  if (letters.length < STRETCH) return []
  const found: string[] = []
  let hash = hashOf(letters.slice(0, STRETCH - 1))
  for (let end = STRETCH - 1; end < letters.length; end += 1) {
    hash = (Math.imul(hash, HASH_BASE) + letters.charCodeAt(end)) | 0
    if (end >= STRETCH) hash = (hash - Math.imul(letters.charCodeAt(end - STRETCH), HASH_LEAVING)) | 0
    if (hashes.has(hash)) found.push(letters.slice(end - STRETCH + 1, end + 1))
  }
  return found
}

function wordsOf(text: string): string[] {
  return foldText(text).match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
}

function runsOf(words: string[]): string[] {
  return words
    .slice(0, Math.max(0, words.length - RUN_WORDS + 1))
    .map((_, at) => words.slice(at, at + RUN_WORDS).join(' '))
}

function lettersOf(text: string): string {
  return foldText(text).replace(/[^\p{L}]/gu, '')
}

function stretchesOf(letters: string, step: number): string[] {
  const count = Math.max(0, Math.floor((letters.length - STRETCH) / step) + 1)
  return Array.from({ length: count }, (_, at) => letters.slice(at * step, at * step + STRETCH))
}

/** The Caesar cipher everybody knows: thirteen letters on. */
function turnLetters(text: string): string {
  return text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97))
}

function readCodes(text: string): string[] {
  // Nearly every text has no word so long; this is known faster than what its letters are.
  if (!LONG_WORD.test(text)) return []
  return (text.match(CODED) ?? []).flatMap((code) => [
    Buffer.from(code, 'base64').toString('utf8'),
    ...(/^[\da-f]+$/i.test(code) ? [Buffer.from(code, 'hex').toString('utf8')] : []),
  ])
}
