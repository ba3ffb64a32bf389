import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { foldText } from '../knowledge/words/terms.ts'

/** What somebody may be in, told apart so that the creator sees it at a glance. */
const CRISES = ['self_harm', 'overdose', 'violence', 'harm_to_others', 'emergency'] as const
/** `unclear`: it sounds like one of them, in words that no phrase names. */
export type CrisisKind = (typeof CRISES)[number] | 'unclear'

/** What is looked for in one language: expressions over words between spaces, or over letters where none are written. */
export interface CrisisPhrases {
  isUnspaced: boolean
  /** `isLatin`: written in Latin letters, so that a text without any need not be searched. */
  alarms: { kind: (typeof CRISES)[number]; expression: RegExp; isLatin: boolean }[]
  calm: RegExp[]
  /** Words of all phrases, as they are written when they are written well; none of an unspaced language. */
  words: string[]
}

const FOLDER = fileURLToPath(new URL('../../prompts/crisis', import.meta.url))

/** Letters, and the few signs the README of the folder explains: nothing an expression would read otherwise. */
const Phrases = z.array(
  z.string().regex(/^(?:\.\.|[\p{L}\p{M}\p{N}_*|[\] ]|ー)+$/u, 'a phrase as prompts/crisis/README.md says'),
)
const File = z.strictObject({
  unspaced: z.boolean().default(false),
  alarm: z.partialRecord(z.enum(CRISES), Phrases),
  calm: Phrases,
})

/** Words, and characters of an unspaced script, that `..` stands for at most. */
const GAP_WORDS = 4
const GAP_CHARACTERS = 6

/**
 * Every language of `prompts/crisis`, ready to be searched with.
 *
 * @throws {AppError} `prompt.invalid` with the file and what is wrong in it.
 */
export function readCrisisPhrases(folder = FOLDER): CrisisPhrases[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readFile(join(folder, name)))
}

function readFile(path: string): CrisisPhrases {
  const read = File.safeParse(parse(readFileSync(path, 'utf8')))
  if (!read.success) {
    throw new AppError('prompt.invalid', { path, wants: z.prettifyError(read.error), cause: read.error })
  }
  const { unspaced: isUnspaced, alarm, calm } = read.data
  const compile = (phrase: string) => compilePhrase(phrase, isUnspaced)
  const alarms = CRISES.flatMap((kind) =>
    (alarm[kind] ?? []).map((phrase) => ({
      kind,
      expression: compile(phrase),
      isLatin: /\p{Script=Latin}/u.test(phrase),
    })),
  )
  const words = isUnspaced ? [] : [...Object.values(alarm).flat(), ...calm].flatMap(wordsOf)
  return { isUnspaced, alarms, calm: calm.map(compile), words }
}

/** The whole words of a phrase: neither gaps nor beginnings of words. */
function wordsOf(phrase: string): string[] {
  const choices = phrase.split(/[\s|_[\]]+/)
  return choices.filter((choice) => /^\p{L}+$/u.test(choice)).map(foldText)
}

/**
 * A phrase of the files (see their README) as an expression over ` word word `, or over running characters.
 * Every repetition in it is bounded, so that no text makes it slow.
 */
function compilePhrase(phrase: string, isUnspaced: boolean): RegExp {
  const parts = phrase
    .trim()
    .split(/\s+/)
    .map((part) => {
      if (part === '..') return isUnspaced ? `.{0,${GAP_CHARACTERS}}?` : `(?:\\S+ ){0,${GAP_WORDS}}?`
      const isOptional = part.startsWith('[')
      const choices = part.replace(/^\[|\]$/g, '').split('|')
      const group = `(?:${choices.map((choice) => compileWord(choice, isUnspaced)).join('|')})`
      return isOptional ? `${group}?` : group
    })
  return new RegExp(isUnspaced ? parts.join('') : `(?<= )${parts.join('')}`, 'gu')
}

function compileWord(choice: string, isUnspaced: boolean): string {
  const words = foldText(choice).split('_').filter(Boolean)
  if (isUnspaced) return words.join('')
  return words.map((word) => (word.endsWith('*') ? `${word.slice(0, -1)}\\S* ` : `${word} `)).join('')
}
