import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { AppError } from '../errors.ts'

/** What the program itself says to people, with the placeholders each phrase has. */
export const PHRASES = {
  help: [],
  sources_title: [],
  sources_empty: [],
  sources_more: [],
  forget_ask: [],
  forget_confirm_button: [],
  forget_cancel_button: [],
  forget_done: [],
  forget_cancelled: [],
  language_ask: [],
  language_set: ['language'],
  unsupported_voice: [],
  unsupported_media: [],
  unsupported_other: [],
  voice_failed: [],
  voice_too_long: ['minutes'],
  file_too_large: ['megabytes'],
  file_not_fetched: [],
  photo_not_seen: [],
  photo_failed: [],
  document_not_read: [],
  group_declined: ['link'],
  failed: [],
  stopped: [],
  citation_gone: [],
  button_expired: [],
  quoting_intro: [],
  general_knowledge: [],
  small_talk_hello: [],
  small_talk_thanks: [],
  small_talk_bye: [],
  small_talk_wordless: [],
  degraded_notice: [],
  unknown_command: [],
  takeover_started: ['name'],
  takeover_ended: [],
  gap_answered: ['question', 'name'],
  new_bot_greeting: ['name'],
  new_bot_no_answer: [],
  new_bot_safety_line: [],
  daily_limit: [],
  help_money: [],
  paywall_day: ['count'],
  paywall_month: ['count'],
  paywall_lifetime: ['count'],
  paywall_none: [],
  paywall_payment_failed: [],
  paywall_refunded: [],
  paywall_ended: [],
  paywall_tomorrow: [],
  paywall_from: ['date'],
  paywall_held: [],
  paywall_resumed: ['question'],
  paywall_choose: [],
  price_month: ['price'],
  price_year: ['price'],
  price_trial: ['days'],
  portal_button: [],
  plan_nothing: [],
  plan_free: [],
  plan_current: ['plan'],
  plan_renews: ['date'],
  plan_until: ['date'],
  plan_trial: ['date'],
  plan_grace: ['date'],
  plan_left: ['left', 'count'],
  plan_topup: ['left'],
  cancel_none: [],
  cancel_ask: ['plan'],
  cancel_confirm_button: [],
  cancel_keep_button: [],
  cancel_done: ['plan'],
  cancel_kept: [],
  cancel_stars: ['plan'],
  receipts_none: [],
  receipts_title: [],
  receipt_button: [],
  receipt_refunded: [],
  redeem_usage: [],
  redeem_done: ['plan'],
  redeem_already: [],
  redeem_invalid: [],
  redeem_wait: [],
  stars_thanks: ['plan'],
  stars_refunded: [],
  stars_refused: [],
  not_counted: [],
  memory_ask: [],
  memory_yes_button: [],
  memory_no_button: [],
  memory_on: [],
  memory_off: [],
  memory_title: [],
  memory_hint: [],
  memory_empty: [],
  memory_off_button: [],
  memory_unavailable: [],
  memory_not_on: [],
  memory_noted: [],
  me_link: [],
  me_button: [],
  product_buy: [],
  products_empty: [],
  product_sold_out: [],
  order_paid: ['order', 'product'],
  order_shipped: ['product'],
  order_tracking: ['tracking'],
  order_fulfilled: ['product'],
  order_refunded: ['product'],
  order_sold_out: ['product'],
} as const

export type PhraseKey = keyof typeof PHRASES
type PhraseValues<Key extends PhraseKey> = Record<(typeof PHRASES)[Key][number], string>

/**
 * A phrase in a language, filled. An unknown language falls back on its base ("pt-BR" on "pt"), then
 * on English.
 */
export type Phrase = <Key extends PhraseKey>(
  language: string,
  key: Key,
  ...values: keyof PhraseValues<Key> extends never ? [] : [PhraseValues<Key>]
) => string

const PLACEHOLDER = /\{\{(\w+)\}\}/g

/**
 * Reads all languages of a folder (`<language>.yaml`) once.
 *
 * @throws {AppError} `prompt.invalid` naming the file and key, when a language lacks a phrase, has
 * one too many, or a phrase has other placeholders than the program fills.
 */
export function loadPhrases(folder: string): Phrase {
  const languages = listLanguages(folder)
  if (!languages.includes('en')) throw new AppError('prompt.invalid', { file: join(folder, 'en.yaml') })
  const read = new Map(languages.map((code) => [code, readLanguage(join(folder, `${code}.yaml`))]))
  return sayFrom(languages, (code) => read.get(code))
}

/** The same, each language read when it is first spoken: most programs speak one or two. */
function openPhrases(folder: string): Phrase {
  const read = new Map<string, Record<string, string>>()
  return sayFrom(listLanguages(folder), (code) => {
    const phrases = read.get(code) ?? readLanguage(join(folder, `${code}.yaml`))
    read.set(code, phrases)
    return phrases
  })
}

function sayFrom(
  languages: readonly string[],
  find: (language: string) => Record<string, string> | undefined,
): Phrase {
  return (language, key, ...[values]) => {
    const spoken = [language, language.split('-')[0] ?? ''].find((code) => languages.includes(code)) ?? 'en'
    return fill(find(spoken)?.[key] ?? '', values ?? {})
  }
}

function listLanguages(folder: string): string[] {
  const codes = readdirSync(folder).flatMap((name) => /^([a-z]{2,3})\.yaml$/.exec(name)?.[1] ?? [])
  return codes.sort()
}

function readLanguage(file: string): Record<string, string> {
  const read = z.record(z.string(), z.string().trim().min(1)).safeParse(parse(readFileSync(file, 'utf8')))
  if (!read.success) throw new AppError('prompt.invalid', { file, cause: read.error })
  const wanted: Record<string, readonly string[]> = PHRASES
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(read.data)])) {
    const found = Array.from((read.data[key] ?? '').matchAll(PLACEHOLDER), ([, name]) => name)
    const isComplete = key in wanted && key in read.data
    if (!isComplete || found.sort().join() !== [...(wanted[key] ?? [])].sort().join()) {
      throw new AppError('prompt.invalid', { file, key })
    }
  }
  return read.data
}

function fill(phrase: string, values: Record<string, string>): string {
  return phrase.replace(PLACEHOLDER, (_, name: string) => values[name] ?? '')
}

const FOLDER = fileURLToPath(new URL('../../prompts/phrases', import.meta.url))

/** The phrases that come with the program, in `prompts/phrases`. */
export const phrase = openPhrases(FOLDER)

/** Codes of the languages the program itself speaks, in alphabetical order. */
export const PHRASE_LANGUAGES: readonly string[] = listLanguages(FOLDER)
