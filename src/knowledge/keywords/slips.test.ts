import { describe, expect, it } from 'vitest'
import { canBeSlip, pickMeantTerms } from './slips.ts'

describe('canBeSlip', () => {
  it('takes words of enough letters for mistyped, signs on letters not counted', () => {
    expect(['aftrnoon', 'napp', 'книжка'].filter(canBeSlip)).toHaveLength(3)
    expect(['nap', 'should', '睡眠质量', '2024', 'b2bx', 'चीनी'].filter(canBeSlip)).toEqual([])
  })
})

describe('pickMeantTerms', () => {
  it('takes the terms one slip away', () => {
    const terms = ['afternoon', 'aftershock', 'address', 'nap', 'join', 'joint']

    expect(pickMeantTerms(['aftrnoon'], terms)).toEqual(['afternoon'])
    expect(pickMeantTerms(['adres'], terms)).toEqual(['address'])
    expect(pickMeantTerms(['napp'], terms)).toEqual(['nap'])
    expect(pickMeantTerms(['joyn'], terms)).toEqual([])
    expect(pickMeantTerms([], terms)).toEqual([])
  })

  it('believes the first two letters, and takes a Hindi vowel for another word', () => {
    expect(pickMeantTerms(['ofternoon'], ['afternoon'])).toEqual([])
    expect(pickMeantTerms(['किताब'], ['किताबी'])).toEqual([])
  })
})
