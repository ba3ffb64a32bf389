import { basename, dirname } from 'node:path'
import type { AnswerReport } from './answer-set.ts'

type Figures = Record<string, number>

/** What is said of one set. */
export interface SetReport {
  dir: string
  /** For people: the folder, with the one above it where it names a language alone. */
  name: string
  documents?: number
  passages?: number
  questions?: number
  ingestMs?: number
  /** Figures of retrieval, by the way of searching. */
  modes: Record<string, Figures>
  answers?: AnswerReport
  /** What the command's contract names, of the default way of searching. */
  headline?: Partial<
    Pick<
      AnswerReport,
      'exactMatch' | 'f1' | 'citedCorrectly' | 'refusedWhenUnanswerable' | 'answeredWhenAnswerable'
    >
  >
}

interface Retrieval {
  documents: number
  passages?: number
  queries?: number
  questions?: number
  ingestMs: number
  modes: object
}

/** Both halves of what was measured on a set, as one. */
export function mergeReport(
  dir: string,
  { retrieval, answers }: { retrieval: Retrieval | undefined; answers: AnswerReport | undefined },
): SetReport {
  const modes: Record<string, Figures> = {}
  for (const [mode, figures] of Object.entries(retrieval?.modes ?? {})) modes[mode] = figuresOf(figures)
  const headline = answers && headlineOf(answers)
  const byDefault = modes.rerank ?? modes.hybrid ?? modes.keyword
  if (byDefault) Object.assign(byDefault, headline)
  const questions = retrieval?.queries ?? retrieval?.questions ?? answers?.answerable
  return {
    dir,
    name: /^[a-z]{2}$/.test(basename(dir)) ? `${basename(dirname(dir))} ${basename(dir)}` : basename(dir),
    ...(retrieval && { documents: retrieval.documents, ingestMs: retrieval.ingestMs }),
    ...(retrieval?.passages !== undefined && { passages: retrieval.passages }),
    ...(questions !== undefined && { questions }),
    modes,
    ...(answers && { answers }),
    ...(headline && { headline }),
  }
}

function headlineOf(answers: AnswerReport): NonNullable<SetReport['headline']> {
  const { exactMatch, f1, citedCorrectly, refusedWhenUnanswerable, answeredWhenAnswerable } = answers
  return {
    ...(exactMatch !== undefined && f1 !== undefined && { exactMatch, f1 }),
    ...{ citedCorrectly, refusedWhenUnanswerable, answeredWhenAnswerable },
  }
}

function figuresOf(value: unknown): Figures {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(
    entries.flatMap(([name, figure]) => (typeof figure === 'number' ? [[name, figure]] : [])),
  )
}

/** What was found, by the way of searching; without the figures of answers, which have a table of their own. */
export function foundFigures({ modes, headline = {} }: SetReport): [mode: string, Figures][] {
  return Object.entries(modes).map(([mode, figures]) => [
    mode,
    Object.fromEntries(Object.entries(figures).filter(([figure]) => !(figure in headline))),
  ])
}

/** The figures of {@link AnswerReport} that are shares or scores, in the order they are shown. */
export function answerFigures({ answers }: SetReport): [string, number][] {
  if (!answers) return []
  const { worst, models, degraded, answerable, unanswerable, p50ms, p95ms, ...shares } = answers
  const { refusedWhenUnanswerable, ...others } = shares
  const all = unanswerable > 0 ? { ...shares, refusedWhenUnanswerable } : others
  return Object.entries(all)
}
