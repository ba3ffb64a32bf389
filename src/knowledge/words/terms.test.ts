import { describe, expect, it } from 'vitest'
import { likeness, termsOf } from './terms.ts'

const words = (text: string) => termsOf(text).map(({ text: word }) => word)

describe('termsOf', () => {
  it.each([
    ['en', 'What is the time of the group call?', ['time', 'group', 'call']],
    ['de', 'Wie viele Übungen helfen im Büro?', ['ubungen', 'helfen', 'buro']],
    ['fr', 'Combien dure la séance ?', ['combien', 'dure', 'seance']],
    ['ru', 'Сколько стоит занятие?', ['стоит', 'занятие']],
    ['numbers', 'From 18:00, about 1.4 g', ['18:00', '1.4']],
    ['zh', '午睡的时间', ['午睡', '时间']],
    ['ar', 'ما هي القيلولة؟', ['قيلولة']],
  ])('keeps the words of meaning (%s)', (_, text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  it('knows names and years from sentence beginnings', () => {
    const names = termsOf('Courses in Hamburg began in 2023. Courses cost 40 euro.').filter(
      ({ isName }) => isName,
    )

    expect(names.map(({ text }) => text)).toEqual(['hamburg', '2023'])
  })

  it.each(['', '   ', '???', '🙂🙂', '\u0000\ud800'])('finds nothing in %j', (text) => {
    expect(words(text)).toEqual([])
  })
})

describe('likeness', () => {
  it.each([
    ['record', 'recording'],
    ['recorded', 'recording'],
    ['nap', 'naps'],
    ['afternoon', 'aftrnoon'],
    ['programm', 'programme'],
    ['frist', 'first'],
    ['книга', 'книги'],
    ['program', 'programlarimizdan'],
  ])('takes %s and %s for one word', (a, b) => {
    expect(likeness(a, b)).toBeGreaterThanOrEqual(0.7)
    expect(likeness(b, a)).toBe(likeness(a, b))
  })

  it.each([
    ['progress', 'programme'],
    ['2023', '2024'],
    ['call', 'ball'],
    ['sun', 'sunday'],
    ['午睡', '午饭'],
  ])('keeps %s and %s apart', (a, b) => {
    expect(likeness(a, b)).toBe(0)
  })
})
