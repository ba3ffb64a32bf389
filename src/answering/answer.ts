import type { Logger } from 'pino'
import type { Bot } from '../bots/bot-settings.ts'
import { detectLanguage } from '../bots/language.ts'
import { phrase } from '../bots/phrases.ts'
import { fillFrom, type PromptTexts } from '../bots/prompt.ts'
import { isDatabaseAway } from '../db/persist.ts'
import { AppError } from '../errors.ts'
import type { ListMaterialLanguages } from '../knowledge/material-languages.ts'
import type { Retrieve, RetrievedPassage } from '../knowledge/passage.ts'
import type { ModelChain } from '../models/model.ts'
import { findCrisis } from '../safety/crisis.ts'
import { chooseSafetyLine } from '../safety/safety-line.ts'
import type { Answer, AnswerRequest, AnswerSettings } from './answer-request.ts'
import { type Budgets, checkOrFree, FREE } from './budget.ts'
import type { AnswerCache, CacheMiss, CachePlan } from './cache/answer-cache.ts'
import { type CacheNote, type SharedWriting, serveAnswer } from './cache/cached-answer.ts'
import { createFlights } from './cache/flight.ts'
import type { Turnstile } from './cache/turnstile.ts'
import { presentAnswer, presentUnsearched } from './present-answer.ts'
import { type Purse, spendFrom } from './purse.ts'
import { standsAlone } from './question/carry-over.ts'
import { type Rewritten, rewriteFollowUp } from './question/follow-up.ts'
import { findForeignMaterial, toQuery } from './question/look-up.ts'
import { findSmallTalk } from './question/small-talk.ts'
import { createTranslations } from './question/translations.ts'
import { createStopwatch } from './stopwatch.ts'
import type { PastLine } from './writing/prompt.ts'
import { createAnswerWriter, type WriteTask } from './writing/writer.ts'
import { type AnswerStep, NO_USAGE, type WrittenAnswer } from './written-answer.ts'

interface AnswererParts {
  retrieve: Retrieve
  /** Absent: every question is looked up in the language it is asked in. */
  listMaterialLanguages?: ListMaterialLanguages | undefined
  /** Writes the answers. Without it the material is quoted. */
  chain?: ModelChain | undefined
  /** Rewrites follow-up questions, and answers when a budget runs low; the answer's chain does it where there is none. */
  bulk?: ModelChain | undefined
  /** Absent: every answer is written anew. */
  cache?: AnswerCache | undefined
  /** Keeps other workers from having the same written at once. Absent: there are none. */
  turnstile?: Turnstile | undefined
  /** Absent: nothing bounds what is spent. */
  budgets?: Budgets | undefined
  prompts: PromptTexts
  log: Logger
  settings: AnswerSettings
}

export interface Answerer {
  /**
   * Answers a question from the Bot's material, with proof. There is always an answer: without a
   * model it quotes, without anything fitting it says so (`refused`).
   *
   * @throws {AppError} `model.aborted` when `signal` ended the work; the database's own failure when it is away.
   */
  answer(request: AnswerRequest): Promise<Answer>
}

/** Passages retrieved for one answer. */
const PASSAGES = 8

/** Longest question looked up and shown to a model; the rest of a longer message is left out. */
const MAX_QUESTION_CHARS = 4_000

