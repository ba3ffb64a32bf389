import { describe, expect, it } from 'vitest'
import { measureTokens } from '../intake/chunk-units.ts'
import { surround } from './surround.ts'

const say = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `Sentence ${from + i} is here.`).join(' ')

describe('surround', () => {
  it('joins passages that overlap so that each sentence stands once', () => {
    const context = surround({ ordinal: 1, text: say(8, 16) }, [
      { ordinal: 0, text: say(0, 10) },
      { ordinal: 2, text: say(14, 20) },
    ])

    expect(context.replace(/\s+/g, ' ')).toBe(say(0, 20))
    expect(context).toContain(say(8, 16))
  })

  it('takes whole sentences from both sides, as far as they fit', () => {
    const text = say(100, 140)

    const context = surround({ ordinal: 5, text }, [
      { ordinal: 4, text: say(0, 100) },
      { ordinal: 6, text: say(140, 300) },
    ])

    expect(context).toContain(text)
    expect(measureTokens(context)).toBeLessThan(805)
    expect(context).toMatch(/^Sentence \d+ is here\./)
    expect(context).toMatch(/Sentence \d+ is here\.$/)
    expect(context).toContain('Sentence 99 ')
    expect(context).toContain('Sentence 140 ')
  })

  it('is the passage itself where it stands alone', () => {
    expect(surround({ ordinal: 0, text: 'Alone.' }, [])).toBe('Alone.')
  })
})
