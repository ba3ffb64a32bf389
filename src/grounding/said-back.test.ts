import { describe, expect, it } from 'vitest'
import { buildAnswerPrompt } from '../answering/writing/prompt.ts'
import { loadPrompts } from '../bots/prompt.ts'
import type { RetrievedPassage } from '../knowledge/passage.ts'
import { indexWords } from '../knowledge/words/word-index.ts'
import { buildBotSettings } from '../testing/builders/bot.ts'
import { checkClaims } from './claims.ts'

const TOLD = ['- constraint, today: "I\'m allergic to nuts"', '- goal, 3 weeks ago: "My goal is to run 5 km"']
const rules: Parameters<typeof checkClaims>[1] = {
  sources: [],
  check: { prove: () => undefined, find: () => undefined },
  unproven: 'drop',
  isBarred: () => false,
  asked: indexWords([]),
  ownWords: '',
}

describe('what a person told, said back to them', () => {
  it.each([
    ["You told me you're allergic to nuts.", true],
    ['Your goal is to run 5 km.', true],
    ['Your goal is to run 10 km.', false],
    ['Nuts are dangerous because proteins inflame the airways.', false],
    ["You're allergic to nuts, so take antihistamine tablets before meals.", false],
  ])('%j needs no proof: %s', (sentence, isKept) => {
    const { markdown, proofs } = checkClaims(sentence, { ...rules, told: indexWords(TOLD) })

    expect([markdown !== '', proofs]).toEqual([isKept, []])
    expect(checkClaims(sentence, rules).markdown).toBe('')
  })
})

describe('the prompt of an answer', () => {
  const bot = { id: 'b', creatorId: 'c', knowledgeBaseId: 'k', slug: 's', settings: buildBotSettings() }
  const sources: { passage: RetrievedPassage; shown: string }[] = []

  it('shows what is remembered as data, and leaves it out where there is no room', async () => {
    const fill = await loadPrompts(new URL('../../prompts', import.meta.url).pathname)
    const memory = { lines: TOLD, summary: 'They want to run.', isRelevant: true }
    const prompt = {
      bot,
      memory,
      question: 'What now?',
      history: [],
      language: 'en',
      sources,
      maxOutputTokens: 100,
    }
    const read = (contextTokens: number) =>
      buildAnswerPrompt(fill, prompt, contextTokens).at(-1)?.content ?? ''

    expect(read(8_000)).toMatch(/===== (\w+) what the person told of themselves =====\n- constraint/)
    expect(read(8_000)).toContain('They want to run.')
    expect(read(1_100)).not.toContain('allergic')
  })
})
