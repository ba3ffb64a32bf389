import { describe, expect, it } from 'vitest'
import { tokenize } from './tokens.ts'

describe('tokenize', () => {
  it.each([
    ['folds case and width', 'Ｆｕｌｌ WIDTH ﬁne', ['full', 'width', 'fine']],
    ['parts words at apostrophes and hyphens', "don't re-read 18:00", ['don', 't', 're', 'read', '18', '00']],
    ['keeps marks inside a word', 'किताबें नींद', ['किताबें', 'नींद']],
    ['keeps Arabic words', 'النوم الجيد', ['النوم', 'الجيد']],
    ['cuts Chinese into pairs', '睡眠质量', ['睡眠', '眠质', '质量']],
    ['cuts Japanese into pairs over its scripts', '眠りを', ['眠り', 'りを']],
    ['cuts Thai into triples', 'นอนดี', ['นอน', 'อนด', 'นดี']],
    ['parts scripts that stand side by side', '学习React18很好', ['学习', 'react18', '很好']],
    ['keeps a single character', '我 x', ['我', 'x']],
    ['finds nothing in signs alone', '?! … — 🙂', []],
  ])('%s', (_, text, terms) => {
    expect(tokenize(text)).toEqual(terms)
  })

  it('makes no term too long for an index key, whatever it is given', () => {
    const terms = tokenize(`${'a'.repeat(600_000)} ${'𝒳'.repeat(500)}`)

    expect(terms).toHaveLength(2)
    for (const term of terms) expect(Buffer.byteLength(term)).toBeLessThan(300)
  })
})
