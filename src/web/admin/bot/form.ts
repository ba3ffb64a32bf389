import type { BotSettings } from '../../../bots/bot-settings.ts'
import type { SettingsIssue } from '../../../bots/save-bot.ts'

/** What a Bot says in one language, as it stands in the fields. */
export interface LanguageFields {
  code: string
  isMain: boolean
  isRemoved: boolean
  greeting: string
  noAnswer: string
  safetyLine: string
  /** One a line. */
  suggestions: string
}

/** The settings as the fields of their form. */
export interface BotForm {
  name: string
  description: string
  persona: string
  grounding: string
  languages: LanguageFields[]
  /** A language to be spoken as well; '' for none. */
  addedLanguage: string
  hasQuietHours: boolean
  quietFrom: string
  quietTo: string
  timeZone: string
  /** `provider:model` in the order they are tried. */
  models: string[]
  answerTokens: string
  dailyQuestions: string
  /** US dollars for one person within a day, and for all within a month; '' for as much as it takes. */
  personDayUsd: string
  monthUsd: string
  /** `on`: an answer is given again to who asks the same. `off`, or '' where the form did not ask. */
  cache: string
  /** `on`: people are asked whether what they tell may be remembered. `off`, or '' where the form did not ask. */
  memory: string
  /** ISO 8601: the state that was edited. */
  updatedAt: string
}

/** Shown where no quiet hours are set yet. */
const NIGHT = { from: '21:00', to: '08:00', time_zone: 'UTC' }

/** No form of ours has more: a longer one is someone else's. */
const MAX_LANGUAGES = 30

/** The form of settings as they are. */
export function presentForm(settings: BotSettings, updatedAt: Date): BotForm {
  const quiet = settings.quiet_hours ?? NIGHT
  return {
    name: settings.name,
    description: settings.description,
    persona: settings.persona,
    grounding: settings.grounding,
    languages: settings.languages.map((code, at) => ({
      code,
      isMain: at === 0,
      isRemoved: false,
      greeting: settings.greeting[code] ?? '',
      noAnswer: settings.no_answer[code] ?? '',
      safetyLine: settings.safety_line[code] ?? '',
      suggestions: (settings.suggestions[code] ?? []).join('\n'),
    })),
    addedLanguage: '',
    hasQuietHours: settings.quiet_hours !== undefined,
    quietFrom: quiet.from,
    quietTo: quiet.to,
    timeZone: quiet.time_zone,
    models: settings.model ?? [],
    answerTokens: String(settings.limits?.answer_tokens ?? ''),
    dailyQuestions: String(settings.limits?.daily_questions ?? ''),
    personDayUsd: String(settings.budget?.subscriber_day_usd ?? ''),
    monthUsd: String(settings.budget?.month_usd ?? ''),
    cache: settings.cache === false ? 'off' : 'on',
    memory: settings.memory?.facts === false ? 'off' : 'on',
    updatedAt: updatedAt.toISOString(),
  }
}

/** The form as it was sent: anything may be in it. */
export function readForm(body: unknown): BotForm {
  const [text, list] = [textIn(body), listIn(body)]
  return {
    name: text('name'),
    description: text('description'),
    persona: text('persona'),
    grounding: text('grounding'),
    languages: [...new Set(list('language'))].slice(0, MAX_LANGUAGES).map((code) => ({
      code,
      isMain: text('main_language') === code,
      isRemoved: list('remove_language').includes(code),
      greeting: text(`greeting.${code}`),
      noAnswer: text(`no_answer.${code}`),
      safetyLine: text(`safety_line.${code}`),
      suggestions: text(`suggestions.${code}`),
    })),
    addedLanguage: text('add_language'),
    hasQuietHours: text('quiet') === 'on',
    quietFrom: text('quiet_from'),
    quietTo: text('quiet_to'),
    timeZone: text('time_zone'),
    models: list('model').filter(Boolean),
    answerTokens: text('answer_tokens').trim(),
    dailyQuestions: text('daily_questions').trim(),
    personDayUsd: text('person_day_usd').trim(),
    monthUsd: text('month_usd').trim(),
    cache: text('cache'),
    memory: text('memory'),
    updatedAt: text('updated_at'),
  }
}

