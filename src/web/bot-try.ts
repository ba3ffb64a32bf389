import type { Actor } from '../accounts/access.ts'
import type { Answerer } from '../answering/answer.ts'
import type { Answer } from '../answering/answer-request.ts'
import { getBot } from '../bots/bot.ts'
import type { Bot } from '../bots/bot-settings.ts'
import { noteTried } from '../bots/first-steps.ts'
import type { Channel } from '../channels/channel.ts'
import type { WithinCreator } from '../db/tenant-wall.ts'
import { type AnswerTrace, describePassages } from '../insights/answer-trace.ts'
import { createRateLimiter } from './rate-limit.ts'

interface TryParts {
  within: WithinCreator
  answerer: Answerer
  channels: { web: Pick<Channel, 'render'> }
  stopping: AbortSignal
}

/** An answer as the pages show it. */
export interface TriedAnswer {
  bot: Bot
  question: string
  answer: Answer
  html: string
  /** Why it is as it is, as for an answer in a Chat. */
  trace: Omit<AnswerTrace, 'messageId'>
}

/** Questions a person may try in a minute: each costs what an answer costs. */
const TRIES = { max: 20, windowMs: 60_000 }

/** A try is given up after this time, as a Turn is. */
const TRY_TIMEOUT_MS = 90_000

/** Longest question tried; longer ones are cut by the answer itself. */
export const MAX_TRY_CHARS = 2_000

/** Asks a bot as its people do, and leaves no trace of it: neither a Chat nor usage nor a Gap. */
export function createBotTry({ within, answerer, channels, stopping }: TryParts) {
  const limiter = createRateLimiter(TRIES)
  return {
    /**
     * Runs the real answer path; no transaction is open meanwhile.
     *
     * @throws {AppError} `bot.not_found`; `request.rate_limited`; `model.aborted` when the asker went away.
     */
    async ask(
      actor: Actor,
      { botId, question, signal }: { botId: string; question: string; signal: AbortSignal },
    ): Promise<TriedAnswer> {
      const { creatorId } = actor
      const bot = await within(creatorId, (trx) => getBot(trx, { botId, creatorId }))
      limiter.take(actor.memberId ?? actor.apiKeyId ?? creatorId)
      const ended = AbortSignal.any([signal, stopping, AbortSignal.timeout(TRY_TIMEOUT_MS)])
      const answer = await answerer.answer({ bot, question, history: [], isFresh: true, signal: ended })
      const passages = await within(creatorId, async (trx) => {
        await noteTried(trx, { creatorId, botId })
        return describePassages(trx, creatorId, answer)
      })
      const { markdown, citations } = answer
      const [part] = channels.web.render({ markdown, citations, buttons: [] })
      const trace = { ...traceOf(question, answer), passages }
      return { bot, question, answer, html: String(part?.html ?? ''), trace }
    },
  }
}

function traceOf(asked: string, answer: Answer): Omit<AnswerTrace, 'messageId' | 'passages'> {
  return {
    at: new Date(),
    asked,
    question: answer.question,
    language: answer.language,
    outcome: answer.kind,
    model: answer.model,
    isCached: answer.cached,
    cache: answer.cache,
    // Who tries a bot out is asked for nothing.
    entitlement: undefined,
    prompt: answer.prompt,
    steps: answer.degraded,
    usage: answer.usage,
    ms: answer.ms,
    droppedClaims: answer.droppedClaims,
    restarts: 0,
  }
}

export type BotTry = ReturnType<typeof createBotTry>
