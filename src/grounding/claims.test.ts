import { describe, expect, it } from 'vitest'
import { chooseSources } from '../answering/writing/prompt.ts'
import { indexWords } from '../knowledge/words/word-index.ts'
import { buildPassage } from '../testing/builders/passage.ts'
import { createClaimCheck } from './claim-support.ts'
import { checkClaims, type Verdicts } from './claims.ts'

const SOURCES = chooseSources([
  buildPassage({
    id: 'sleep',
    text: 'The bedroom is kept at 17 degrees. Curtains stay closed until the alarm rings.',
  }),
  buildPassage({ id: 'food', text: 'Protein comes first at breakfast.\n| Meal | Time |\n| Lunch | 12:30 |' }),
])

function check(markdown: string, unproven: 'drop' | 'mark' | 'keep' = 'drop') {
  return checkClaims(markdown, rules(unproven))
}

function rules(unproven: 'drop' | 'mark' | 'keep') {
  return {
    sources: SOURCES,
    check: createClaimCheck(SOURCES, {
      question: 'How warm is the bedroom?',
      language: 'en',
      isForeign: () => false,
    }),
    unproven,
    isBarred: (text: string) => text.includes('barred'),
    asked: indexWords(['How warm is the bedroom? And the pillows?']),
    ownWords: 'Please call your local emergency number.',
  }
}

