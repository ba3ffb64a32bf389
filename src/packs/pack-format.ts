import { z } from 'zod'
import { BotSettings } from '../bots/bot-settings.ts'
import type { OverridablePrompt } from '../bots/prompt-override.ts'
import { PackPlans } from './pack-plans.ts'
import { type PackPhoto, PackProducts } from './pack-products.ts'

const line = z.string().trim().min(1).max(2_000)

/** The Bot's name in addresses. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and hyphens, at most 63')

/** `bot.yaml`: who the Bot is, and how its base is searched. */
export const BotFile = z.strictObject({
  slug: Slug,
  ...BotSettings.shape,
  knowledge: z
    .strictObject({
      /** Share of the keyword side in the search, 0 to 1. */
      keyword_weight: z.number().min(0).max(1).optional(),
      /** How much a newer document counts over an older one about the same, 0 to 1. */
      recency: z.number().min(0).max(1).optional(),
    })
    .default({}),
  /** What is free and what is sold; absent: whatever the Bot has already. */
  plans: PackPlans.optional(),
  /** What is sold once; absent: whatever the Bot has already. */
  products: PackProducts.optional(),
})

/** `questions.yaml`: what the Bot must be able to answer, and what it must not. */
export const QuestionsFile = z.strictObject({
  answerable: z
    .array(z.strictObject({ question: line, lang: z.string(), document: line, fact: line }))
    .max(2_000)
    .default([]),
  refused: z
    .array(z.strictObject({ question: line, lang: z.string(), why: line }))
    .max(2_000)
    .default([]),
})
export type QuestionsFile = z.output<typeof QuestionsFile>

/** A file of `knowledge/`: its path below that folder, and where it lies. */
export interface PackFile {
  name: string
  path: string
}

/** The text of each prompt a pack words itself. */
export type PackPrompts = Partial<Record<OverridablePrompt, string>>

/** A checked pack. */
export interface Pack {
  slug: string
  settings: BotSettings
  keywordWeight: number | undefined
  recency?: number | undefined
  /** Undefined: the pack says nothing of them. */
  plans?: PackPlans | undefined
  products?: PackProducts | undefined
  /** Of its products. */
  photos?: PackPhoto[] | undefined
  questions: QuestionsFile
  /** The Bot's own wording, by purpose. */
  prompts: PackPrompts
  files: PackFile[]
}
