import type { Bot } from '../../bots/bot-settings.ts'
import { nameLanguage } from '../../bots/language.ts'
import { createMark, fillFrom, type PromptTexts } from '../../bots/prompt.ts'
import { AppError } from '../../errors.ts'
import { stripInvisible } from '../../knowledge/instruction-like.ts'
import type { Logger } from '../../logger.ts'
import type { ModelChain, Picture } from '../../models/model.ts'
import { type Asker, type Budgets, checkOrFree } from '../budget.ts'
import { spendFrom } from '../purse.ts'
import { type AnswerUsage, addUsage, NO_USAGE } from '../written-answer.ts'

/** What a model saw on a picture. */
export interface Seen {
  /** In words, to be looked up by. */
  text: string
  model: string
  usage: AnswerUsage
}

export interface LookRequest {
  bot: Bot
  picture: Picture
  /** What the person wrote beside it; may be empty. */
  caption: string
  language: string
  asker: Asker
  signal: AbortSignal
}

export interface Looker {
  /** True where one of the Bot's models takes pictures. */
  sees(bot: Bot): boolean
  /**
   * Says in a few words what is on a picture. Undefined where no model could, or the budget is spent.
   *
   * @throws {AppError} `model.aborted` when the signal ended it.
   */
  describe(request: LookRequest): Promise<Seen | undefined>
}

interface LookerParts {
  chain: ModelChain | undefined
  budgets?: Budgets | undefined
  prompts: PromptTexts
  log: Logger
}

const MAX_OUTPUT_TOKENS = 160

/** What is looked up by is a few sentences. */
const MAX_CHARS = 600
const MAX_CAPTION_CHARS = 600

/** Of the chain's models those that see, as far as the Bot has not chosen others. */
export function listSeeing(chain: ModelChain, { settings }: Bot): string[] {
  return (settings.model ?? chain.names).filter((name) => chain.seeing?.includes(name))
}

export function createLooker({ chain, budgets, prompts, log }: LookerParts): Looker {
  const fill = fillFrom(prompts)

  async function write(request: LookRequest, asked: ModelChain): Promise<Seen> {
    const { bot, picture, caption, language, signal } = request
    const mark = createMark()
    const content = fill('describe-picture', {
      mark,
      language: nameLanguage(language),
      question: stripInvisible(caption).slice(0, MAX_CAPTION_CHARS).toWellFormed(),
    })
    let seen: Seen = { text: '', model: '', usage: NO_USAGE }
    for await (const chunk of asked.stream({
      promptFor: () => [{ role: 'user', content, picture }],
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      signal,
      route: listSeeing(asked, bot),
    })) {
      if (chunk.kind === 'model') seen = { ...seen, model: chunk.name }
      if (chunk.kind === 'text') seen = { ...seen, text: seen.text + chunk.text }
      if (chunk.kind === 'restart') seen = { ...seen, text: '' }
      if (chunk.kind === 'usage') seen = { ...seen, usage: addUsage(seen.usage, chunk.usage) }
    }
    return { ...seen, text: stripInvisible(seen.text).trim().slice(0, MAX_CHARS).toWellFormed() }
  }

  return {
    sees: (bot) => chain !== undefined && listSeeing(chain, bot).length > 0,
    async describe(request) {
      const { level, leftUsd } = await checkOrFree(budgets, request, log)
      if (!chain || level === 'spent') return undefined
      try {
        const seen = await write(request, spendFrom({ leftUsd }, chain))
        return seen.text === '' ? undefined : seen
      } catch (error) {
        if (request.signal.aborted) throw new AppError('model.aborted')
        const code = error instanceof AppError ? error.code : undefined
        log.warn({ code, botId: request.bot.id, ...(code ? {} : { err: error }) }, 'picture-not-seen')
        return undefined
      }
    },
  }
}
