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
  rewrite: ['mark'],
  'rewrite-question': ['mark', 'history', 'question'],
} as const

export type PromptName = keyof typeof PLACEHOLDERS
type Values<Name extends PromptName> = Record<(typeof PLACEHOLDERS)[Name][number], string>

/** Fills a prompt. Braces in the values stay as they are: only the file's own placeholders are filled. */
export type FillPrompt = <Name extends PromptName>(name: Name, values: Values<Name>) => string

const PLACEHOLDER = /\{\{\s*([\w-]+)\s*\}\}/g

/**
 * Reads all prompts of a folder once.
 *
 * @throws {AppError} `prompt.invalid` naming the file, when one is missing, holds a placeholder the
 * program does not fill, or lacks one it does.
 */
export async function loadPrompts(folder: string): Promise<FillPrompt> {
  const texts = new Map<string, string>()
  for (const [name, expected] of Object.entries(PLACEHOLDERS)) {
    const file = join(folder, `${name}.md`)
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new AppError('prompt.invalid', { file, cause })
    })
    checkPlaceholders(file, text, expected)
    texts.set(name, text.trim())
  }
  return (name, values) => {
    const filled: Record<string, string> = values
    return (texts.get(name) ?? '').replace(PLACEHOLDER, (_, placeholder: string) => filled[placeholder] ?? '')
  }
}

function checkPlaceholders(file: string, text: string, expected: readonly string[]): void {
  const found = new Set(Array.from(text.matchAll(PLACEHOLDER), ([, placeholder = '']) => placeholder))
  const missing = expected.filter((placeholder) => !found.has(placeholder))
  const unknown = [...found].filter((placeholder) => !expected.includes(placeholder))
  if (missing.length + unknown.length > 0) throw new AppError('prompt.invalid', { file, missing, unknown })
}

/** A mark no one can guess, to fence off data in one prompt. */
export function createMark(): string {
  return randomBytes(6).toString('hex')
}
