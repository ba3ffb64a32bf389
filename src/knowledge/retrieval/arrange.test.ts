import { describe, expect, it } from 'vitest'
import { type Arrangeable, arrange } from './arrange.ts'

const DAY_MS = 86_400_000

function found(documentName: string, text: string, rest: Partial<Arrangeable> = {}): Arrangeable {
  return {
    ...{ documentId: documentName, documentName, text, score: 1 },
    ...{ sourceWeight: 0, datedMs: undefined, uploadedMs: 0 },
    ...rest,
  }
}

const namesOf = (
  passages: Arrangeable[],
  { question = 'What does it cost?', recency = 0.5, limit = 5 }: Partial<Parameters<typeof arrange>[1]> = {},
) => arrange(passages, { question, recency, limit }).map(({ documentName }) => documentName)

const OLD = found('prices-2023.md', 'The group programme costs 340 euro for twelve weeks.', {
  score: 0.9,
  datedMs: Date.UTC(2023, 0, 1),
})
const NEW = found(
  'prices-2024.md',
  'The group programme costs 390 euro for twelve weeks, students pay less.',
  {
    score: 0.7,
    datedMs: Date.UTC(2024, 0, 1),
  },
)
const OTHER = found('sleep.md', 'Naps are allowed until three in the afternoon.', {
  score: 0.8,
  datedMs: Date.UTC(2025, 0, 1),
})

describe('arrange', () => {
  it('puts the newer before the older of two that speak of the same', () => {
    const order = namesOf([OLD, OTHER, NEW])

    expect(order[0]).toBe('prices-2024.md')
    expect(order).toContain('prices-2023.md')
  })

  it('lifts nothing over passages about something else, however new', () => {
    expect(namesOf([OLD, { ...OTHER, score: 0.6 }])).toEqual(['prices-2023.md', 'sleep.md'])
  })

  it('lets age decide as much as the setting says', () => {
    expect(namesOf([OLD, NEW], { recency: 0 })[0]).toBe('prices-2023.md')
    expect(namesOf([OLD, { ...NEW, score: 0.3 }], { recency: 0.5 })[0]).toBe('prices-2023.md')
    expect(namesOf([OLD, { ...NEW, score: 0.3 }], { recency: 1 })[0]).toBe('prices-2024.md')
  })

  it('leaves the older one first when its year is asked for', () => {
    expect(namesOf([OLD, NEW], { question: 'What did it cost in 2023?' })[0]).toBe('prices-2023.md')
  })

  it('goes through a row of versions, and by the upload where no date is told', () => {
    const versions = [2023, 2024, 2025].map((year, at) =>
      found(`list ${at}.md`, `The group programme costs ${year} euro for twelve weeks.`, {
        score: 1 - at / 10,
        uploadedMs: Date.UTC(year, 0, 1),
      }),
    )

    expect(namesOf(versions)).toEqual(['list 2.md', 'list 1.md', 'list 0.md'])
    expect(namesOf(versions.map((it) => ({ ...it, uploadedMs: it.uploadedMs % DAY_MS })))[0]).toBe(
      'list 0.md',
    )
  })

  it('believes the more trusted of two, even when it is older, and folds no difference away', () => {
    const order = namesOf([
      { ...NEW, score: 0.9 },
      { ...OLD, score: 0.8, sourceWeight: 1 },
    ])

    expect(order).toEqual(['prices-2023.md', 'prices-2024.md'])
  })

  it('says once what stands in several documents, and again when only one is left', () => {
    const text =
      'Go to bed at the same time each night and get up at the same time each morning, also on Sundays.'
    const twins = [
      found('a.md', text),
      found('b.md', `${text} `, { score: 0.9, uploadedMs: 2 * DAY_MS }),
      OTHER,
    ]

    expect(namesOf(twins)).toEqual(['b.md', 'sleep.md'])
    expect(namesOf(twins.slice(0, 1))).toEqual(['a.md'])
  })

  it('keeps apart what differs in a figure', () => {
    const text = (euro: number) =>
      `The whole programme of twelve weeks in a group costs ${euro} euro with all calls.`

    expect(namesOf([found('a.md', text(340)), found('b.md', text(390))])).toHaveLength(2)
  })

  it('makes room for another document beside five passages of one', () => {
    const topics = ['sleep early', 'walk often', 'eat slowly', 'drink water', 'read books', 'call friends']
    const one = topics.map((text, at) => found('one.md', text, { score: 1 - at / 100 }))
    const order = namesOf([...one, found('two.md', 'rest well', { score: 0.9 })])

    expect(order).toHaveLength(5)
    expect(order).toContain('two.md')
  })

  it('leaves one document’s own order alone, with scores that fall', () => {
    const one = ['sleep early', 'walk often', 'eat slowly'].map((text, at) =>
      found('one.md', text, { score: 1 - at / 100 }),
    )
    const arranged = arrange(one, { question: 'How?', recency: 0.5, limit: 5 })

    expect(arranged.map(({ text }) => text)).toEqual(['sleep early', 'walk often', 'eat slowly'])
    expect(arranged.map(({ score }) => score)).toEqual(
      arranged.map(({ score }) => score).toSorted((a, b) => b - a),
    )
  })
})
