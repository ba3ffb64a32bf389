import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../written-answer.ts'
import { createTranslations } from './translations.ts'

const SIGNAL = new AbortController().signal
const USAGE = { inputTokens: 40, outputTokens: 8, costUsd: 0.001 }

describe('createTranslations', () => {
  it('asks once for all who ask the same, then and later, and charges one of them', async () => {
    const translations = createTranslations()
    let calls = 0
    const write = async () => {
      calls += 1
      return { question: 'How long is a nap?', usage: USAGE }
    }

    const together = await Promise.all(Array.from({ length: 50 }, () => translations.say('k', SIGNAL, write)))
    const later = await translations.say('k', SIGNAL, write)

    expect(calls).toBe(1)
    expect(new Set([...together, later].map(({ question }) => question))).toEqual(
      new Set(['How long is a nap?']),
    )
    expect([...together, later].filter(({ usage }) => usage.costUsd > 0)).toHaveLength(1)
  })

  it('keeps nothing of a model that failed', async () => {
    const translations = createTranslations()
    await translations.say('k', SIGNAL, async () => ({ question: 'wie lange?', usage: NO_USAGE }))

    expect(
      await translations.say('k', SIGNAL, async () => ({ question: 'how long?', usage: USAGE })),
    ).toMatchObject({ question: 'how long?' })
  })
})
