import { describe, expect, it } from 'vitest'
import { CURRENCIES, decimalsOf, formatMoney, isChargeable, parseMoney, STARS, writeAmount } from './money.ts'

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')

describe('money', () => {
  it.each([
    [1900, 'eur', 'en', '€19.00'],
    [1900, 'eur', 'de', '19,00 €'],
    [1900, 'jpy', 'en', '¥1,900'],
    [19_990, 'kwd', 'en', 'KWD 19.990'],
    // Of two or no decimals to ISO 4217, but not to Stripe.
    [1900, 'isk', 'en', 'ISK 19.00'],
    [1900, 'ugx', 'en', 'UGX 19.00'],
    [1900, 'mga', 'en', 'MGA 1,900'],
    [1900, 'cad', 'en', 'CA$19.00'],
    [-250, 'usd', 'en', '-$2.50'],
    [99_999_999, 'usd', 'en', '$999,999.99'],
    [500, STARS, 'en', '500 Stars'],
    [900, 'eur', 'not a language', '€9.00'],
  ])('shows %i of %s in %s', (amount, currency, language, shown) => {
    expect(plain(formatMoney({ amount, currency }, language))).toBe(shown)
  })

  it.each([
    ['19', 'eur', 1900],
    ['19.9', 'eur', 1990],
    ['19,90', 'eur', 1990],
    ['1,234.50', 'eur', 123_450],
    ['1.234,50', 'eur', 123_450],
    ['1 234,50', 'eur', 123_450],
    ["1'234.50", 'chf', 123_450],
    ['1,234', 'eur', 123_400],
    ['1,234,567', 'jpy', 1_234_567],
    ['1.234', 'kwd', 1234],
    ['1900', 'jpy', 1900],
    ['0.57', 'usd', 57],
    ['1.15', 'usd', 115],
    ['0', 'eur', undefined],
    ['-5', 'eur', undefined],
    ['19.999,9', 'jpy', undefined],
    ['19.90', 'jpy', undefined],
    ['1.2.3', 'eur', undefined],
    ['12,34,567', 'eur', undefined],
    ['1e3', 'eur', undefined],
    ['9 euros', 'eur', undefined],
    ['', 'eur', undefined],
    ['1000000', 'eur', undefined],
  ])('reads "%s" in %s', (text, currency, amount) => {
    expect(parseMoney(text, currency)).toBe(amount)
  })

  it('reads back what it wrote into a field, in every currency', () => {
    const back = CURRENCIES.map((currency) =>
      parseMoney(writeAmount({ amount: 123_450, currency }), currency),
    )

    expect(CURRENCIES.length).toBeGreaterThan(130)
    expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length)
    expect(new Set(back)).toEqual(new Set([123_450]))
  })

  it('knows that thousandths have to end in 0', () => {
    expect(decimalsOf('bhd')).toBe(3)
    expect(isChargeable({ amount: 1230, currency: 'bhd' })).toBe(true)
    expect(isChargeable({ amount: 1234, currency: 'bhd' })).toBe(false)
    expect(isChargeable({ amount: 1234, currency: 'eur' })).toBe(true)
  })
})
