import { describe, expect, it } from 'vitest'
import { buildPassage } from '../../testing/builders/passage.ts'
import { namesParticipant } from './named-participant.ts'

const CALL = buildPassage({
  id: 'call',
  document: 'Group call',
  startMs: 0,
  text: `Anna: Welcome, everybody. Tonight we speak about the weeks in which nothing moves, and what to do then.
Theo: I was ill and lost three weeks.
Anna: Begin with half of what you did before, for as many days as you were away. Nothing is lost in three weeks.`,
})

describe('namesParticipant', () => {
  it.each(['What did Theo lose?', 'what was wrong with theo', 'Theo was ill, with what?'])(
    'is true of "%s"',
    (question) => {
      expect(namesParticipant(question, [CALL])).toBe(true)
    },
  )

  it.each([
    'What does Anna say about lost weeks?',
    'What do I do after three weeks away?',
    'What did Zoe say?',
  ])('is false of "%s"', (question) => {
    expect(namesParticipant(question, [CALL])).toBe(false)
  })

  it('looks at recordings alone', () => {
    const { startMs: _, ...letter } = CALL

    expect(namesParticipant('What did Theo lose?', [buildPassage(letter)])).toBe(false)
  })
})
