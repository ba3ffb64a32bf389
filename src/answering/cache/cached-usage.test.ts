import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getAnswerTrace } from '../../insights/answer-trace.ts'
import { buildTurn, openTurnBench } from '../../testing/worlds/turn-bench.ts'
import type { Answer } from '../answer-request.ts'

const GIVEN_AGAIN: Answer = {
  markdown: 'A nap takes 18 minutes.',
  kind: 'answer',
  refused: false,
  citations: [],
  model: 'openai:gpt-4o-mini',
  cached: true,
  cache: {
    outcome: 'semantic',
    entry: 'b9b35ed6-96b1-4a67-8d35-9a3e5e9a0001',
    similarity: 0.97,
    savedUsd: 0.0021,
  },
  degraded: [],
  usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 },
  ms: { total: 20, rewrite: 0, retrieve: 15, generate: 1 },
  question: 'How long is a nap?',
  passages: [],
  language: 'en',
  droppedClaims: 0,
}

describe('an answer given again', () => {
  let bench: Awaited<ReturnType<typeof openTurnBench>>
  beforeAll(async () => {
    bench = await openTurnBench(async () => buildTurn(GIVEN_AGAIN.markdown, { answer: GIVEN_AGAIN }))
  })
  afterAll(() => bench[Symbol.asyncDispose]())

  it('costs nothing in usage, says what it saved, and explains itself in its Trace', async () => {
    await bench.record({ text: 'How long is a nap?' })
    await bench.runTurn()

    const usage = await bench.db.selectFrom('usage').selectAll().executeTakeFirstOrThrow()
    expect(usage).toMatchObject({ is_cached: true })
    expect([Number(usage.cost_usd), Number(usage.saved_usd)]).toEqual([0, 0.0021])

    const said = await bench.db
      .selectFrom('message')
      .select('id')
      .where('direction', '=', 'out')
      .executeTakeFirstOrThrow()
    const chat = { creatorId: bench.bot.creatorId, botId: bench.bot.id, chatId: usage.chat_id }
    expect(await getAnswerTrace(bench.db, chat, said.id)).toMatchObject({
      isCached: true,
      cache: { outcome: 'semantic', similarity: 0.97, savedUsd: 0.0021 },
    })
  })
})
