import type { MailWords } from './words.ts'
import { GERMAN } from './words-de.ts'
import { ENGLISH } from './words-en.ts'
import { SPANISH } from './words-es.ts'

const LANGUAGES: Record<string, MailWords> = { en: ENGLISH, de: GERMAN, es: SPANISH }

/** What mails can be written in, the fallback first. */
export const MAIL_LANGUAGES: readonly string[] = Object.keys(LANGUAGES)

/** The words of the asked language, else English. */
export function chooseMailWords(language: string | null | undefined): MailWords {
  const base = language?.split('-')[0]?.toLowerCase() ?? ''
  return (Object.hasOwn(LANGUAGES, base) ? LANGUAGES[base] : undefined) ?? ENGLISH
}
