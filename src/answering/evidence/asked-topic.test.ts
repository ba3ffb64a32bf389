import { describe, expect, it } from 'vitest'
import { asksForTopic } from './asked-topic.ts'

describe('asksForTopic', () => {
  it.each([
    'Do you also teach the violin?',
    'Is there a shower at the start?',
    'Which brand of gels do you recommend?',
    'What do you think of fasting?',
    'Gibt es einen Kurs in Hamburg?',
    '¿Hay clases en línea?',
    'How much is it?\nDo you sell mats?',
  ])('hears that "%s" asks for the very thing', (question) => {
    expect(asksForTopic(question)).toBe(true)
  })

  it.each(['How long is the call?', 'Do you sell mats?\nHow much are they?', 'May I drink wine?', ''])(
    'hears that "%s" does not',
    (question) => {
      expect(asksForTopic(question)).toBe(false)
    },
  )
})
