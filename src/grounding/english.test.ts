import { describe, expect, it } from 'vitest'
import { relationOf } from './english.ts'

describe('relationOf', () => {
  it.each([
    ['purchased', 'bought', 'same'],
    ['physicians', 'doctor', 'same'],
    ['rural', 'urban', 'opposite'],
    ['attacked', 'defended', 'opposite'],
    ['slowly', 'quickly', 'opposite'],
    ['women', 'men', 'opposite'],
    ['animal', 'dogs', 'broader'],
    ['violin', 'piano', 'another'],
    ['mice', 'humans', 'another'],
    ['method', 'techniques', 'broader'],
    ['huge', 'enormous', 'near'],
    ['practice', 'theory', 'unlike'],
    ['zyxwv', 'piano', undefined],
    ['perro', 'gatoz', undefined],
  ] as const)('%s beside %s: %s', (one, other, relation) => {
    expect(relationOf(one, other)).toBe(relation)
  })

  it('does not take a general word for what is said of all its kinds the other way round', () => {
    expect(relationOf('dogs', 'animal')).toBe('near')
  })
})
