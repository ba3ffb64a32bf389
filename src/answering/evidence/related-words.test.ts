import { describe, expect, it } from 'vitest'
import { readMeanings } from './related-words.ts'

function share(question: string, text: string): boolean {
  const held = new Set([...readMeanings(text.split(' ')).values()].flat())
  return [...readMeanings(question.split(' ')).values()].flat().some((meaning) => held.has(meaning))
}

describe('readMeanings', () => {
  it.each([
    ['newbie', 'beginners'],
    ['wine', 'alcohol'],
    ['sneakers', 'shoes'],
    ['einzelgesprach', 'single call'],
    ['kostet', 'our rates'],
    ['reembolso', 'refunds'],
    ['деньги', 'money'],
    ['twelve', '12'],
  ])('finds that "%s" and "%s" may mean the same', (asked, text) => {
    expect(share(asked, text)).toBe(true)
  })

  it.each([
    ['violin', 'piano'],
    ['cats', 'dogs'],
    ['monday', 'tuesday'],
    ['price', 'breakfast'],
    ['13', '12'],
  ])('keeps "%s" and "%s" apart', (asked, text) => {
    expect(share(asked, text)).toBe(false)
  })

  it('reads a text in the language that knows most of its words', () => {
    // "son" is the last one in Turkish.
    expect(share('my son daughter', 'last lesson')).toBe(false)
  })
})
