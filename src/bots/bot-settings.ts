import { z } from 'zod'

const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a language code such as en or pt-BR')
const shortText = z.string().trim().min(1).max(4_000)
const byLanguage = z.record(language, shortText)
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 21:30')

/** When a Bot does not begin to speak by itself. Past midnight where `from` is later than `to`. */
const QuietHours = z
  .strictObject({
    from: clock,
    to: clock,
    /** Of the IANA database; that it knows the name is checked where it is saved, by the server that has to read it. */
    time_zone: z.string().regex(/^[A-Z][\w+/-]{1,60}$/i, 'a time zone such as Europe/Madrid'),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'another time than the one they begin at' })
export type QuietHours = z.output<typeof QuietHours>

/** Longest route: each further model is one more wait before the person hears anything. */
export const MAX_ROUTE = 5

/** Bounds of the limits a Bot may be given. */
export const ANSWER_TOKENS = { min: 64, max: 100_000 }
export const DAILY_QUESTIONS = { min: 1, max: 10_000 }
export const BUDGET_USD = { min: 0.01, max: 1_000_000 }

const Limits = z.strictObject({
  /** Longest answer, in tokens; the installation's own limit holds where it is lower. */
  answer_tokens: z.int().min(ANSWER_TOKENS.min).max(ANSWER_TOKENS.max).optional(),
  /** Questions a person may ask within 24 hours. */
  daily_questions: z.int().min(DAILY_QUESTIONS.min).max(DAILY_QUESTIONS.max).optional(),
})

const usd = z.number().min(BUDGET_USD.min).max(BUDGET_USD.max)

/** What its answers may cost, in US dollars. Past it the material is quoted. */
const Budget = z.strictObject({
  /** For one person within a day. */
  subscriber_day_usd: usd.optional(),
  /** For all within a month. */
  month_usd: usd.optional(),
})

/** How a Bot speaks and what it may claim. Stored in `bot.settings`, read from a pack's `bot.yaml`. */
export const BotSettings = z.strictObject({
  name: z.string().trim().min(1).max(80),
  description: z.string().trim().max(400).default(''),
  persona: shortText,
  /** First is the default. Answers come in the question's language; these are what `/language` offers. */
  languages: z.array(language).min(1).max(30),
  greeting: byLanguage,
  suggestions: z.record(language, z.array(z.string().trim().min(1).max(60)).max(6)).default({}),
  /**
   * strict: only what the material holds. adaptive: own knowledge allowed, marked as such. creative: free words, with
   * proof where the material holds them.
   */
  grounding: z.enum(['strict', 'adaptive', 'creative']).default('strict'),
  no_answer: byLanguage,
  safety_line: byLanguage,
  /** Absent: at any hour. */
  quiet_hours: QuietHours.optional(),
  /** `provider:model` in the order they are tried; absent: all the installation offers. */
  model: z
    .array(z.string().regex(/^[a-z][\w-]*:\S{1,200}$/i, 'a model such as openai:gpt-4o-mini'))
    .min(1)
    .max(MAX_ROUTE)
    .refine((names) => new Set(names).size === names.length, 'each model once')
    .optional(),
  limits: Limits.optional(),
  /** False: every answer is written anew, also where the same was asked before. */
  cache: z.boolean().optional(),
  budget: Budget.optional(),
  /** What is remembered of people; absent: whatever they agree to. */
  memory: z
    .strictObject({
      /** False: nobody is asked, and nothing they tell of themselves is kept beyond the conversation. */
      facts: z.boolean(),
    })
    .optional(),
})
export type BotSettings = z.output<typeof BotSettings>

/** A Bot as the coaching rooms know it. */
export interface Bot {
  id: string
  creatorId: string
  knowledgeBaseId: string
  slug: string
  settings: BotSettings
  /** Its own wording of prompts, by purpose; the others are the program's. */
  prompts?: PromptOverrides
}

/** The version of each overridden prompt that is in use. */
export type PromptOverrides = Partial<Record<string, { version: number; text: string }>>

/** What the installation lets a Bot choose from. */
export interface ModelOffer {
  /** `provider:model`, in the order of the installation. */
  models: readonly string[]
  /** Longest answer, in tokens. */
  answerTokens: number
}

/** The text in the asked language, else in its base language, else in the Bot's first, else any. */
export function inLanguage<T>(
  texts: Record<string, T>,
  asked: string | undefined,
  bot: BotSettings,
): T | undefined {
  for (const code of [asked, asked?.split('-')[0], ...bot.languages]) {
    const text = code === undefined ? undefined : texts[code]
    if (text !== undefined) return text
  }
  return Object.values(texts)[0]
}

/** Every time zone that may be chosen, by name. */
export function listTimeZones(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')]
}
