import { describe, expect, it } from 'vitest'
import { tokenize } from './tokens.ts'
import { translateWords } from './translate.ts'

const translate = (question: string, into: string[], unknown = tokenize(question)) =>
  translateWords(tokenize(question), unknown, into)

describe('translateWords', () => {
  it('finds the words of the material for a question in another language', () => {
    expect(translate('¿A qué hora es la llamada de grupo?', ['en'])).toEqual(
      expect.arrayContaining(['hour', 'call', 'group']),
    )
    expect(translate('Можно ли вернуть деньги?', ['en'])).toEqual(expect.arrayContaining(['refund', 'money']))
  })

  it('takes a compound apart', () => {
    expect(translate('Wie viel kostet ein Einzelgespräch?', ['en'])).toEqual(
      expect.arrayContaining(['cost', 'single', 'conversation']),
    )
  })

  it('leaves a question in the material’s own language alone, false friends with it', () => {
    expect(translate('How often should I get up from the desk?', ['en'])).toEqual([])
    expect(translate('Is my son allowed to pay?', ['en'], ['son'])).toEqual([])
    expect(translate('How often should I get up from the desk?', ['de', 'en'], ['desk'])).toContain(
      'schreibtisch',
    )
  })

  it('knows nothing of other languages', () => {
    expect(translate('グループ', ['en'])).toEqual([])
    expect(translate('¿A qué hora?', ['ja'])).toEqual([])
  })
})
