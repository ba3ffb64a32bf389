import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { buildTurn, openTurnBench } from '../testing/worlds/turn-bench.ts'

async function openBenchWithAnswer() {
  const bench = await openTurnBench(async () => buildTurn('the answer'))
  await bench.record({ text: 'one' })
  await bench.runTurn()
  return bench
}

const partOf = (bench: Awaited<ReturnType<typeof openTurnBench>>) =>
  bench.db.selectFrom('part').selectAll().executeTakeFirstOrThrow()

describe('sendParts', () => {
  it('waits out a rate limit as a delayed job, not as a failure', async () => {
    await using bench = await openBenchWithAnswer()
    bench.fake.behave(() => Promise.reject(new AppError('channel.rate_limited', { retryAfterSeconds: 3 })))

    await bench.sendAll()

    expect(await partOf(bench)).toMatchObject({ state: 'queued', attempts: 0 })
    const delayed = bench.nudges.find(({ name, delayMs }) => name === 'send-parts' && delayMs !== undefined)
    expect(delayed?.delayMs).toBeGreaterThan(2_500)
  })

  it('sends an answer again after doubt, and counts the doubt', async () => {
    await using bench = await openBenchWithAnswer()
    let tries = 0
    bench.fake.behave((part) => {
      if (++tries === 1) return Promise.reject(new AppError('channel.doubtful'))
      return Promise.resolve({ vendorMessageId: part.partId })
    })

    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['the answer'])
    expect(await partOf(bench)).toMatchObject({ state: 'sent', doubts: 1, attempts: 2 })
  })

  it('counts an error nobody foresaw as doubt', async () => {
    await using bench = await openBenchWithAnswer()
    let tries = 0
    bench.fake.behave((part) => {
      if (++tries === 1) return Promise.reject(new TypeError('x is not a function'))
      return Promise.resolve({ vendorMessageId: part.partId })
    })

    await bench.sendAll()

    expect(await partOf(bench)).toMatchObject({ state: 'sent', doubts: 1 })
  })

  it.each(['channel.unreachable', 'channel.unavailable', 'channel.unauthorized'] as const)(
    'tries again later after %s, without doubt',
    async (code) => {
      await using bench = await openBenchWithAnswer()
      bench.fake.behave(() => Promise.reject(new AppError(code)))

      await bench.sendAll()

      expect(await partOf(bench)).toMatchObject({ state: 'queued', doubts: 0, attempts: 1, error_code: code })
    },
  )

  it('gives up what the vendor refuses for good, with its words', async () => {
    await using bench = await openBenchWithAnswer()
    bench.fake.behave(() =>
      Promise.reject(
        new AppError('channel.rejected', { vendorCode: 400, vendorMessage: 'message is too long' }),
      ),
    )

    await bench.sendAll()

    expect(await partOf(bench)).toMatchObject({ state: 'failed', error_detail: '400: message is too long' })
  })

  it('stops writing to who blocked the bot, until they write again', async () => {
    await using bench = await openBenchWithAnswer()
    bench.fake.behave(() => Promise.reject(new AppError('channel.blocked')))
    await bench.sendAll()
    expect(await partOf(bench)).toMatchObject({ state: 'failed', error_code: 'channel.blocked' })

    bench.fake.behave(async (part) => ({ vendorMessageId: part.partId }))
    await bench.record({ text: 'hello again' })
    await bench.db.updateTable('chat').set({ blocked_at: null }).execute()
    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['the answer'])
  })
})
