import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'
import type { RetrievedPassage } from '../../knowledge/passage.ts'
import type { Logger } from '../../logger.ts'
import type { EmbeddingModel } from '../../models/model.ts'
import type { WrittenAnswer } from '../written-answer.ts'
import type { CacheKeys } from './key.ts'
import { isPersonalQuestion } from './personal-question.ts'
import { normaliseQuestion, readMeaning } from './question-meaning.ts'
import {
  addEntry,
  type CacheAddress,
  type CacheEntry,
  type CacheFinding,
  countHits,
  findEntries,
  pruneEntries,
} from './rows.ts'
import { cosineOf, isSupported, repeatsTheAsker } from './support.ts'

export interface AnswerCacheSettings {
  /** Off: every answer is written anew. A Bot can be off by itself. */
  isOn: boolean
  /** From this cosine of two questions' words of meaning on, an answer to the one may serve the other. */
  similarity: number
  /** An answer is given again for so many days. */
  days: number
  /** Answers kept of one Bot; what was used longest ago goes first. */
  entries: number
}

interface AnswerCacheParts {
  db: Db
  /** Without one, only the very same question is known again. */
  embedding?: EmbeddingModel | undefined
  keys: CacheKeys
  settings: AnswerCacheSettings
  log: Logger
}

/** Why nothing kept was given. */
export type CacheMiss =
  /** The cache is off for the Bot. */
  | 'off'
  /** The question leans on what was said before. */
  | 'history'
  | 'personal'
  /** It has to do with what is remembered of the person. */
  | 'memory'
  /** Nothing like it is kept. */
  | 'unknown'
  /** Something is, but what was found for this question does not hold its proofs. */
  | 'unsupported'
  /** Something is, but the words of the two are too far from each other. */
  | 'dissimilar'
  /** The database did not say. */
  | 'unavailable'

/** A question under which an answer may be kept. */
export interface CachePlan {
  address: CacheAddress
  /** The question as it was asked. */
  question: string
  /** The words that are compared with a kept question's. */
  bare: string | undefined
}

export interface CacheLook {
  finding: CacheFinding | undefined
  vector: number[] | undefined
}

export interface CacheHit {
  entry: CacheEntry
  similarity: number | undefined
}

export interface AnswerCache extends AsyncDisposable {
  /** Whether this question may be answered with what was answered to someone else, and under what that is kept. */
  plan(asked: { bot: Bot; question: string; language: string; standsAlone: boolean }): CachePlan | CacheMiss
  /** Looks up what is kept: one round trip, beside the retrieval. Never throws. */
  look(plan: CachePlan): Promise<CacheLook>
  /** Of what is kept, that which the material found for the question supports. */
  choose(look: CacheLook, found: readonly RetrievedPassage[]): CacheHit | CacheMiss
  /** Keeps an answer under this id where it may be, beside whatever else goes on. Resolves when that is over. */
  keep(plan: CachePlan, look: CacheLook, made: MadeAnswer): Promise<void>
}

export interface MadeAnswer {
  id: string
  written: WrittenAnswer
  /** What it was written from. */
  passages: readonly RetrievedPassage[]
}

/** A slow embedding makes no one wait longer than this; the answer is written anew then. */
const COMPARE_MS = 1_000

/** Hits are counted together, so that a question everyone asks is no row everyone waits for. */
const COUNT_EVERY_MS = 1_000
/** Every so many answers kept, those too many are let go. */
const PRUNE_EVERY = 50

/**
 * Answers given again: to the same question, and to one that asks the same in other words. Kept only where nothing
 * in them is about one person, and found only while the Bot's wording and material are what they were written from.
 */
