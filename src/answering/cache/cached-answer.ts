import { randomUUID } from 'node:crypto'
import type { RetrievedPassage } from '../../knowledge/passage.ts'
import type { BudgetLevel } from '../budget.ts'
import { type AnswerStep, NO_USAGE, type WrittenAnswer } from '../written-answer.ts'
import type { AnswerCache, CacheLook, CacheMiss, CachePlan } from './answer-cache.ts'
import type { Flights, Passenger } from './flight.ts'
import type { CacheEntry } from './rows.ts'
import type { Turnstile } from './turnstile.ts'

/** How an answer came about, for its Trace. */
export type CacheNote =
  | { outcome: 'exact' | 'semantic'; entry: string; similarity?: number; savedUsd: number }
  /** Asked by several at once and written for another of them. */
  | { outcome: 'shared'; entry: string; savedUsd: number }
  /** Written anew; `entry` is the id under which it may be kept. */
  | { outcome: 'miss'; reason: CacheMiss; entry?: string }

export interface Served {
  written: WrittenAnswer
  note: CacheNote
}

/** One writing of an answer, and the id it may be kept under. */
export interface SharedWriting {
  entry: string
  written: WrittenAnswer
  /** Another worker wrote it meanwhile; writing it cost this much. */
  savedUsd?: number
}

interface ServeParts {
  cache: AnswerCache
  flights: Flights<SharedWriting>
  /** Keeps other workers from writing the same at the same time. Absent: this is the only one. */
  turnstile?: Turnstile | undefined
  /** Has the answer written, for whoever waits for it. */
  write(joint: Passenger): Promise<WrittenAnswer>
}

interface ServeRequest {
  plan: CachePlan
  look: CacheLook
  /** What was found for the question. Where something was out of order with that, the answer is not kept. */
  found: { passages: readonly RetrievedPassage[]; degraded: readonly AnswerStep[] }
  /** Who has more left is not given what is written for less. */
  budget: BudgetLevel
  passenger: Passenger
}

/** The kept answer where the material supports it; else the one being written for others; else one written now. */
export async function serveAnswer(
  request: ServeRequest,
  { cache, flights, turnstile, write }: ServeParts,
): Promise<Served> {
  const { plan, look, found, passenger } = request
  const { passages } = found
  const chosen = cache.choose(look, passages)
  if (typeof chosen !== 'string') return present(chosen.entry, chosen.similarity)
  const name = nameFlight(request)
  const landed = await flights.board(name, passenger, async (joint) => {
    const pass = await turnstile?.pass(name, joint.signal)
    let kept: Promise<void> | undefined
    try {
      const again = pass?.isShared ? cache.choose(await cache.look(plan), passages) : undefined
      if (again && typeof again !== 'string') return { value: writtenElsewhere(again.entry), lingers: true }
      const written = await write(joint)
      const entry = randomUUID()
      const isWhole = found.degraded.length === 0 && !joint.stopSignal?.aborted
      if (isWhole) kept = cache.keep(plan, look, { id: entry, written, passages })
      return { value: { entry, written }, lingers: isWhole && written.degraded.length === 0 }
    } finally {
      // The next to come in looks for what is kept: so not before it is.
      void Promise.resolve(kept).then(() => pass?.leave())
    }
  })
  if (landed.kind === 'left') return { written: STOPPED, note: { outcome: 'miss', reason: chosen } }
  const { entry, written, savedUsd } = landed.value
  if (landed.isFirst && savedUsd === undefined) {
    return { written, note: { outcome: 'miss', reason: chosen, entry } }
  }
  return {
    written: { ...written, usage: NO_USAGE },
    note: { outcome: 'shared', entry, savedUsd: savedUsd ?? written.usage.costUsd },
  }
}

function writtenElsewhere({ id, answer, costUsd }: CacheEntry): SharedWriting {
  return {
    entry: id,
    written: { ...answer, outcome: 'answered', degraded: [], usage: NO_USAGE },
    savedUsd: costUsd,
  }
}

function present({ id, isExact, answer, costUsd }: CacheEntry, similarity: number | undefined): Served {
  return {
    written: { ...answer, outcome: 'answered', degraded: [], usage: NO_USAGE },
    note: {
      outcome: isExact ? 'exact' : 'semantic',
      entry: id,
      savedUsd: costUsd,
      ...(similarity !== undefined && { similarity: Math.round(similarity * 1000) / 1000 }),
    },
  }
}

/** The same question, of the same Bot, wording, language, budget and material. */
function nameFlight({ plan: { address }, look, found, budget }: ServeRequest): string {
  const { bot, wording, language, questionHash } = address
  const material = look.finding?.revision ?? found.passages.map(({ id }) => id).join(',')
  const hashes = [wording, questionHash].map((hash) => hash.toString('hex'))
  return [bot.creatorId, bot.id, ...hashes, language, budget, material].join(' ')
}

/** Its reader wanted no more of it, and others do. */
const STOPPED: WrittenAnswer = {
  outcome: 'stopped',
  markdown: '',
  citations: [],
  model: 'extractive',
  degraded: [],
  usage: NO_USAGE,
  droppedClaims: 0,
}
