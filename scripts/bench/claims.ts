import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chooseSources } from '../../src/answering/answer-prompt.ts'
import { createClaimCheck } from '../../src/grounding/claim-support.ts'
import { checkClaims } from '../../src/grounding/claims.ts'
import { indexWords } from '../../src/knowledge/word-index.ts'
import { buildPassage } from '../../src/testing/passage-builder.ts'
import { SHARED_DIR } from '../../src/testing/vendor-spec.ts'
import { type ClaimCase, listCases } from '../eval/claim-cases.ts'
import { readMaterial } from '../eval/claim-material.ts'
import { createRandom } from '../stage/random.ts'
import { percentile, round } from './statistics.ts'

const SEED = 20_261_121
const PER_KIND = Number(process.env.BENCH_CLAIMS ?? 120)
const EVAL_DIR = process.env.EVAL_DIR ?? join(SHARED_DIR, 'eval')
const LANGUAGES = ['en', 'de', 'es', 'ru', 'zh', 'hi', 'th', 'ar', 'tr']
const OWN = new URL('../../bots/habit-coach/knowledge', import.meta.url).pathname

/**
 * How well true sentences are told from false ones: statements of the evaluation sets, reworded and falsified by
 * rule, and claims that people judged. Prints one of a thousand rows per kind with EXAMPLES=kind.
 */
export async function run(): Promise<Record<string, unknown>> {
  const dirs = [
    ...LANGUAGES.map((language) => [join(EVAL_DIR, 'xquad', language), language] as const),
    [join(EVAL_DIR, 'scifact'), 'en'] as const,
    [join(EVAL_DIR, 'medquad'), 'en'] as const,
    [join(EVAL_DIR, 'coachpack', 'docs'), 'en'] as const,
    [OWN, 'en'] as const,
  ]
  const judged: Judged[] = []
  for (const [dir, language] of dirs.filter(([path]) => existsSync(path))) {
    const material = await readMaterial(dir, language)
    judged.push(...listCases(material, { perKind: PER_KIND, random: createRandom(SEED) }).map(judge))
  }
  const made = judged.filter(({ kind }) => !kind.startsWith('people'))
  return {
    claims: judged.length,
    ...summarise(made),
    ms: {
      p50: percentile(
        judged.map(({ ms }) => ms),
        0.5,
      ),
      p95: percentile(
        judged.map(({ ms }) => ms),
        0.95,
      ),
    },
    bySet: groupBy(made, ({ set }) => set),
    byKind: groupBy(judged, ({ kind, isSupported }) => `${isSupported ? 'true' : 'false'}: ${kind}`),
  }
}

interface Judged extends ClaimCase {
  isKept: boolean
  ms: number
}

function judge(claim: ClaimCase): Judged {
  const sources = chooseSources(
    claim.passages.map(({ id, text, topic }) => buildPassage({ id, text, document: topic })),
  )
  const started = performance.now()
  const { markdown } = checkClaims(`${claim.claim} [1]`, {
    sources,
    check: createClaimCheck(sources, {
      question: claim.question,
      language: claim.language,
      isForeign: () => false,
    }),
    unproven: 'drop',
    isBarred: () => false,
    asked: indexWords([claim.question]),
    ownWords: '',
  })
  const isKept = markdown.includes('[1]')
  if (process.env.EXAMPLES === claim.kind && isKept !== claim.isSupported) {
    console.error(
      `${claim.set} ${claim.kind}: ${claim.claim}\n   ${claim.passages[0]?.text.slice(0, 1200)}\n`,
    )
  }
  return { ...claim, isKept, ms: performance.now() - started }
}

/** Shares: of the true ones kept, of the false ones kept, and how many of all that are kept are false. */
function summarise(judged: Judged[]) {
  const [truths, falsehoods] = [true, false].map((is) =>
    judged.filter(({ isSupported }) => isSupported === is),
  )
  const kept = (list: Judged[] = []) => list.filter(({ isKept }) => isKept).length
  const share = (part: number, whole: number) => (whole === 0 ? null : round(part / whole))
  return {
    trueKept: share(kept(truths), truths?.length ?? 0),
    falseKept: share(kept(falsehoods), falsehoods?.length ?? 0),
    falseAmongKept: share(kept(falsehoods), kept(judged)),
  }
}

function groupBy(judged: Judged[], keyOf: (one: Judged) => string) {
  const groups = Map.groupBy(judged, keyOf)
  return Object.fromEntries(
    [...groups].sort().map(([key, list]) => {
      const kept = list.filter(({ isKept }) => isKept).length
      const isOneKind = new Set(list.map(({ isSupported }) => isSupported)).size === 1
      return [
        key,
        isOneKind ? `${kept} of ${list.length} kept (${round(kept / list.length)})` : summarise(list),
      ]
    }),
  )
}
