import { describe, expect, it } from 'vitest'
import { shareOfKnownWords } from './known-words.ts'

describe('shareOfKnownWords', () => {
  it('counts words in pieces of some length, whole or not', () => {
    expect(shareOfKnownWords(['how', 'long', 'is', 'a', 'nap', '##ping', 'break', '?'], '[UNK]')).toBe(1)
  })

  it('passes over words that can only be spelled, and those not known at all', () => {
    expect(shareOfKnownWords(['к', '##а', '##к', 'long'], '[UNK]')).toBe(0.5)
    expect(shareOfKnownWords(['[UNK]', '[UNK]', '睡', '?'], '[UNK]')).toBeCloseTo(1 / 3)
  })

  it('says nothing against vocabularies of other kinds, nor of a text without words', () => {
    expect(shareOfKnownWords(['▁как', '▁д', 'о', 'л', 'го'], '<unk>')).toBe(1)
    expect(shareOfKnownWords(['Ġhow', 'Ð', '¸'], undefined)).toBe(1)
    expect(shareOfKnownWords(['?', '42'], '[UNK]')).toBe(1)
  })
})
