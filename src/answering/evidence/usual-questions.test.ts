import { describe, expect, it } from 'vitest'
import { findUsual, shareAnswered } from './usual-questions.ts'

function share(question: string, sentence: string): number {
  return shareAnswered(findUsual(question), sentence)
}

describe('findUsual', () => {
  it.each([
    ['I want to quit, do I get my money back?', 'Until day ten everything is refunded.'],
    ['May I split the bill?', 'Payment in three parts is possible.'],
    ['Is it cheaper for students?', 'Whoever is in training pays 20 percent less.'],
    ['My daughter is 15, may she join?', 'The course is for adults.'],
    ['Until when can I watch the lesson I missed?', 'The video stays online for a month.'],
    ['Do you store what I tell you?', 'My notes are destroyed after the course.'],
    ['Something came up, I cannot come tomorrow.', 'Please cancel a day before.'],
    ['When do you answer my messages?', 'I reply on working days.'],
    ['Can my dog come along?', 'Please leave animals at home.'],
    ['Wie alt muss man sein?', 'Everybody from 16 years.'],
    ['¿Puedo pagar a plazos?', 'Two instalments are possible.'],
  ])('finds that "%s" is answered by "%s"', (question, sentence) => {
    expect(share(question, sentence)).toBeGreaterThan(0)
  })

  it.each([
    ['May I split the bill?', 'Drink a glass of water before the lesson.'],
    ['My daughter is 15, may she join?', 'We meet in the gym on Tuesdays.'],
    ['Do you store what I tell you?', 'Warm up for ten minutes.'],
  ])('does not take "%s" as answered by "%s"', (question, sentence) => {
    expect(share(question, sentence)).toBe(0)
  })

  it('knows that most questions are not asked of every coach', () => {
    for (const question of ['What is in session B?', 'Why do plants need light?', '写一首诗'])
      expect(findUsual(question)).toEqual([])
  })
})
