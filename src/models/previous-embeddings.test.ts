import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { startModelStandIn } from '../testing/models/stand-in.ts'
import { createPreviousEmbeddings } from './previous-embeddings.ts'

const log = pino({ level: 'silent' })

describe('createPreviousEmbeddings', () => {
  it('opens a model by the name its vectors carry, once, and gives it back when no one asks', async () => {
    await using model = await startModelStandIn({ dimension: 8 })
    const settings = {
      embed: 'openai:in-use',
      rerank: 'none',
      openai: { baseUrl: model.openAiUrl },
      ollama: { baseUrl: model.url },
    }
    await using previous = createPreviousEmbeddings(settings, log, { unusedMs: 5 })

    const opened = previous.find('openai:before')
    expect(previous.find('openai:before')).toBe(opened)
    expect(await opened?.embedQuestion('How long is a nap?')).toHaveLength(8)

    // Each look counts as a question, so they come further apart than the time unused.
    await expect.poll(() => previous.find('openai:before') !== opened, { interval: 100 }).toBe(true)
  })

  it('knows none of a name that no model can have', () => {
    const settings = { embed: 'none', rerank: 'none', openai: { baseUrl: '' }, ollama: { baseUrl: '' } }
    const previous = createPreviousEmbeddings(settings, log)

    expect(previous.find('local:../../etc')).toBeUndefined()
    expect(previous.find('test:hash')).toBeUndefined()
  })
})
