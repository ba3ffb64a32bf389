import { describe, expect, it } from 'vitest'
import { OTHER_QUESTION } from '../../testing/models/question-pairs.ts'
import { isPersonalQuestion } from './personal-question.ts'
import { normaliseQuestion, readMeaning } from './question-meaning.ts'

const keyOf = (question: string) => readMeaning(question, 'en')?.key

describe('readMeaning', () => {
  it.each([
    ['How long should a nap be?', 'How long is a nap?'],
    ['How do I stop procrastinating?', "What's the best way to stop procrastinating?"],
    ['How can I start a habit?', 'Could you tell me how to begin a habit please'],
    ['Is it ok to nap after lunch?', 'Can I nap after lunch?'],
    ['How often should I review my habits?', 'how frequently do I review habits'],
    ['Why do I lose motivation in week three?', 'How come I lose motivation in week 3'],
    ['Before a run, can I eat bananas?', 'Can I eat a banana before a run?'],
    ['What time should I stop coffee?', 'when do i stop coffee'],
  ])('is one for %j and %j', (one, other) => {
    expect(keyOf(one)).toBeDefined()
    expect(keyOf(one)).toBe(keyOf(other))
  })

  it.each([
    ['How many cups of coffee can I drink?', 'How many cups of tea can I drink?'],
    ['Can I nap before lunch?', 'Can I nap after lunch?'],
    ['Should I stretch?', 'Should I not stretch?'],
    ['Can I train with a cold?', 'Can I train without a cold?'],
    ['What is week 3 about?', 'What is week 5 about?'],
    ['Is 20 mg enough?', 'Is 20 ml enough?'],
    ['How do I get from coffee to tea?', 'How do I get from tea to coffee?'],
    ['Does stress cause poor sleep?', 'Does poor sleep cause stress?'],
    ['When should I nap?', 'How long should I nap?'],
    ['Can I nap daily?', 'Must I nap daily?'],
    ['What is hyperthyroidism?', 'What is hypothyroidism?'],
    ['Is it more than 5 hours?', 'Is it less than 5 hours?'],
    ['What does Anna say about naps?', 'What does Peter say about naps?'],
    ['How much is the lesson?', 'How many lessons are there?'],
    ['Can I eat in 10 minutes?', 'Can I eat for 10 minutes?'],
  ])('is two for %j and %j', (one, other) => {
    expect(keyOf(one) === undefined || keyOf(one) !== keyOf(other)).toBe(true)
  })

  it('is two for all questions that look alike and want different answers', () => {
    const same = OTHER_QUESTION.filter(([one, other]) => keyOf(one) && keyOf(one) === keyOf(other))

    expect(same).toEqual([])
  })

  it('is not read of a question that points elsewhere, of a statement, or of another language', () => {
    expect(keyOf('How long should it be?')).toBeUndefined()
    expect(keyOf('Nap twenty minutes')).toBeUndefined()
    expect(readMeaning('Wie lange soll ein Nickerchen dauern?', 'de')).toBeUndefined()
  })
})

describe('normaliseQuestion', () => {
  it('sees through case, spaces, quotes and the closing mark alone', () => {
    expect(normaliseQuestion('  What’s a  Nap?? ')).toBe(normaliseQuestion("what's a nap"))
    expect(normaliseQuestion('¿Cuántos años?')).not.toBe(normaliseQuestion('¿Cuántos anos?'))
  })
})

describe('isPersonalQuestion', () => {
  it.each([
    ['en', 'My knee hurts, what should I do?'],
    ['en', 'I am 45 and slept badly, can I run?'],
    ['en', 'What is my goal?'],
    ['en', 'Am I on track?'],
    ['en', 'Mail it to anna@example.org please?'],
    ['es', '¿Cuál es mi objetivo?'],
    ['de', 'Was ist mein Ziel?'],
    ['ko', '낮잠은 얼마나 자야 하나요?'],
  ])('is true of (%s) %j', (language, question) => {
    expect(isPersonalQuestion(question, language)).toBe(true)
  })

  it.each([
    ['en', 'How long should I nap?'],
    ['en', 'Can I eat when I am tired?'],
    ['en', 'How do I cancel my subscription?'],
    ['en', 'Please tell me how often I should nap'],
    ['en', 'I would like to know what Dr. Aydin says about naps'],
    ['en', 'What should I do if I miss a day?'],
    ['es', '¿Cuánto debe durar una siesta?'],
    ['de', 'Wie lange soll ich schlafen?'],
  ])('is false of (%s) %j', (language, question) => {
    expect(isPersonalQuestion(question, language)).toBe(false)
  })
})
