import { describe, expect, it } from 'vitest'
import { detectLanguage, nameLanguage } from './language.ts'

const offered = ['en', 'es', 'de', 'fr', 'pt']

describe('detectLanguage', () => {
  it.each([
    ['en', 'How many minutes may I nap in the afternoon?'],
    ['de', 'Wie lange darf ich mittags schlafen?'],
    ['es', '¿Cuánto tiempo puedo dormir la siesta?'],
    ['fr', 'Combien de temps puis-je faire la sieste ?'],
    ['pt', 'Quanto tempo posso dormir à tarde?'],
    ['it', 'Quanto tempo posso dormire nel pomeriggio?'],
    ['nl', 'Hoe lang mag ik overdag slapen?'],
    ['ru', 'Сколько можно спать днём?'],
    ['uk', 'Скільки можна спати вдень?'],
    ['ar', 'كم مدة القيلولة المسموح بها؟'],
    ['hi', 'झपकी कितनी देर की हो?'],
    ['tr', 'Öğleden sonra ne kadar uyuyabilirim?'],
    ['zh', '午睡可以多久？'],
    ['ja', '昼寝は何分まで？'],
  ])('knows %s', async (language, text) => {
    expect(await detectLanguage(text, { offered })).toBe(language)
  })

  it.each(['ok', 'nap?', '16:00', '👍', ''])('takes the hint for "%s"', async (text) => {
    expect(await detectLanguage(text, { hint: 'pt-BR', offered })).toBe('pt')
  })

  it('takes the default of the bot for a word without a hint', async () => {
    expect(await detectLanguage('ok', { offered: ['de', 'en'] })).toBe('de')
  })

  it('does not let a hint override a clear message or another script', async () => {
    expect(await detectLanguage('What is the price of the group programme?', { hint: 'de', offered })).toBe(
      'en',
    )
    expect(await detectLanguage('да', { hint: 'de', offered })).toBe('ru')
  })
})

describe('nameLanguage', () => {
  it('names a language in English and leaves nonsense as it is', () => {
    expect(nameLanguage('de')).toBe('German')
    expect(nameLanguage('!')).toBe('!')
  })
})
