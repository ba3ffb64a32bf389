import { describe, expect, it } from 'vitest'
import { isForeignTo, mayBeIn, tellLanguages } from './told-language.ts'

describe('tellLanguages', () => {
  it.each([
    ['How often should I get up from the desk?', 'en'],
    ['Wie lange dauert das Treffen am Montag?', 'de'],
    ['¿A qué hora es la llamada de grupo?', 'es'],
    ['Можно ли вернуть деньги на десятый день?', 'ru'],
  ])('tells the language of "%s" by its function words', (text, language) => {
    expect(tellLanguages(text)).toContain(language)
    expect(mayBeIn(language, text)).toBe(true)
    expect(mayBeIn('nl', text)).toBe(false)
  })

  it('does not guess without any', () => {
    for (const text of ['Kettlebell 12', '', '90 EUR']) expect(tellLanguages(text)).toEqual([])
  })
})

describe('isForeignTo', () => {
  it('is so only where both can be told', () => {
    expect(isForeignTo('¿A qué hora es la llamada?', 'The call is on Thursday.')).toBe(true)
    expect(isForeignTo('Was kostet das?', 'The programme is for adults and costs the same for all.')).toBe(
      true,
    )
    expect(isForeignTo('What does it cost?', 'The programme is for adults.')).toBe(false)
    expect(isForeignTo('Preis Einzelstunde', 'The programme is for adults.')).toBe(false)
  })
})
