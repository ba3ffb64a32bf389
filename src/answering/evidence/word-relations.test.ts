import { describe, expect, it } from 'vitest'
import { findRelations } from './word-relations.ts'

describe('findRelations', () => {
  it.each([
    ['refunded', 'repay'],
    ['mail', 'post'],
    ['delete', 'erase'],
    ['fridges', 'refrigerator'],
    ['stopped', 'cease'],
    ['children', 'kid'],
  ])('relates "%s" with "%s" nearly as the word itself', (word, other) => {
    expect(findRelations(word).get(other)).toBeGreaterThanOrEqual(0.7)
  })

  it('counts the kind of a thing for less than a synonym', () => {
    const related = findRelations('nap')
    expect(related.get('rest')).toBeLessThan(related.get('sleep') ?? 0)
  })

  it.each([
    ['violin', 'piano'],
    ['cat', 'dog'],
    ['monday', 'tuesday'],
    ['hot', 'cold'],
    ['summer', 'winter'],
  ])('keeps "%s" and "%s" apart, two of a kind or opposites', (word, other) => {
    expect(findRelations(word).has(other)).toBe(false)
    expect(findRelations(other).has(word)).toBe(false)
  })

  it('knows nothing of what is no English word', () => {
    for (const word of ['qwrtz', 'einzelgespräch', '', '12', 'деньги'])
      expect(findRelations(word).size).toBe(0)
  })
})
