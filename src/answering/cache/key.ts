import { createHash, createHmac } from 'node:crypto'
import type { Bot } from '../../bots/bot-settings.ts'
import type { PromptTexts } from '../../bots/prompt.ts'

/** What besides the question and the material decides how an answer reads. */
export interface Wording {
  prompts: PromptTexts
  /** `provider:model` in the order they are tried where the Bot names none. */
  models: readonly string[]
  /** Vectors of another one cannot be compared. */
  embedding: string | undefined
  maxOutputTokens: number
}

export interface CacheKeys {
  /** Changes with everything that is said to a model, or around its answer, beside the question. */
  wordingOf(bot: Bot): Buffer
  /** Of words that no one reads out of it again without the installation's key. */
  hash(bot: Bot, kind: 'question' | 'meaning', text: string): Buffer
}

/** @param secret keyed hashes stand and fall with it. */
export function createCacheKeys(secret: Buffer, wording: Wording): CacheKeys {
  const shared = JSON.stringify([
    [...wording.prompts],
    wording.models,
    wording.embedding ?? null,
    wording.maxOutputTokens,
  ])
  const known = new WeakMap<Bot, Buffer>()
  return {
    wordingOf(bot) {
      const held = known.get(bot) ?? createHash('sha256').update(shared).update(describe(bot)).digest()
      known.set(bot, held)
      return held
    },
    hash: (bot, kind, text) =>
      createHmac('sha256', secret).update([bot.creatorId, bot.id, kind, text].join('\0')).digest(),
  }
}

/** Of the settings those that an answer depends on. */
function describe({ settings, prompts = {}, knowledgeBaseId }: Bot): string {
  const { name, persona, languages, grounding, no_answer, safety_line, model, limits } = settings
  return JSON.stringify([
    knowledgeBaseId,
    [name, persona, languages, grounding, no_answer, safety_line, model ?? null],
    limits?.answer_tokens ?? null,
    Object.entries(prompts).sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
}
