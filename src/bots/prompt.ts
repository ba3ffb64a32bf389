import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'

/** The prompts of `prompts/*.md` and what the program puts into each. */
const PLACEHOLDERS = {
  answer: ['bot_name', 'persona', 'grounding', 'language', 'safety_line', 'mark'],
  'answer-question': ['passages', 'mark', 'question', 'language', 'refusal'],
  'grounding-strict': ['refusal'],
  'grounding-adaptive': ['refusal'],
  'grounding-creative': ['refusal'],
  rewrite: ['mark'],
  'rewrite-question': ['mark', 'history', 'question'],
  translate: ['mark', 'language'],
  'describe-picture': ['mark', 'language', 'question'],
  summarise: ['mark', 'language'],
  'summarise-lines': ['mark', 'summary', 'lines', 'language'],
  remember: ['mark'],
  'remember-lines': ['mark', 'lines'],
  told: ['mark', 'facts'],
  earlier: ['mark', 'summary'],
} as const

export type PromptName = keyof typeof PLACEHOLDERS
const PROMPT_NAMES: PromptName[] = [
  'answer',
  'answer-question',
  'grounding-strict',
  'grounding-adaptive',
  'grounding-creative',
  'rewrite',
  'rewrite-question',
  'translate',
  'describe-picture',
  'summarise',
  'summarise-lines',
  'remember',
  'remember-lines',
  'told',
  'earlier',
]
type Values<Name extends PromptName> = Record<(typeof PLACEHOLDERS)[Name][number], string>

/** Fills a prompt. Braces in the values stay as they are: only the file's own placeholders are filled. */
export type FillPrompt = <Name extends PromptName>(name: Name, values: Values<Name>) => string

const PLACEHOLDER = /\{\{\s*([\w-]+)\s*\}\}/g

/** What each prompt says, its placeholders not filled. */
export type PromptTexts = ReadonlyMap<PromptName, string>

/**
 * Reads all prompts of a folder, ready to be filled.
 *
 * @throws {AppError} as {@link readPrompts}.
 */
export async function loadPrompts(folder: string): Promise<FillPrompt> {
  return fillFrom(await readPrompts(folder))
}

/**
 * Reads all prompts of a folder once.
 *
 * @throws {AppError} `prompt.invalid` naming the file, when one is missing, holds a placeholder the
 * program does not fill, or lacks one it does.
 */
export async function readPrompts(folder: string): Promise<PromptTexts> {
  const texts = new Map<PromptName, string>()
  for (const name of PROMPT_NAMES) {
    const file = join(folder, `${name}.md`)
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new AppError('prompt.invalid', { file, cause })
    })
    const { missing, unknown } = comparePlaceholders(name, text)
    if (missing.length + unknown.length > 0) throw new AppError('prompt.invalid', { file, missing, unknown })
    texts.set(name, text.trim())
  }
  return texts
}

/** Fills from these texts; a text of `own` takes the place of the one of its name. */
export function fillFrom(
  texts: PromptTexts,
  own: Partial<Record<string, { text: string }>> = {},
): FillPrompt {
  return (name, values) => {
    const filled: Record<string, string> = values
    const text = own[name]?.text ?? texts.get(name) ?? ''
    return text.replace(PLACEHOLDER, (_, placeholder: string) => filled[placeholder] ?? '')
  }
}

/** The placeholders the program fills in this prompt. */
export function listPlaceholders(name: PromptName): readonly string[] {
  return PLACEHOLDERS[name]
}

/** Which placeholders a text lacks of those the program fills, and which it has that no one fills. */
export function comparePlaceholders(
  name: PromptName,
  text: string,
): { missing: string[]; unknown: string[] } {
  const expected = listPlaceholders(name)
  const found = new Set(Array.from(text.matchAll(PLACEHOLDER), ([, placeholder = '']) => placeholder))
  return {
    missing: expected.filter((placeholder) => !found.has(placeholder)),
    unknown: [...found].filter((placeholder) => !expected.includes(placeholder)),
  }
}

/** A mark no one can guess, to fence off data in one prompt. */
export function createMark(): string {
  return randomBytes(6).toString('hex')
}
