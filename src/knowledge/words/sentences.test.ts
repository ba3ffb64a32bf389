import { describe, expect, it } from 'vitest'
import { sentencesOf } from './sentences.ts'

const texts = (text: string) => sentencesOf(text).map((sentence) => sentence.text)

describe('sentencesOf', () => {
  it.each([
    ['sentences', 'Go to bed. Is it late? Yes!', ['Go to bed.', 'Is it late?', 'Yes!']],
    [
      'abbreviations',
      'Ask Dr. Voss, e.g. on Monday. Then rest.',
      ['Ask Dr. Voss, e.g. on Monday.', 'Then rest.'],
    ],
    ['numbers', 'Eat 1.4 g. Then 18:00 counts.', ['Eat 1.4 g.', 'Then 18:00 counts.']],
    ['lists', '1. Get up.\n2. Step outside.', ['1. Get up.', '2. Step outside.']],
    ['tables', '| A | B |\n|---|---|\n| 1 | 2 |', ['| A | B |', '| 1 | 2 |']],
    ['Chinese', '午睡十五分钟。四点以后不睡。', ['午睡十五分钟。', '四点以后不睡。']],
    ['Hindi', 'पंद्रह मिनट। चार बजे नहीं।', ['पंद्रह मिनट।', 'चार बजे नहीं।']],
    ['nothing', ' \n--- \n', []],
  ])('splits %s', (_, text, expected) => {
    expect(texts(text)).toEqual(expected)
  })

  it('tells where each stands', () => {
    const text = '  First one.  Second one.\n\n- Third'
    for (const sentence of sentencesOf(text)) {
      expect(text.slice(sentence.start, sentence.start + sentence.text.length)).toBe(sentence.text)
    }
  })

  it('reads a long line without ends in no time', () => {
    const startedAt = performance.now()
    sentencesOf('a.'.repeat(200_000))
    sentencesOf('word '.repeat(100_000))

    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
