import { z } from 'zod'
import { type Bot, BotSettings } from '../../bots/bot-settings.ts'
import { OVERRIDABLE, type PromptVersion } from '../../bots/prompt-override.ts'
import type { EditableBot } from '../../bots/save-bot.ts'
import type { TriedAnswer } from '../bot-try.ts'
import { Citation } from './chat-shapes.ts'
import { Instant } from './operation.ts'

export const BotPath = z.object({ botId: z.uuid() })
export const PromptPath = BotPath.extend({ purpose: z.enum(OVERRIDABLE) })

export const Settings = BotSettings.describe('As in the `bot.yaml` of a pack.')

export const BotSummary = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
})

export const BotAnswer = z.object({
  id: z.uuid(),
  slug: z.string(),
  updatedAt: Instant,
  settings: Settings,
  prompts: z
    .record(z.string(), z.int())
    .describe('The version in use of each prompt that this bot words itself, by purpose.'),
})

export function presentSummary({ id, slug, settings }: Bot): z.input<typeof BotSummary> {
  return { id, slug, name: settings.name, description: settings.description }
}

export function presentBot({ id, slug, updatedAt, settings, prompts = {} }: EditableBot) {
  const versions = Object.entries(prompts).map(([purpose, own]) => [purpose, own?.version ?? 0])
  return { id, slug, updatedAt, settings, prompts: Object.fromEntries(versions) }
}

export const PromptAnswer = z.object({
  version: z.int(),
  text: z.string(),
  isActive: z.boolean(),
  createdBy: z.string().nullable().describe('The name of the member; null for a key, or one who left.'),
  createdAt: Instant,
})

export function presentPrompt({ purpose: _, ...version }: PromptVersion): z.input<typeof PromptAnswer> {
  return version
}

export const TryAnswer = z.object({
  markdown: z.string().describe('With [n] for each citation.'),
  kind: z.enum(['answer', 'refusal', 'small_talk', 'notice', 'safety']),
  refused: z.boolean(),
  language: z.string(),
  citations: z.array(Citation),
  passages: z.array(
    z.object({
      passageId: z.string(),
      score: z.number(),
      document: z.string().nullable(),
      locator: z.string().nullable(),
      text: z.string().nullable(),
    }),
  ),
  model: z.string(),
  degraded: z.array(z.string()),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.number() }),
  ms: z.object({ total: z.number(), rewrite: z.number(), retrieve: z.number(), generate: z.number() }),
})

export function presentTried({ answer, trace }: TriedAnswer): z.input<typeof TryAnswer> {
  const { markdown, kind, refused, language, model, degraded, usage, ms } = answer
  return {
    ...{ markdown, kind, refused, language, model, degraded, usage, ms },
    citations: answer.citations.map(({ n, documentId, document, locator, quote }) => ({
      ...{ n, documentId, document, locator, quote },
    })),
    passages: trace.passages.map(({ passageId, score, found }) => ({
      passageId,
      score,
      document: found?.document ?? null,
      locator: found?.locator ?? null,
      text: found?.text ?? null,
    })),
  }
}