describe('checkClaims', () => {
  it('keeps a proven sentence and takes its quote', () => {
    expect(check('Keep the bedroom at 17 degrees [1].')).toMatchObject({
      markdown: 'Keep the bedroom at 17 degrees [1].',
      proofs: [{ quote: 'The bedroom is kept at 17 degrees.' }],
      dropped: 0,
    })
  })

  it.each([
    ['after the full stop', 'Keep the bedroom at 17 degrees. [1]'],
    ['in other brackets', 'Keep the bedroom at 17 degrees【1】.'],
    ['in a list of numbers', 'Keep the bedroom at 17 degrees [1, 2].'],
    ['of the wrong passage', 'Keep the bedroom at 17 degrees [2].'],
    ['of no passage', 'Keep the bedroom at 17 degrees [12].'],
    ['left out', 'Keep the bedroom at 17 degrees.'],
  ])('understands a number %s', (_, markdown) => {
    expect(check(markdown).markdown).toBe('Keep the bedroom at 17 degrees [1].')
  })

  it('judges a sentence of an earlier draft once, and numbers it anew', () => {
    const judged: string[] = []
    const verdicts: Verdicts = new Map()
    const judge = (markdown: string) =>
      checkClaims(markdown, { ...rules('drop'), isBarred: (text) => judged.push(text) === 0 }, verdicts)

    judge('Keep the bedroom at 17 degrees [1].')
    const { markdown } = judge('Protein comes first at breakfast [2]. Keep the bedroom at 17 degrees [1].')

    expect(markdown).toBe('Protein comes first at breakfast [1]. Keep the bedroom at 17 degrees [2].')
    expect(judged).toEqual(['Keep the bedroom at 17 degrees.', 'Protein comes first at breakfast.'])
  })

  it('numbers the proofs in the order of their use and shares equal ones', () => {
    const { markdown, proofs } = check(
      'Protein comes first at breakfast [2]. The bedroom is kept at 17 degrees [1]. So protein first at breakfast [2].',
    )

    expect(markdown.match(/\[\d\]/g)).toEqual(['[1]', '[2]', '[1]'])
    expect(proofs.map(({ source }) => source.passage.id)).toEqual(['food', 'sleep'])
  })

  it('does not let a wrong figure pass', () => {
    expect(check('Keep the bedroom at 25 degrees [1].')).toMatchObject({ markdown: '', dropped: 1 })
  })

  it('keeps lists and their opening, and takes both away when nothing of them is left', () => {
    expect(
      check('Do this:\n- Keep the bedroom at 17 degrees [1].\n- Feed the dragon daily [1].').markdown,
    ).toBe('Do this:\n- Keep the bedroom at 17 degrees [1].')
    expect(check('## Dragons\n\nDo this:\n- Feed the dragon daily [1].').markdown).toBe('')
  })

  it('keeps a row of a table within the table', () => {
    expect(check('| Lunch | 12:30 [2] |').markdown).toBe('| Lunch | 12:30 [1] |')
  })

  it('keeps what claims nothing, the words of the coach, and one word on what is not covered', () => {
    const kept = 'Sure. Please call your local emergency number. The material does not mention pillows [0].'

    expect(check(`${kept} Keep the bedroom at 17 degrees [1].`).markdown).toBe(
      'Sure. Please call your local emergency number. The material does not mention pillows. Keep the bedroom at 17 degrees [1].',
    )
  })

  it('does not take a claim under the number for what is not covered', () => {
    expect(check('Send 40 euro to the dragon at noon [0].').markdown).toBe('')
    expect(check('Dragons come from India [0].').markdown).toBe('')
    expect(check('Keep the bedroom at 17 degrees [1]. Dragons come from India [0].').markdown).toBe(
      'Keep the bedroom at 17 degrees [1].',
    )
    expect(check(`Never feed ${'dragon knight castle river '.repeat(8)}[0].`).markdown).toBe('')
  })

  it.each([
    'The material says nothing about pillows',
    'The passages do not say what pillows cost',
    'Das Material sagt nichts über Kissen',
    'El material no menciona las almohadas',
    'Le document ne parle pas des oreillers',
    'Il materiale non parla dei cuscini',
    'O material não menciona travesseiros',
    'В материалах ничего не сказано о подушках',
    'Materyalde yastıklar hakkında bilgi yok',
    'सामग्री में तकियों के बारे में कुछ नहीं है',
    'لا تذكر المادة الوسائد',
    '资料没有提到枕头',
    'เนื้อหาไม่ได้กล่าวถึงหมอน',
  ])('may say what is not covered: %s', (said) => {
    expect(check(`${said} [0].`).markdown).toBe(`${said}.`)
  })

  it.each([
    ['mark', 'Dragons sleep in caves during long winters †.'],
    ['keep', 'Dragons sleep in caves during long winters.'],
  ] as const)('leaves unproven words without a number, where it may (%s)', (unproven, markdown) => {
    expect(check('Dragons sleep in caves during long winters [1].', unproven)).toMatchObject({
      markdown,
      proofs: [],
    })
  })

  it('takes no sentence without spaces for a code, but the code in it', () => {
    const sources = chooseSources([
      buildPassage({ id: 'zh', text: '学校在2011年创办于波尔图。其他文件写着VIOLET7X这个词。' }),
    ])
    const asked = ['学校在哪一年创办?']
    const question = { question: asked[0] ?? '', language: 'zh', isForeign: () => false }
    const judge = (markdown: string) =>
      checkClaims(markdown, {
        ...rules('drop'),
        sources,
        check: createClaimCheck(sources, question),
        asked: indexWords(asked),
      }).markdown

    expect(judge('学校在2011年创办于波尔图。')).toBe('学校在2011年创办于波尔图 [1]。')
    expect(judge('其他文件写着VIOLET7X这个词。')).toBe('')
  })

  it.each([
    ['a code', 'CANARY-77.'],
    ['a word nobody asked for', 'Hacked.'],
    ['a code in a question', 'Shall I say VIOLET-7?'],
    ['a code among what is not covered', 'The material does not mention VIOLET-7 [0].'],
    ['a second time what is not covered', 'It says nothing of pillows [0]. Reveal all about pillows [0].'],
    ['what is barred', 'The barred bedroom is kept at 17 degrees [1].'],
  ])('says in no mode %s', (_, markdown) => {
    for (const unproven of ['drop', 'mark', 'keep'] as const) {
      expect(check(markdown, unproven).markdown).not.toMatch(/VIOLET|CANARY|Hacked|Reveal|barred/)
    }
  })
})
