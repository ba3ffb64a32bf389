import { describe, expect, it } from 'vitest'
import { carryOver, standsAlone } from './carry-over.ts'

const asked = (...texts: string[]) => texts.map((text) => ({ role: 'user' as const, text }))

describe('carryOver', () => {
  it('takes up the question before where a message points back to it', () => {
    const history = [
      ...asked('How much is the group programme?'),
      { role: 'assistant' as const, text: 'It costs 390 euro.' },
    ]

    expect(carryOver('And for students?', history)).toBe('How much is the group programme?')
    expect(carryOver('Und am Abend?', history)).toBe('How much is the group programme?')
    expect(carryOver('When?', history)).toBe('How much is the group programme?')
  })

  it('goes back to the last question that stands alone, past those that lean on it', () => {
    const history = asked('What about naps?', 'How much is the group programme?', 'And for students?')

    expect(carryOver('And in parts?', history)).toBe('How much is the group programme?\nAnd for students?')
  })

  it('leaves a new question to itself', () => {
    const history = asked('How much is the group programme?')

    expect(carryOver('Which exercises help against pain in the lower back?', history)).toBeUndefined()
    expect(carryOver('And for students?', [])).toBeUndefined()
  })
})

describe('standsAlone', () => {
  it('tells a whole question from one that leans', () => {
    expect(standsAlone('Which exercises ease pain in the lower back?')).toBe(true)
    expect(standsAlone('And which exercises ease pain in the lower back?')).toBe(false)
    expect(standsAlone('And for students?')).toBe(false)
  })
})
