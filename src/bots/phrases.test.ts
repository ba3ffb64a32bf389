import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadPhrases, PHRASES, phrase } from './phrases.ts'

const FOLDER = fileURLToPath(new URL('../../prompts/phrases', import.meta.url))
const LANGUAGES = ['ar', 'de', 'en', 'es', 'fr', 'hi', 'it', 'ja', 'nl', 'pt', 'ru', 'tr', 'zh']

function placeholdersOf(text: string): string[] {
  return (text.match(/\{\{\w+\}\}/g) ?? []).sort()
}

describe('the phrases', () => {
  it('speak thirteen languages', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(LANGUAGES.map((code) => `${code}.yaml`))
  })

  it.each(LANGUAGES)('have the same keys and placeholders in %s', (language) => {
    const read = (code: string): Record<string, string> =>
      parse(readFileSync(join(FOLDER, `${code}.yaml`), 'utf8'))
    const [english, other] = [read('en'), read(language)]

    expect(Object.keys(other).sort()).toEqual(Object.keys(PHRASES).sort())
    for (const [key, text] of Object.entries(other)) {
      expect(placeholdersOf(text), key).toEqual(placeholdersOf(english[key] ?? ''))
      if (language !== 'en') expect(text, key).not.toBe(english[key])
    }
  })
})

describe('phrase', () => {
  it('fills in values as they are', () => {
    expect(phrase('en', 'group_declined', { link: 'https://t.me/x?start={{link}}' })).toContain(
      'x?start={{link}}',
    )
  })

  it('falls back on the base language, then on English', () => {
    expect(phrase('de-AT', 'stopped')).toBe(phrase('de', 'stopped'))
    expect(phrase('tlh', 'stopped')).toBe(phrase('en', 'stopped'))
  })

  it.each([
    ['a missing phrase', (text: string) => text.replace(/^stopped:.*$/m, '')],
    ['an unknown phrase', (text: string) => `${text}\nbuzy: "x"\n`],
    ['another placeholder', (text: string) => text.replace('{{link}}', '{{url}}')],
  ])('refuses a language with %s', (_, spoil) => {
    const folder = mkdtempSync(join(tmpdir(), 'phrases-'))
    writeFileSync(join(folder, 'en.yaml'), spoil(readFileSync(join(FOLDER, 'en.yaml'), 'utf8')))

    expect(() => loadPhrases(folder)).toThrow(expect.objectContaining({ code: 'prompt.invalid' }))
  })
})
