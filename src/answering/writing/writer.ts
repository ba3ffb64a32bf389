import { fillFrom, type PromptTexts } from '../../bots/prompt.ts'
import { AppError } from '../../errors.ts'
import type { RetrievedPassage } from '../../knowledge/passage.ts'
import type { Logger } from '../../logger.ts'
import type { ModelChain } from '../../models/model.ts'
import type { AnswerRequest, AnswerSettings } from '../answer-request.ts'
import type { BudgetLevel } from '../budget.ts'
import { type Purse, spendFrom } from '../purse.ts'
import { quoteAnswer } from '../quoting/quoted-answer.ts'
import type { WrittenAnswer } from '../written-answer.ts'
import { writeAnswer } from './model-answer.ts'
import { chooseSources } from './prompt.ts'

interface AnswerWriterParts {
  chain: ModelChain | undefined
  /** The cheaper models, asked when a budget runs low. */
  bulk: ModelChain | undefined
  prompts: PromptTexts
  log: Logger
  settings: AnswerSettings
}

export interface WriteTask {
  asked: string
  /** As it was looked up. */
  lookedUp: string
  language: string
  passages: RetrievedPassage[]
  budget: BudgetLevel
  /** What it may cost. */
  purse: Purse
}

/** Writes the answer, by a model or by quoting the material. It is always written, or the request was aborted. */
export type AnswerWriter = (request: AnswerRequest, task: WriteTask) => Promise<WrittenAnswer>

export function createAnswerWriter({ chain, bulk, prompts, log, settings }: AnswerWriterParts): AnswerWriter {
  const fill = fillFrom(prompts)

  async function askModel(
    request: AnswerRequest,
    { asked, ...task }: WriteTask,
    chosen: ModelChain,
  ): Promise<WrittenAnswer> {
    const { prompts: own, settings: wanted } = request.bot
    const maxOutputTokens = Math.min(settings.maxOutputTokens, wanted.limits?.answer_tokens ?? Infinity)
    const sources = chooseSources(task.passages)
    const written = await writeAnswer(
      { ...request, ...task, question: asked, sources, maxOutputTokens },
      { chain: spendFrom(task.purse, chosen), fill: own ? fillFrom(prompts, own) : fill },
    )
    if (written.outcome !== 'refused' || !written.degraded.includes('unproven_answer')) return written
    const { degraded, usage, droppedClaims } = written
    return { ...quoteAnswer(task.lookedUp, task.passages, task.language), degraded, usage, droppedClaims }
  }

  return async (request, task) => {
    const { bot } = request
    const quoted = () => quoteAnswer(task.lookedUp, task.passages, task.language)
    if (!chain || (task.passages.length === 0 && bot.settings.grounding === 'strict')) return quoted()
    if (task.budget === 'spent') return { ...quoted(), degraded: ['budget_spent'] }
    // A Bot that chose its models has said who may read what it is asked.
    // Nor do the cheaper ones answer for a picture: they may not see it.
    const isSaving =
      task.budget === 'low' && !request.picture && bulk !== undefined && bulk !== chain && !bot.settings.model
    try {
      const written = await askModel(request, task, isSaving ? bulk : chain)
      return isSaving ? { ...written, degraded: ['budget_low', ...written.degraded] } : written
    } catch (error) {
      if (request.signal.aborted) throw new AppError('model.aborted')
      const code = error instanceof AppError ? error.code : undefined
      if (code === 'model.too_dear') return { ...quoted(), degraded: ['budget_spent'] }
      log.warn({ code, botId: bot.id, ...(code ? {} : { err: error }) }, 'answer-quoted')
      request.onDraft?.('')
      return { ...quoted(), degraded: ['model_unavailable'] }
    }
  }
}