export function createAnswerer(parts: AnswererParts): Answerer {
  const { retrieve, chain, bulk, cache, turnstile, budgets, prompts, log } = parts
  const fill = fillFrom(prompts)
  const write = createAnswerWriter({ ...parts, chain, bulk })
  const flights = createFlights<SharedWriting>()
  const translations = createTranslations()

  async function answerQuestion(
    request: AnswerRequest,
    language: string,
    startedAt: number,
  ): Promise<Answer> {
    const { bot, history, signal } = request
    const asked = request.question.slice(0, MAX_QUESTION_CHARS).toWellFormed()
    const timed = createStopwatch(startedAt)
    const isAlone = history.length === 0 || standsAlone(asked)
    // A Bot that chose its models has said who may read what it is asked.
    const rewriter = bot.settings.model ? chain : (bulk ?? chain)
    const translateInto = rewriter && (await findTargetLanguage(bot, language))
    const isAsItIs = isAlone && translateInto === undefined
    const plan =
      request.isFresh || !chain
        ? undefined
        : hasEnclosure(request)
          ? 'personal'
          : request.memory?.isRelevant
            ? 'memory'
            : cache?.plan({ bot, question: asked, language, standsAlone: isAlone })
    const budgetSoon = chain
      ? checkOrFree(budgets, { bot, asker: request.asker }, log)
      : Promise.resolve(FREE)
    // What needs no model to be looked up does not wait to hear what one may cost.
    const purse: Purse = { leftUsd: isAsItIs ? Infinity : (await budgetSoon).leftUsd }
    const rewrite = (said: {
      history: readonly PastLine[]
      summary?: string | undefined
      signal: AbortSignal
    }) =>
      rewriteFollowUp(
        { ...said, question: asked, route: bot.settings.model, translateInto },
        { chain: rewriter && spendFrom(purse, rewriter), fill },
      )
    const rewritten: Rewritten =
      request.lookUp !== undefined
        ? { question: request.lookUp.slice(0, MAX_QUESTION_CHARS).toWellFormed(), usage: NO_USAGE }
        : isAlone && translateInto !== undefined
          ? await translations.say([bot.id, translateInto, asked].join('\n'), signal, (joint) =>
              rewrite({ history: [], signal: joint }),
            )
          : await rewrite({ history, summary: request.memory?.summary, signal })
    const rewriteMs = timed()
    const [found, look, budget] = await Promise.all([
      retrieveSafely(request, toQuery(asked, rewritten)),
      typeof plan === 'object' ? cache?.look(plan) : undefined,
      budgetSoon,
    ])
    if (isAsItIs) purse.leftUsd = budget.leftUsd
    const retrieveMs = timed()
    const { passages } = found
    const task: WriteTask = {
      ...{ asked, lookedUp: rewritten.question, language, passages },
      ...{ budget: budget.level, purse },
    }
    const served =
      typeof plan === 'object' && cache && look
        ? await serveAnswer(
            { plan, look, found, budget: budget.level, passenger: request },
            // Nothing said before is shown to the model: the answer is the same for whoever asks.
            {
              cache,
              flights,
              turnstile,
              write: (joint) => write({ ...request, ...joint, history: [], memory: undefined }, task),
            },
          )
        : { written: await write(request, task), note: noteOf(plan) }
    throwIfAborted(signal)
    const isForAsker = !(typeof plan === 'object' && cache && look) && served.written.model !== 'extractive'
    const answer = presentAnswer(bot, {
      ...{ rewritten, found, served, language },
      isBudgetNews: await isBudgetNews(served.written, request),
      ms: {
        rewrite: rewriteMs,
        retrieve: retrieveMs,
        generate: timed(),
        total: performance.now() - startedAt,
      },
    })
    return isForAsker && request.memory ? { ...answer, usesMemory: true } : answer
  }

  /** Once a day. What cannot be read is not said again. */
  async function isBudgetNews({ degraded }: WrittenAnswer, { asker }: AnswerRequest): Promise<boolean> {
    if (!degraded.includes('budget_spent')) return false
    return !asker || !budgets || !(await budgets.wasTold(asker).catch(() => true))
  }

  async function findTargetLanguage(bot: Bot, language: string): Promise<string | undefined> {
    return findForeignMaterial(parts.listMaterialLanguages, bot, language).catch((err: unknown) => {
      if (isDatabaseAway(err)) throw err
      log.warn({ err, botId: bot.id }, 'material-languages-not-read')
      return undefined
    })
  }

  async function retrieveSafely(
    { bot, signal }: AnswerRequest,
    lookup: { question: string; carried?: string | undefined },
  ): Promise<{ passages: RetrievedPassage[]; degraded: AnswerStep[] }> {
    throwIfAborted(signal)
    try {
      return await retrieve({
        creatorId: bot.creatorId,
        knowledgeBaseId: bot.knowledgeBaseId,
        ...lookup,
        limit: PASSAGES,
      })
    } catch (error) {
      throwIfAborted(signal)
      // Nothing could be kept now anyway: the Turn is taken again when the database is back.
      if (isDatabaseAway(error)) throw error
      log.error({ err: error, botId: bot.id }, 'retrieval-failed')
      return { passages: [], degraded: ['retrieval_unavailable'] }
    }
  }

  return {
    async answer(request) {
      const startedAt = performance.now()
      throwIfAborted(request.signal)
      const { settings: bot } = request.bot
      const language = await detectLanguage(request.question, {
        hint: request.languageHint,
        offered: bot.languages,
      })
      const crisis = request.crisis === undefined ? findCrisis(request.question) : request.crisis
      if (crisis) {
        const line = chooseSafetyLine(bot, language)
        const said = { markdown: line, language, startedAt }
        return { ...presentUnsearched(request.question, 'safety', said), crisis }
      }
      const smallTalk = findSmallTalk(request.question)
      if (!smallTalk) return answerQuestion(request, language, startedAt)
      const markdown = phrase(language, `small_talk_${smallTalk}`)
      return presentUnsearched(request.question, 'small_talk', { markdown, language, startedAt })
    },
  }
}

/** What is written beside something of the person's own is for nobody else. */
function hasEnclosure({ picture, ownText }: AnswerRequest): boolean {
  return picture !== undefined || ownText !== undefined
}

function noteOf(plan: CachePlan | CacheMiss | undefined): CacheNote | undefined {
  return typeof plan === 'string' ? { outcome: 'miss', reason: plan } : undefined
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('model.aborted')
}
