import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Installation } from '../../src/installation.ts'
import { titleFromName } from '../../src/knowledge/documents/document.ts'
import type { RetrievedPassage } from '../../src/knowledge/passage.ts'
import { readJsonLines } from './json-lines.ts'
import type { Mode } from './judged-set.ts'
import { mean, percentile, round } from './metrics.ts'
import { withScratchBase } from './scratch.ts'

export interface DocumentMetrics {
  /** Share of questions whose document comes first. */
  documentAt1: number
  /** Share of questions that have one of their documents among the first five passages. */
  documentIn5: number
  /** Share of the expected quotes that stand in one of the first five passages, or in their sections. */
  quoteIn5: number
  contextIn5: number
  /** Of questions with an old and a new Document: the share with no passage of an old one before the new one's. */
  newBeforeOld?: number
  /** As `documentIn5`, of questions that lean on the conversation before them. */
  followUpIn5?: number
  p50ms: number
  p95ms: number
}

export interface DocumentReport {
  dir: string
  documents: number
  questions: number
  ingestMs: number
  modes: Partial<Record<Mode, DocumentMetrics>>
}

const Question = z.looseObject({
  id: z.string(),
  type: z.string(),
  text: z.string(),
  sources: z.array(z.strictObject({ doc: z.string(), quote: z.string() })),
  history: z.array(z.object({ role: z.enum(['user', 'assistant']), text: z.string() })).optional(),
})

/** Questions that no passage answers say nothing about retrieval. */
const NO_ANSWER = /^(unanswerable|out-of-scope|privacy|small-talk)/

const DEPTH = 5

/** Takes a folder of documents in whole and judges retrieval by the quotes of `questions.jsonl`. */
export async function evaluateDocumentSet(
  installation: Installation,
  dir: string,
  modes: Mode[],
): Promise<DocumentReport> {
  const all = await readJsonLines(join(dir, 'questions.jsonl'), Question)
  const questions = all.filter(({ type, sources }) => sources.length > 0 && !NO_ANSWER.test(type))
  const folder = await findDocuments(dir)
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name !== 'questions.jsonl')
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
  const sources = names.map((name) => ({
    name,
    title: titleFromName(name),
    path: join(folder, name),
    extractor: installation.extractor,
  }))
  const started = performance.now()
  return withScratchBase(installation, sources, async (key) => {
    const ingestMs = Math.round(performance.now() - started)
    const report: DocumentReport = {
      dir,
      documents: names.length,
      questions: questions.length,
      ingestMs,
      modes: {},
    }
    const { signal } = new AbortController()
    const asked = await Array.fromAsync(questions, async ({ text, type, sources: expected, history }) => ({
      query: await installation.lookUp(key, { question: text, history }, signal),
      ...{ type, expected, isFollowUp: history !== undefined },
    }))
    for (const mode of modes) {
      const judged: (Judged & { type: string; isFollowUp: boolean; ms: number })[] = []
      for (const { query, type, expected, isFollowUp } of asked) {
        const { passages, ms } = await installation.retrieve({ ...key, ...query, limit: DEPTH, mode })
        judged.push({ ...judge(passages, expected), ...{ type, isFollowUp, ms: ms.total } })
      }
      const conflicts = judged.filter(({ type }) => type === 'conflict')
      const followUps = judged.filter(({ isFollowUp }) => isFollowUp)
      const over = (metric: (one: Judged) => number) => round(mean(judged.map(metric)))
      const times = judged.map(({ ms }) => ms)
      report.modes[mode] = {
        documentAt1: over((one) => one.documentAt1),
        documentIn5: over((one) => one.documentIn5),
        quoteIn5: over((one) => one.quoteIn5),
        contextIn5: over((one) => one.contextIn5),
        ...(conflicts.length > 0 && { newBeforeOld: round(mean(conflicts.map((one) => one.newBeforeOld))) }),
        ...(followUps.length > 0 && { followUpIn5: round(mean(followUps.map((one) => one.documentIn5))) }),
        p50ms: round(percentile(times, 0.5), 1),
        p95ms: round(percentile(times, 0.95), 1),
      }
    }
    return report
  })
}

type Judged = Required<Omit<DocumentMetrics, 'followUpIn5' | 'p50ms' | 'p95ms'>>

function judge(passages: RetrievedPassage[], expected: { doc: string; quote: string }[]): Judged {
  const isExpected = (passage: RetrievedPassage | undefined) =>
    expected.some(({ doc }) => doc === passage?.documentName) ? 1 : 0
  const share = (text: (passage: RetrievedPassage) => string) =>
    mean(
      expected.map(({ doc, quote }) =>
        passages.some((it) => it.documentName === doc && squeeze(text(it)).includes(squeeze(quote))) ? 1 : 0,
      ),
    )
  return {
    documentAt1: isExpected(passages[0]),
    documentIn5: passages.some(isExpected) ? 1 : 0,
    quoteIn5: share(({ text }) => text),
    contextIn5: share(({ context }) => context),
    newBeforeOld: isNewFirst(passages, expected) ? 1 : 0,
  }
}

/** True when no Document of the same series ("prices-2023" beside "prices-2024") stands before the expected one. */
function isNewFirst(passages: RetrievedPassage[], expected: { doc: string }[]): boolean {
  const seriesOf = (name: string) => name.replace(/\d+/g, '#')
  const series = new Set(expected.map(({ doc }) => seriesOf(doc)))
  const first = passages.find(({ documentName }) => series.has(seriesOf(documentName)))
  return expected.some(({ doc }) => doc === first?.documentName)
}

/** Compared without signs of typesetting: a quote may run over a line or a table's column. */
export function squeeze(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s|]+/g, ' ')
    .trim()
}

export async function findDocuments(dir: string): Promise<string> {
  const docs = join(dir, 'docs')
  const found = await stat(docs).catch(() => undefined)
  return found?.isDirectory() ? docs : dir
}
