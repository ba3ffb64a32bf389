import { createMark, type FillPrompt } from '../bots/prompt.ts'
import { isInstructionLike, stripInvisible } from '../knowledge/instruction-like.ts'
import { sentencesOf } from '../knowledge/words/sentences.ts'
import { type AskModel, askModel, type MemoryUsage } from './ask-model.ts'

/** One line of the conversation that left the window. */
export interface SpokenLine {
  direction: 'in' | 'out'
  text: string
}

/** Longest summary kept, in characters: some 200 words, which every follow-up's prompt has to carry. */
const MAX_SUMMARY_CHARS = 1_400
const MAX_OUTPUT_TOKENS = 320
/** Longest line shown: what matters of a long answer is how it began. */
const MAX_LINE_CHARS = 500

/**
 * Writes the notes of a conversation anew from the old ones and the lines that followed them, in the given language.
 *
 * @returns `summary` undefined where no model answered.
 * @throws {AppError} `model.aborted`.
 */
export async function summarise(
  {
    summary,
    lines,
    language,
  }: { summary: string | undefined; lines: readonly SpokenLine[]; language: string },
  { fill, ...model }: AskModel & { fill: FillPrompt },
): Promise<{ summary: string | undefined; usage: MemoryUsage }> {
  const mark = createMark()
  const shown = lines.map(
    ({ direction, text }) => `${direction === 'in' ? 'Person' : 'Coach'}: ${showLine(text)}`,
  )
  const values = { mark, summary: summary ?? '', lines: shown.join('\n'), language }
  const { text, usage } = await askModel(
    [
      { role: 'system', content: fill('summarise', values) },
      { role: 'user', content: fill('summarise-lines', values) },
    ],
    MAX_OUTPUT_TOKENS,
    model,
  )
  return { summary: text === undefined ? undefined : cleanSummary(text), usage }
}

function showLine(text: string): string {
  return dropOrders(text)
    .replace(/\s*\[\d+\]/g, '')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_LINE_CHARS)
    .toWellFormed()
    .trim()
}

/** Bounded, ending with a sentence where there is one, and without what would talk to the next model. */
function cleanSummary(text: string): string | undefined {
  const whole = dropOrders(text).trim()
  if (whole.length <= MAX_SUMMARY_CHARS) return whole || undefined
  const kept = whole.slice(0, MAX_SUMMARY_CHARS).toWellFormed()
  const last = sentencesOf(kept).at(-1)
  return last && last.start > 0 ? kept.slice(0, last.start).trimEnd() : kept
}

function dropOrders(text: string): string {
  return stripInvisible(text)
    .split('\n')
    .filter((line) => !isInstructionLike(line))
    .join('\n')
}
