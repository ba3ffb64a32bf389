import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  exactMatch,
  holdsAnswer,
  type JudgedAnswer,
  measureAnswers,
  wordF1,
} from '../scripts/eval/answer-metrics.ts'
import { readCorpusAnswers } from '../scripts/eval/answer-questions.ts'
import { listAims } from '../scripts/eval/report-aims.ts'
import { presentMarkdown } from '../scripts/eval/report-markdown.ts'
import { presentPage } from '../scripts/eval/report-page.ts'
import { mergeReport } from '../scripts/eval/report-set.ts'
import { openTestDataDir } from '../src/testing/data-dir.ts'

describe('answers compared as SQuAD does', () => {
  it('ignores case, punctuation and English articles', () => {
    expect(exactMatch('The Rhine.', ['rhine'])).toBe(1)
    expect(exactMatch('the river Rhine', ['Rhine'])).toBe(0)
  })

  it('weighs shared words by precision and recall, each as often as it stands', () => {
    // 2 of 3 said are wanted, 2 of 4 wanted are said: 2 * (2/3 * 1/2) / (2/3 + 1/2)
    expect(wordF1('seven minutes walk', ['seven minutes of rest'])).toBeCloseTo(4 / 7, 12)
    expect(wordF1('no no no', ['no'])).toBeCloseTo(0.5, 12)
    expect(wordF1('', ['seven'])).toBe(0)
    expect(wordF1('seven', ['eight', 'seven'])).toBe(1)
  })

  it('counts characters where words are not spaced', () => {
    expect(wordF1('人力资本', ['人力'])).toBeCloseTo(2 / 3, 12)
  })

  it('finds a gold answer inside a quoted passage', () => {
    expect(holdsAnswer('He was born in 1871, in "Graz".', ['in Graz'])).toBe(true)
    expect(holdsAnswer('He was born in 1871.', ['1872'])).toBe(false)
  })
})

describe('readCorpusAnswers', () => {
  it.each([
    ['has no answers to judge', undefined, undefined],
    ['has answers', ['Graz'], 1],
  ])('tells whether a set %s', async (_, answers, count) => {
    await using dir = await openTestDataDir()
    const write = (name: string, row: object) => writeFile(join(dir.path, name), `${JSON.stringify(row)}\n`)
    await write('queries.jsonl', { id: 'q', text: 'Where was he born?', ...(answers && { answers }) })
    await write('corpus.jsonl', { id: 'p', text: 'He was born in Graz.' })
    await writeFile(join(dir.path, 'qrels.tsv'), 'query-id\tcorpus-id\tscore\nq\tp\t1\n')

    expect((await readCorpusAnswers(dir.path))?.questions.length).toBe(count)
  })
})

const RIGHT = { isVerbatim: true, isRight: true, isSupported: true }

describe('measureAnswers', () => {
  it('tells what is refused, held, cited and proven apart', () => {
    const judged = [
      build({ isAnswered: true, holds: true, exactMatch: 0, f1: 0.5, citations: [RIGHT, RIGHT] }),
      build({
        isAnswered: true,
        holds: false,
        exactMatch: 0,
        f1: 0,
        citations: [{ ...RIGHT, isRight: false }],
      }),
      build({
        isAnswered: true,
        holds: true,
        exactMatch: 1,
        f1: 1,
        citations: [{ ...RIGHT, isSupported: false }],
      }),
      build({ isAnswered: false, holds: false, exactMatch: 0, f1: 0 }),
      build({ isAnswerable: false, isAnswered: false, isHandled: true }),
      build({
        isAnswerable: false,
        isAnswered: true,
        isHandled: false,
        citations: [{ ...RIGHT, isVerbatim: false }],
      }),
    ]

    expect(measureAnswers(judged)).toEqual({
      answerable: 4,
      unanswerable: 2,
      answeredWhenAnswerable: 0.75,
      refusedWhenUnanswerable: 0.5,
      exactMatch: 0.25,
      f1: 0.375,
      answerContains: 0.5,
      citedCorrectly: 0.75,
      wrongCitation: 0.25,
      quotesVerbatim: 0.8,
    })
  })
})

describe('the report', () => {
  const report = mergeReport('/sets/xquad/en', {
    retrieval: {
      documents: 2,
      queries: 4,
      ingestMs: 1200,
      modes: { keyword: { ndcg10: 0.9, p50ms: 3 }, hybrid: { ndcg10: 0.99, p50ms: 5 } },
    },
    answers: {
      ...measureAnswers([build({ isAnswered: true, holds: true, exactMatch: 1, f1: 1, citations: [RIGHT] })]),
      ...{ p50ms: 4, p95ms: 9, models: { extractive: 1 }, degraded: {} },
      worst: [
        {
          ...{ id: 'q1', type: 'answerable', fault: 'fact missing' },
          ...{ question: '<script>alert(1)</script>?', wanted: 'a & b', said: '"><img src=x>' },
        },
      ],
    },
  })
  const run = {
    at: new Date('2026-11-21T09:00:00Z'),
    commit: 'abc1234',
    chat: 'none',
    embedding: 'some/<model>',
    rerank: 'none',
  }

  it('gives the figures of the contract beside those of the default way of searching', () => {
    expect(report.name).toBe('xquad en')
    expect(report.modes.hybrid).toMatchObject({
      ...{ ndcg10: 0.99, exactMatch: 1, f1: 1, citedCorrectly: 1 },
      ...{ answeredWhenAnswerable: 1 },
    })
    expect(report.modes.keyword).toEqual({ ndcg10: 0.9, p50ms: 3 })
  })

  it('holds figures against their aims', () => {
    expect(listAims(report).map(({ figure, isMet }) => [figure, isMet])).toEqual([
      ['ndcg10', true],
      ['answeredWhenAnswerable', true],
      ['wrongCitation', true],
      ['quotesVerbatim', true],
    ])
  })

  it('is one page that nothing in a question can change', () => {
    const page = presentPage([report], run)

    expect(page).not.toMatch(/<script|<img|https?:\/\/|<link/)
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;?')
    expect(page).toContain('some/&lt;model&gt;')
    expect(page).toContain('4 of 4 aims met')
  })

  it('shows the figures of answers once, not beside those of what was found', () => {
    const heads = [...presentPage([report], run).matchAll(/<th scope="col">(\w+)<\/th>/g)].map(
      ([, head]) => head,
    )

    expect(heads).toContain('ndcg10')
    expect(heads).not.toContain('citedCorrectly')
  })

  it('prints as Markdown', () => {
    expect(presentMarkdown([report]).split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^\| set \| ndcg10 \| p50ms \|/),
      expect.stringMatching(/^\| --- \| --- \|/),
      '| xquad en · keyword | .900 | 3.0 |  |  |  |  |  |',
      expect.stringContaining('| xquad en · hybrid | .990 | 5.0 | 1.000 |'),
    ])
  })
})

function build(changes: Partial<JudgedAnswer>): JudgedAnswer {
  return {
    ...{ id: '1', type: 'answerable', question: 'Why?', wanted: '', said: '' },
    ...{ isAnswerable: true, isAnswered: true, isHandled: true, holds: false, citations: [], ms: 1 },
    ...changes,
  }
}