export function createAnswerCache({ db, embedding, keys, settings, log }: AnswerCacheParts): AnswerCache {
  const closing = new AbortController()
  const writing = new Set<Promise<unknown>>()
  const hits = new Map<string, number>()
  let isCounting = false
  let kept = 0

  /** Runs beside the answer; the end of the program waits for it. */
  function beside(what: string, work: Promise<unknown>): Promise<void> {
    const done = work
      .then(() => {})
      .catch((error: unknown) => log.warn({ err: error }, what))
      .finally(() => writing.delete(done))
    writing.add(done)
    return done
  }

  async function flushHits(): Promise<void> {
    await sleep(COUNT_EVERY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    const given = new Map(hits)
    hits.clear()
    isCounting = false
    await countHits(db, given)
  }

  function noteHit({ id }: CacheEntry): void {
    hits.set(id, (hits.get(id) ?? 0) + 1)
    if (isCounting) return
    isCounting = true
    void beside('cache-hits-not-counted', flushHits())
  }

  async function embed({ bare }: CachePlan): Promise<number[] | undefined> {
    if (!embedding || !bare) return undefined
    return embedding.embedQuestion(bare).catch(() => undefined)
  }

  async function store(
    plan: CachePlan,
    look: { vector: number[] | undefined; revision: string },
    { id, written, passages }: MadeAnswer,
  ): Promise<void> {
    const { markdown, citations, model, droppedClaims } = written
    const vector = look.vector ?? (await embed(plan))
    await addEntry(db, {
      id,
      // Without a vector no other wording could be held against it.
      address: { ...plan.address, meaningHash: vector && plan.address.meaningHash },
      revision: look.revision,
      passageIds: passages.map((passage) => passage.id),
      vector,
      answer: { markdown, citations, model, droppedClaims },
      costUsd: written.usage.costUsd,
    })
    kept += 1
    if (kept % PRUNE_EVERY === 0) await pruneEntries(db, plan.address.bot, settings)
  }

  function refuse({ vector }: CacheLook, entry: CacheEntry, found: readonly RetrievedPassage[]) {
    const similarity = entry.isExact ? undefined : cosineOf(vector ?? [], entry.vector ?? [])
    if (similarity !== undefined && similarity < settings.similarity) return 'dissimilar'
    return isSupported(entry.answer, found) ? { entry, similarity } : 'unsupported'
  }

  return {
    plan({ bot, question, language, standsAlone }) {
      if (!settings.isOn || bot.settings.cache === false) return 'off'
      if (!standsAlone) return 'history'
      if (isPersonalQuestion(question, language)) return 'personal'
      const meaning = readMeaning(question, language)
      const address: CacheAddress = {
        bot,
        wording: keys.wordingOf(bot),
        language,
        questionHash: keys.hash(bot, 'question', normaliseQuestion(question)),
        meaningHash: meaning && embedding && keys.hash(bot, 'meaning', meaning.key),
      }
      return { address, question, bare: meaning?.bare }
    },

    async look(plan) {
      const finding = await findEntries(db, plan.address, settings.days).catch((error: unknown) => {
        log.warn({ err: error, botId: plan.address.bot.id }, 'cache-not-read')
        return undefined
      })
      const isCompared = finding?.entries.some(({ isExact }) => !isExact)
      if (!isCompared) return { finding, vector: undefined }
      const late = sleep(COMPARE_MS, undefined, { ref: false })
      return { finding, vector: await Promise.race([embed(plan), late]) }
    },

    choose(look, found) {
      if (!look.finding) return 'unavailable'
      const tried = look.finding.entries.map((entry) => refuse(look, entry, found))
      const hit = tried.find((outcome) => typeof outcome !== 'string')
      if (hit) noteHit(hit.entry)
      return hit ?? tried[0] ?? 'unknown'
    },

    async keep(plan, look, made) {
      const { written, passages } = made
      if (!look.finding || !isWorthKeeping(written)) return
      if (repeatsTheAsker(plan.question, written.markdown, passages)) return
      await beside('answer-not-kept', store(plan, { ...look, revision: look.finding.revision }, made))
    },

    async [Symbol.asyncDispose]() {
      closing.abort()
      await Promise.all([...writing])
    },
  }
}

/** A whole answer of the model that was meant to write it, with proofs. */
function isWorthKeeping({ outcome, citations, degraded, model }: WrittenAnswer): boolean {
  return outcome === 'answered' && citations.length > 0 && degraded.length === 0 && model !== 'extractive'
}
