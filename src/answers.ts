import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Vault } from './accounts/vault.ts'
import { type Answerer, createAnswerer } from './answering/answer.ts'
import { type Budgets, createBudgets } from './answering/budget.ts'
import { createAnswerCache } from './answering/cache/answer-cache.ts'
import { createCacheKeys } from './answering/cache/key.ts'
import { createTurnstile } from './answering/cache/turnstile.ts'
import { readMeanings } from './answering/evidence/related-words.ts'
import { findRelations } from './answering/evidence/word-relations.ts'
import { spendFrom } from './answering/purse.ts'
import { createLookUp, type LookUp } from './answering/question/look-up.ts'
import { createLooker, type Looker } from './answering/writing/picture.ts'
import { type Attachments, createAttachments } from './attachments/attachments.ts'
import { removeLeftFiles } from './attachments/fetch-file.ts'
import { createBotFinder } from './bots/bot.ts'
import type { ModelOffer } from './bots/bot-settings.ts'
import { phrase } from './bots/phrases.ts'
import { fillFrom, type PromptTexts, readPrompts } from './bots/prompt.ts'
import type { Channel } from './channels/channel.ts'
import { chooseChains, chooseExtraction } from './choices.ts'
import type { Config } from './config.ts'
import type { Db } from './db/database.ts'
import { createExtractor } from './extraction/extractor.ts'
import { relationOf } from './grounding/english.ts'
import { loadDetector } from './knowledge/language.ts'
import { createMaterialLanguages } from './knowledge/material-languages.ts'
import { translateWords } from './knowledge/words/translate.ts'
import type { Logger } from './logger.ts'
import type { Material } from './material.ts'
import { createRemember } from './memory/remember.ts'
import { tellsOfSelf } from './memory/rules.ts'
import type { Connections } from './messaging/connection.ts'
import type { WorkerPresence } from './messaging/worker-presence.ts'
import { warmChatModels } from './models/langchain.ts'
import { findCrisis } from './safety/crisis.ts'

const PROMPTS = fileURLToPath(new URL('../prompts', import.meta.url))

/** What answers people, from the material. */
export interface Answers {
  answerer: Answerer
  lookUp: LookUp
  /** Thinks about what is due to be remembered in a Chat. */
  remember: (chatId: string, signal: AbortSignal) => Promise<void>
  /** Takes in what people send beside words. */
  attachments: Attachments
  looker: Looker
  budgets: Budgets
  /** The program's own, which a Bot may override. */
  prompts: PromptTexts
  /** What a Bot may choose from. */
  offer: ModelOffer
  /** Loads what the first answer needs, before it is asked for, and tidies up after a kill. Never throws. */
  warmUp(): Promise<void>
}

interface AnswersParts {
  config: Config
  log: Logger
  db: Db
  vault: Vault
  presence: WorkerPresence
  material: Material
  channels: { telegram: Channel; whatsapp: Channel; web: Channel }
  connections: Connections
}

/** Opens what answers; `opened` closes it. */
export async function openAnswers(
  { config, log, db, vault, presence, material, channels, connections }: AnswersParts,
  opened: AsyncDisposableStack,
): Promise<Answers> {
  const chains = await chooseChains(config, log)
  const prompts = await readPrompts(PROMPTS)
  const models = chains.chain?.names ?? []
  const { maxOutputTokens } = config.models
  const keys = createCacheKeys(vault.deriveKey('answer-cache'), {
    ...{ prompts, models, maxOutputTokens },
    embedding: material.embedding?.name,
  })
  const cache = opened.use(
    createAnswerCache({ db, embedding: material.embedding, keys, settings: config.answerCache, log }),
  )
  const budgets = createBudgets({ db, settings: config.budget })
  const listMaterialLanguages = createMaterialLanguages(db)
  // Of its own: a document in a chat waits for no bulk upload.
  const reader = opened.use(createExtractor({ ...chooseExtraction(config), maxChildren: 1 }))
  return {
    answerer: createAnswerer({
      ...{ ...chains, prompts, cache, budgets, listMaterialLanguages, log },
      retrieve: material.retrieve,
      turnstile: createTurnstile(presence),
      settings: config.models,
    }),
    lookUp: createLookUp({ ...chains, prompts, listMaterialLanguages }),
    remember: createRemember({
      ...{ db, ...chains },
      workerId: presence.id,
      findBot: createBotFinder(db),
      fill: fillFrom(prompts),
      afford: async (chain, spender) => {
        const { level, leftUsd } = await budgets.check(spender)
        return level === 'spent' ? undefined : spendFrom({ leftUsd }, chain)
      },
    }),
    attachments: createAttachments({
      ...{ channels, connections, log },
      transcriber: material.transcriber,
      extractor: reader,
      settings: config.attachments,
    }),
    looker: createLooker({ chain: chains.chain, budgets, prompts, log }),
    budgets,
    prompts,
    offer: { models, answerTokens: maxOutputTokens },
    async warmUp() {
      await Promise.allSettled([removeLeftFiles(), loadDetector(), warmChatModels(models)])
      for (const read of models.length > 0 ? [...TABLES, ...MODELS_TABLES] : TABLES) {
        await nextTurn()
        read()
      }
    },
  }
}

/** What is read from files and put in order by the first message that needs it: a tenth of a second each, half of one together. */
const TABLES: readonly (() => unknown)[] = [
  () => findCrisis('I want to die'),
  () => tellsOfSelf('I am vegan'),
  () => readMeanings(['tea']),
  () => findRelations('tea'),
  () => translateWords(['tea'], ['tea'], ['de']),
  () => phrase('en', 'failed'),
]

/** And by the first answer a model writes. */
const MODELS_TABLES: typeof TABLES = [() => relationOf('tea', 'tea')]
