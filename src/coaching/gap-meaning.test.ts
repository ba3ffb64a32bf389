import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createEmbedding } from '../models/embeddings.ts'
import { OTHER_QUESTION, type QuestionPair, SAME_QUESTION } from '../testing/models/question-pairs.ts'
import { compareMeaning, type QuestionMeaning, readMeaning } from './gap-meaning.ts'

const SHARED = process.env.SHARED_DIR ?? fileURLToPath(new URL('../../../shared', import.meta.url))
const MODELS_DIR = process.env.MODELS_DIR || join(SHARED, 'models')
const WEIGHTS = 'inhouse/static-en-256'

type Read = (question: string) => QuestionMeaning | Promise<QuestionMeaning>

async function countJoined(pairs: readonly QuestionPair[], read: Read): Promise<number> {
  let joined = 0
  for (const [a, b] of pairs) if (compareMeaning(await read(a), await read(b)) >= 1) joined += 1
  return joined
}

function areSame(a: string, b: string): boolean {
  return compareMeaning(readMeaning(a), readMeaning(b)) >= 1
}

describe('compareMeaning', () => {
  it('joins questions of the same words, whatever their order, case, accents and function words', () => {
    expect(areSame('What is the price of a session?', 'the SESSION price, what is it?!')).toBe(true)
    expect(areSame('Wann öffnet das Studio?', 'wann offnet studio')).toBe(true)
    expect(areSame('料金はいくらですか', '料金はいくら?')).toBe(true)
  })

  it.each([
    ['What is the code of locker 17?', 'What is the code of locker 18?'],
    ['Is the studio open on Friday evening?', 'Is the studio open on Monday evening?'],
    ['Does lesson two of the course cover Lisbon?', 'Does lesson two of the course cover Madrid?'],
  ])('never joins questions about another number or name: %s / %s', (a, b) => {
    expect(areSame(a, b)).toBe(false)
    // Not even where a model finds them the same.
    const vector = [1, 0]
    expect(compareMeaning({ ...readMeaning(a), vector }, { ...readMeaning(b), vector })).toBe(0)
  })

  it('is the same from either side', () => {
    for (const [a, b] of [...SAME_QUESTION, ...OTHER_QUESTION]) expect(areSame(a, b)).toBe(areSame(b, a))
  })

  it('joins by words alone at least 18 of 30 paraphrases and none of 30 near misses', async () => {
    expect(await countJoined(SAME_QUESTION, readMeaning)).toBeGreaterThanOrEqual(18)
    expect(await countJoined(OTHER_QUESTION, readMeaning)).toBe(0)
  })

  describe.skipIf(!existsSync(join(MODELS_DIR, WEIGHTS)))(
    `with weights (needs MODELS_DIR with ${WEIGHTS})`,
    () => {
      it('joins at least 21 of 30 paraphrases and at most one of 30 near misses', async () => {
        await using embedding = createEmbedding(
          {
            embed: `local:${WEIGHTS}`,
            rerank: 'none',
            modelsDir: MODELS_DIR,
            openai: { baseUrl: 'http://127.0.0.1:9' },
            ollama: { baseUrl: 'http://127.0.0.1:9' },
          },
          pino({ level: 'silent' }),
        )
        const read: Read = async (question) => {
          const meaning = readMeaning(question)
          return { ...meaning, vector: await embedding?.embedQuestion(meaning.gist) }
        }

        expect(await countJoined(SAME_QUESTION, read)).toBeGreaterThanOrEqual(21)
        expect(await countJoined(OTHER_QUESTION, read)).toBeLessThanOrEqual(1)
      })
    },
  )
})
