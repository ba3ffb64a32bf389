import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chooseSources } from '../../src/answering/writing/prompt.ts'
import { createClaimCheck } from '../../src/grounding/claim-support.ts'
import { checkClaims } from '../../src/grounding/claims.ts'
import { indexWords } from '../../src/knowledge/words/word-index.ts'
import { buildPassage } from '../../src/testing/builders/passage.ts'
import { createRandom } from '../../src/testing/random.ts'
import { SHARED_DIR } from '../../src/testing/vendor-spec.ts'
import { type ClaimCase, listCases } from '../eval/claim-cases.ts'
import { readMaterial } from '../eval/claim-material.ts'
import { percentile, round } from './statistics.ts'

const SEED = 20_261_121
const PER_KIND = Number(process.env.BENCH_CLAIMS ?? 120)
const EVAL_DIR = process.env.EVAL_DIR ?? join(SHARED_DIR, 'eval')
const LANGUAGES = ['en', 'de', 'es', 'ru', 'zh', 'hi', 'th', 'ar', 'tr']
const OWN = new URL('../../bots/habit-coach/knowledge', import.meta.url).pathname

type Half = 'seen' | 'kept back'

/** Sets whose rows may be looked at while the judge is worked on; of the others only figures are ever printed. */
const SEEN: ReadonlySet<string> = new Set([
  ...['xquad en', 'xquad de', 'xquad zh', 'xquad ar', 'xquad th'],
  ...['scifact', 'habit-coach'],
])

/**
 * How well true sentences are told from false ones: statements of the evaluation sets, reworded and falsified by
 * rule, and claims that people judged. HALF runs one half alone; EXAMPLES=kind prints what is judged wrongly in the seen
 * half.
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
    const half = SEEN.has(material.name) ? 'seen' : 'kept back'
    if (process.env.HALF && process.env.HALF !== half) continue
    // The sets of questions are one text in many languages: each half has other passages of it.
    const passages = material.passages.filter((_, at) => at % 2 === (half === 'seen' ? 0 : 1))
    const cases = listCases({ ...material, passages }, { perKind: PER_KIND, random: createRandom(SEED) })
    judged.push(...cases.map((one) => judge(one, half)))
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
    byHalf: groupBy(made, ({ half }) => half),
    bySet: groupBy(made, ({ set }) => set),
    ...Object.fromEntries(
      [...Map.groupBy(judged, ({ half }) => half)].map(([half, list]) => [
        `byKind, ${half}`,
        groupBy(list, ({ kind, isSupported }) => `${isSupported ? 'true' : 'false'}: ${kind}`),
      ]),
    ),
  }
}

interface Judged extends ClaimCase {
  half: Half
  isKept: boolean
  ms: number
}

function judge(claim: ClaimCase, half: Half): Judged {
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
  if (process.env.EXAMPLES === claim.kind && half === 'seen' && isKept !== claim.isSupported) {
    console.error(
      `${claim.set} ${claim.kind}: ${claim.claim}\n   ${claim.passages[0]?.text.slice(0, 1200)}\n`,
    )
  }
  return { ...claim, half, isKept, ms: performance.now() - started }
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
