import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { OutboundMessage } from '../../channels/channel.ts'
import { SHARED_DIR } from '../vendor-spec.ts'
import { generateMarkdown } from './generator.ts'

const NAUGHTY_STRINGS = join(SHARED_DIR, 'eval/adversarial/naughty-strings.jsonl')

/** False where the collection of hostile strings is not at hand. */
export const HAS_NAUGHTY_STRINGS = existsSync(NAUGHTY_STRINGS)

/** Markdown alone, as a message. */
export function buildMessage(markdown: string): OutboundMessage {
  return { markdown, citations: [], buttons: [] }
}

/** The generated answers of the seeds from 0 on, each with its seed for the report of a failure. */
export function* generateAnswers(count: number): Generator<{ name: string; markdown: string }> {
  for (let seed = 0; seed < count; seed++) yield { name: `seed ${seed}`, markdown: generateMarkdown(seed) }
}

/** The collected hostile strings, each as an answer of its own. */
export function* readNaughtyStrings(): Generator<{ name: string; markdown: string }> {
  const Line = z.object({ id: z.string(), text: z.string() })
  for (const line of readFileSync(NAUGHTY_STRINGS, 'utf8').split('\n')) {
    if (line.trim() === '') continue
    const { id, text } = Line.parse(JSON.parse(line))
    yield { name: id, markdown: text }
  }
}
