import type { SetReport } from './report-set.ts'
import { answerFigures } from './report-set.ts'

/** A figure beside what it is to reach. */
export interface Aim {
  figure: string
  value: number
  aim: number
  /** `most`: the aim is an upper bound. */
  bound: 'least' | 'most'
  isMet: boolean
}

/** What retrieval is to reach on the public sets we know, at the default way of searching. */
const RETRIEVAL_AIMS: Record<string, Record<string, number>> = {
  scifact: { ndcg10: 0.69, recall5: 0.75 },
  medquad: { ndcg10: 0.74, recall5: 0.88 },
  counselchat: { ndcg10: 0.31, recall5: 0.31 },
  'xquad en': { ndcg10: 0.982 },
  'xquad es': { ndcg10: 0.985 },
  'xquad de': { ndcg10: 0.956 },
  'xquad ru': { ndcg10: 0.97 },
  'xquad zh': { ndcg10: 0.978 },
  'xquad ar': { ndcg10: 0.949 },
  'xquad hi': { ndcg10: 0.975 },
  'xquad tr': { ndcg10: 0.94 },
  'xquad th': { ndcg10: 0.979 },
  coachpack: { documentIn5: 0.9 },
}

/** What answers are to reach on any set. */
const ANSWER_AIMS: Record<string, { aim: number; bound: Aim['bound'] }> = {
  answeredWhenAnswerable: { aim: 0.9, bound: 'least' },
  refusedWhenUnanswerable: { aim: 0.9, bound: 'least' },
  wrongCitation: { aim: 0.02, bound: 'most' },
  quotesVerbatim: { aim: 1, bound: 'least' },
}

/** Every aim that is set for this set, with what was reached. */
export function listAims(report: SetReport): Aim[] {
  const { rerank, hybrid, keyword } = report.modes
  const found = rerank ?? hybrid ?? keyword ?? {}
  const retrieval = Object.entries(RETRIEVAL_AIMS[report.name] ?? {}).flatMap(([figure, aim]): Aim[] => {
    const value = found[figure]
    return value === undefined ? [] : [{ figure, value, aim, bound: 'least', isMet: roundTo3(value) >= aim }]
  })
  const answers = answerFigures(report).flatMap(([figure, value]): Aim[] => {
    const wanted = ANSWER_AIMS[figure]
    if (!wanted) return []
    const isMet = wanted.bound === 'least' ? value >= wanted.aim : value <= wanted.aim
    return [{ figure, value, ...wanted, isMet }]
  })
  return [...retrieval, ...answers]
}

/** Aims are published with three digits. */
function roundTo3(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