/**
 * The settings a form asks for, not checked yet. Words in languages that the form does not show are kept as
 * they were.
 */
export function arrangeSettings(form: BotForm, before: BotSettings): Record<string, unknown> {
  const kept = form.languages.filter(({ isRemoved }) => !isRemoved)
  const main = kept.find(({ isMain }) => isMain) ?? kept[0]
  const others = kept.filter((fields) => fields !== main)
  const codes = [...(main ? [main.code] : []), ...others.map(({ code }) => code), form.addedLanguage]
  const shown = new Set(form.languages.map(({ code }) => code))
  const say = (texts: Record<string, unknown>, of: (fields: LanguageFields) => unknown) => ({
    ...Object.fromEntries(Object.entries(texts).filter(([code]) => !shown.has(code))),
    ...Object.fromEntries(kept.map((fields) => [fields.code, of(fields)]).filter(([, value]) => value)),
  })
  const limits = {
    ...(form.answerTokens && { answer_tokens: Number(form.answerTokens) }),
    ...(form.dailyQuestions && { daily_questions: Number(form.dailyQuestions) }),
  }
  const budget = {
    ...(form.personDayUsd && { subscriber_day_usd: Number(form.personDayUsd) }),
    ...(form.monthUsd && { month_usd: Number(form.monthUsd) }),
  }
  return {
    name: form.name,
    description: form.description,
    persona: form.persona,
    grounding: form.grounding,
    languages: [...new Set(codes.filter(Boolean))],
    greeting: say(before.greeting, ({ greeting }) => greeting.trim()),
    no_answer: say(before.no_answer, ({ noAnswer }) => noAnswer.trim()),
    safety_line: say(before.safety_line, ({ safetyLine }) => safetyLine.trim()),
    suggestions: say(before.suggestions, ({ suggestions }) => linesOf(suggestions)),
    ...(form.hasQuietHours && {
      quiet_hours: { from: form.quietFrom, to: form.quietTo, time_zone: form.timeZone },
    }),
    ...(form.models.length > 0 && { model: form.models }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...((form.cache === 'off' || (form.cache === '' && before.cache === false)) && { cache: false }),
    ...((form.memory === 'off' || (form.memory === '' && before.memory?.facts === false)) && {
      memory: { facts: false },
    }),
    ...(Object.keys(budget).length > 0 && { budget }),
  }
}

/** What the main language has to say, since every other falls back on it. */
export function findMissingWords(form: BotForm): SettingsIssue[] {
  const kept = form.languages.filter(({ isRemoved }) => !isRemoved)
  const main = kept.find(({ isMain }) => isMain) ?? kept[0]
  if (!main) return [{ path: 'languages', message: 'Keep at least one language' }]
  const wanted = { greeting: main.greeting, no_answer: main.noAnswer, safety_line: main.safetyLine }
  return Object.entries(wanted)
    .filter(([, words]) => words.trim() === '')
    .map(([field]) => ({ path: `${field}.${main.code}`, message: 'Write this in the main language' }))
}

/** Messages by field; those of a list's items stand at the list. */
export function messagesByField(issues: readonly SettingsIssue[]): Record<string, string> {
  const fields = issues.map(({ path, message }): [string, string] => [path.replace(/\.\d+$/, ''), message])
  // The first of a field is the one to be read.
  return Object.fromEntries(fields.reverse())
}

function linesOf(text: string): string[] | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  return lines.length > 0 ? lines : undefined
}

function textIn(body: unknown): (name: string) => string {
  const list = listIn(body)
  return (name) => list(name)[0]?.replaceAll('\r\n', '\n') ?? ''
}

function listIn(body: unknown): (name: string) => string[] {
  return (name) => {
    const value: unknown =
      typeof body === 'object' && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : []
    return [value].flat().filter((item) => typeof item === 'string')
  }
}
