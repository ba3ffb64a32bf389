import { z } from 'zod'
import { createMark, type FillPrompt } from '../bots/prompt.ts'
import { isInstructionLike, stripInvisible } from '../knowledge/instruction-like.ts'
import { type AskModel, askModel, type MemoryUsage } from './ask-model.ts'
import type { SaidStatement } from './facts.ts'
import { speaksOfSelf } from './rules.ts'
import { cleanStatement, MAX_STATEMENT_CHARS } from './statement.ts'

/** One message of the person. */
export interface PersonLine {
  text: string
  saidAt: Date
}

/** Longest line shown. */
const MAX_LINE_CHARS = 600
const MAX_OUTPUT_TOKENS = 400
/** What a model was told to pick at most. */
const MAX_PICKED = 6
/** Fewer words quote a thing that means nothing alone; a name is one. */
const MIN_WORDS = 2

const Picked = z.object({
  line: z.int(),
  kind: z.enum(['name', 'goal', 'constraint', 'preference', 'other', 'promise', 'breakthrough']),
  quote: z.string().max(1_000),
})
const Answer = z.object({ facts: z.array(z.unknown()).max(50) })

/**
 * Has a model pick what is worth remembering from a person's own lines. Kept is only what stands in the line word
 * for word, so that nothing is remembered that was not said.
 *
 * @returns `statements` undefined where no model answered, or none that anyone can read.
 * @throws {AppError} `model.aborted`.
 */
export async function pickStatements(
  lines: readonly PersonLine[],
  { fill, ...model }: AskModel & { fill: FillPrompt },
): Promise<{ statements: SaidStatement[] | undefined; usage: MemoryUsage }> {
  const shown = lines.map(({ text }) => showLine(text))
  const mark = createMark()
  const numbered = shown.map((text, at) => `${at + 1}. ${text}`).join('\n')
  const { text, usage } = await askModel(
    [
      { role: 'system', content: fill('remember', { mark }) },
      { role: 'user', content: fill('remember-lines', { mark, lines: numbered }) },
    ],
    MAX_OUTPUT_TOKENS,
    model,
  )
  const picked = text === undefined ? undefined : readPicked(text)
  const statements = picked?.slice(0, MAX_PICKED).flatMap(({ line, kind, quote }) => {
    const [source, said] = [shown[line - 1], lines[line - 1]]
    const stretch = source === undefined ? undefined : findStretch(source, quote)
    if (!said || stretch === undefined || !isTold(kind, stretch, said.text)) return []
    return [{ kind, text: stretch, saidAt: said.saidAt }]
  })
  return { statements, usage }
}

/** A person's line as a model reads it: one line, without what talks to a model. */
function showLine(text: string): string {
  return stripInvisible(text)
    .split('\n')
    .filter((line) => !isInstructionLike(line))
    .join(' ')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_LINE_CHARS)
    .toWellFormed()
    .trim()
}

function readPicked(text: string): z.output<typeof Picked>[] | undefined {
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
  try {
    const answer = Answer.parse(JSON.parse(json))
    return answer.facts.flatMap((fact) => Picked.safeParse(fact).data ?? [])
  } catch {
    return undefined
  }
}

/** What a question goes on with where the quote leaves out its mark. */
const ASKS = /^\s*[?？؟]/

/** The words of the line that the quote repeats; undefined where it does not stand there, and of a question. */
function findStretch(line: string, quote: string): string | undefined {
  const [source, wanted] = [line, quote.trim()].map(fold)
  const at = wanted ? (source?.indexOf(wanted) ?? -1) : -1
  if (at < 0 || wanted === undefined || wanted.length > MAX_STATEMENT_CHARS) return undefined
  const [stretch, rest] = [line.slice(at, at + wanted.length), line.slice(at + wanted.length)]
  return fold(stretch) === wanted && !ASKS.test(rest) ? cleanStatement(stretch) : undefined
}

/** Keeps the length of almost every text, so that places carry over; {@link findStretch} checks. */
function fold(text: string): string {
  return text
    .replace(/\s/g, ' ')
    .replace(/[\u2018\u2019\u02bc`´]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .toLowerCase()
}

const NAME = /^[\p{L}][\p{L}\p{M}' .-]{0,59}$/u

/** Words of a stretch among which the person comes: "since June I run". An order to somebody names them later, if at all. */
const OPENING_WORDS = 5

/** It tells of the person: where the line has a word of the first person, the stretch begins with one as well. */
function isTold(kind: SaidStatement['kind'], stretch: string, line: string): boolean {
  if (kind === 'name') return NAME.test(stretch)
  if (/[?？؟]\s*$/.test(stretch)) return false
  if (speaksOfSelf(line)) return speaksOfSelf(stretch.split(' ').slice(0, OPENING_WORDS).join(' '))
  return (stretch.match(/[\p{L}\p{N}]+/gu) ?? []).length >= MIN_WORDS
}
