import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Block, Extraction } from '../../src/extraction/block.ts'
import type { Installation } from '../../src/installation.ts'
import type { RetrievalQuery } from '../../src/knowledge/passage.ts'
import { readJsonLines } from './json-lines.ts'
import { type Judgements, mean, ndcg, percentile, recall, reciprocalRank, round } from './metrics.ts'
import { withScratchBase } from './scratch.ts'

export type Mode = NonNullable<RetrievalQuery['mode']>

export interface ModeMetrics {
  ndcg10: number
  recall5: number
  recall10: number
  mrr10: number
  p50ms: number
  p95ms: number
}

export interface JudgedReport {
  dir: string
  documents: number
  passages: number
  queries: number
  ingestMs: number
  modes: Partial<Record<Mode, ModeMetrics>>
}

const Row = z.looseObject({ id: z.string(), title: z.string().default(''), text: z.string() })
type Row = z.output<typeof Row>

/** Passages asked for: several may be of one document, and ten documents are judged. */
const DEPTH = 40

/** Questions asked before the clock counts, so that caches and plans are as in a running installation. */
const WARM_UP = 5

/** Measures retrieval on `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`. A document counts by its best passage. */
export async function evaluateJudgedSet(
  installation: Installation,
  dir: string,
  modes: Mode[],
): Promise<JudgedReport> {
  const corpusPath = join(dir, 'corpus.jsonl')
  const corpus = await readJsonLines(corpusPath, Row)
  const judgements = await readJudgements(join(dir, 'qrels.tsv'))
  const queries = (await readJsonLines(join(dir, 'queries.jsonl'), Row)).filter(({ id }) =>
    judgements.has(id),
  )
  const source = { name: 'corpus.jsonl', title: '', path: corpusPath, extractor: readAs(corpus) }
  const started = performance.now()
  return withScratchBase(installation, [source], async (key) => {
    const ingestMs = Math.round(performance.now() - started)
    const rows = await installation.db
      .selectFrom('passage')
      .select(['id', 'section'])
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .execute()
    const documentOf = new Map(rows.map(({ id, section }) => [id, corpus[section]?.id ?? '']))
    const report: JudgedReport = {
      dir,
      documents: corpus.length,
      passages: rows.length,
      queries: queries.length,
      ingestMs,
      modes: {},
    }
    for (const mode of modes) {
      const ask = (question: string) => installation.retrieve({ ...key, question, limit: DEPTH, mode })
      for (const { text } of queries.slice(0, WARM_UP)) await ask(text)
      const asked: { ranked: string[]; relevant: Judgements; ms: number }[] = []
      for (const { id, text } of queries) {
        const { passages, degraded, ms } = await ask(text)
        if (degraded.length > 0) throw new Error(`retrieval fell back to ${degraded.join(', ')}`)
        const ranked = [...new Set(passages.map((passage) => documentOf.get(passage.id) ?? ''))]
        asked.push({ ranked, relevant: judgements.get(id) ?? new Map(), ms: ms.total })
      }
      report.modes[mode] = measure(asked)
    }
    return report
  })
}

function measure(asked: { ranked: string[]; relevant: Judgements; ms: number }[]): ModeMetrics {
  const over = (metric: (ranked: string[], relevant: Judgements) => number) =>
    round(mean(asked.map(({ ranked, relevant }) => metric(ranked, relevant))))
  const times = asked.map(({ ms }) => ms)
  return {
    ndcg10: over((ranked, relevant) => ndcg(ranked, relevant, 10)),
    recall5: over((ranked, relevant) => recall(ranked, relevant, 5)),
    recall10: over((ranked, relevant) => recall(ranked, relevant, 10)),
    mrr10: over((ranked, relevant) => reciprocalRank(ranked, relevant, 10)),
    p50ms: round(percentile(times, 0.5), 1),
    p95ms: round(percentile(times, 0.95), 1),
  }
}

/** The corpus as one file with a section for each of its rows. */
export function readAs(corpus: Row[]) {
  const blocks = corpus.flatMap(({ title, text }): Block[] => [
    { kind: 'heading', level: 1, text: title },
    { kind: 'paragraph', text: text.trim() || title || '-' },
  ])
  const characters = blocks.reduce((sum, { text }) => sum + text.length, 0)
  const extraction: Extraction = { mediaType: 'application/jsonl', blocks, characters }
  return { extract: async () => extraction }
}

export async function readJudgements(path: string): Promise<Map<string, Map<string, number>>> {
  const judgements = new Map<string, Map<string, number>>()
  for (const line of (await readFile(path, 'utf8')).split('\n').slice(1)) {
    const [query, document, score] = line.trim().split('\t')
    if (!query || !document || !(Number(score) > 0)) continue
    const relevant = judgements.get(query) ?? new Map<string, number>()
    judgements.set(query, relevant.set(document, Number(score)))
  }
  return judgements
}
