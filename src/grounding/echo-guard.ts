import { remembered } from '../knowledge/remembered.ts'
import { foldText } from '../knowledge/terms.ts'

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

  const isEcho = (text: string) =>
    runsOf(wordsOf(text)).some((run) => known.some(({ runs }) => runs.has(run)) && !isOpenRun(run))
  const holdsLetters = (letters: string) =>
    stretchesOf(letters, 1).some(
      (stretch) => known.some(({ stretches }) => stretches.has(stretch)) && !isOpenStretch(stretch),
    )
  return {
    isEcho,
    hidesEcho(text) {
      const spelled = lettersOf(text)
      const readings = [spelled, [...spelled].toReversed().join(''), turnLetters(spelled)]
      return isEcho(text) || [...readings, ...readCodes(text).map(lettersOf)].some(holdsLetters)
    },
  }
}

const readSecret = remembered(
  (secret) => ({
    runs: new Set(runsOf(wordsOf(secret))),
    stretches: new Set(stretchesOf(lettersOf(secret), STEP)),
  }),
  REMEMBERED_SECRETS,
)

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
  return (text.match(CODED) ?? []).flatMap((code) => [
    Buffer.from(code, 'base64').toString('utf8'),
    ...(/^[\da-f]+$/i.test(code) ? [Buffer.from(code, 'hex').toString('utf8')] : []),
  ])
}
