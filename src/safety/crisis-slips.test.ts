import { describe, expect, it } from 'vitest'
import { createSlipFinder } from './crisis-slips.ts'

const findMeant = createSlipFinder(['myself', 'kill', 'life', 'starving', 'umbringen'])

describe('createSlipFinder', () => {
  it.each([
    ['two letters changed', 'myslef', 'myself'],
    ['two letters changed', 'lief', 'life'],
    ['a letter single', 'kil', 'kill'],
    ['a letter doubled', 'myselff', 'myself'],
    ['a letter missing', 'umbrigen', 'umbringen'],
    ['a letter too many', 'umbriengen', 'umbringen'],
  ])('knows %s: "%s"', (_slip, written, meant) => {
    expect(findMeant(written)).toBe(meant)
  })

  it.each([
    ['written well', 'myself'],
    ['another first letter', 'skill'],
    ['one letter for another', 'starting'],
    ['a letter missing in a short word', 'lif'],
    ['without end', 'k'.repeat(10_000)],
  ])('leaves alone what is %s', (_why, written) => {
    expect(findMeant(written)).toBeUndefined()
  })
})
