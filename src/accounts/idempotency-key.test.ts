import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { addCreator } from './creator.ts'
import {
  CLAIM_MS,
  claimIdempotencyKey,
  forgetIdempotencyKeys,
  forgetIdempotentAnswers,
  type IdempotencyClaim,
  KEEP_MS,
  keepIdempotentAnswer,
  releaseIdempotencyKey,
} from './idempotency-key.ts'

const START = new Date('2026-11-21T09:00:00.000Z')
const later = (ms: number) => new Date(START.getTime() + ms)
const hashOf = (text: string) => createHash('sha256').update(text).digest()

describe('an idempotency key', () => {
  let test: TestDatabase
  let creatorId: string
  let count = 0

  beforeAll(async () => {
    test = await openTestDatabase()
    creatorId = await addCreator(test.db, 'Ana')
  })
  afterAll(() => test[Symbol.asyncDispose]())

  const nextRequest = () => ({ creatorId, key: `key-${++count}`, requestHash: hashOf('POST /bots') })

  async function claim(request: ReturnType<typeof nextRequest>, now = START): Promise<IdempotencyClaim> {
    const claimed = await claimIdempotencyKey(test.db, request, now)
    if ('status' in claimed) throw new Error('answered before')
    return claimed
  }

  it('is claimed once, and answers every repeat with what the first was answered', async () => {
    const request = nextRequest()
    const first = await claim(request)
    await expect(claimIdempotencyKey(test.db, request, later(1))).rejects.toMatchObject({
      code: 'idempotency.in_progress',
      details: { retryAfterSeconds: 5 },
    })

    await keepIdempotentAnswer(test.db, first, { status: 201, data: { id: 'b1' } })

    expect(await claimIdempotencyKey(test.db, request, later(2))).toEqual({ status: 201, data: { id: 'b1' } })
  })

  it('is refused for another request, at work or answered', async () => {
    const request = nextRequest()
    const other = { ...request, requestHash: hashOf('POST /documents') }
    const first = await claim(request)

    await expect(claimIdempotencyKey(test.db, other, later(1))).rejects.toMatchObject({
      code: 'idempotency.conflict',
    })
    await keepIdempotentAnswer(test.db, first, { status: 200, data: null })
    await expect(claimIdempotencyKey(test.db, other, later(1))).rejects.toMatchObject({
      code: 'idempotency.conflict',
    })
  })

  it('of a process that died is taken over, and what the dead one still does is undone', async () => {
    const request = nextRequest()
    const lost = await claim(request)

    const second = await claim(request, later(CLAIM_MS + 1))

    const done = { status: 200, data: {} } as const
    await expect(keepIdempotentAnswer(test.db, lost, done)).rejects.toMatchObject({
      code: 'idempotency.in_progress',
    })
    await releaseIdempotencyKey(test.db, lost)
    await keepIdempotentAnswer(test.db, second, done)
  })

  it('is free again once released', async () => {
    const request = nextRequest()
    await releaseIdempotencyKey(test.db, await claim(request))

    expect(await claim(request, later(1))).toMatchObject({ key: request.key })
  })

  it('keeps no answer that must not be kept, and none of a creator whose answers were emptied', async () => {
    const [secret, erased] = [nextRequest(), nextRequest()]
    await keepIdempotentAnswer(test.db, await claim(secret), { status: 201, data: undefined })
    await keepIdempotentAnswer(test.db, await claim(erased), { status: 200, data: { name: 'Bo' } })

    await forgetIdempotentAnswers(test.db, creatorId)

    for (const request of [secret, erased]) {
      await expect(claimIdempotencyKey(test.db, request, later(1))).rejects.toMatchObject({
        code: 'idempotency.answer_gone',
      })
    }
    const rows = await test.db.selectFrom('idempotency_key').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain('Bo')
  })

  it('is forgotten after a day, and then as good as new', async () => {
    const request = nextRequest()
    await keepIdempotentAnswer(test.db, await claim(request), { status: 200, data: {} })
    const find = () =>
      test.db.selectFrom('idempotency_key').where('key', '=', request.key).select('key').execute()

    expect(await claim(request, later(KEEP_MS + 1))).toMatchObject({ key: request.key })
    await forgetIdempotencyKeys(test.db, later(KEEP_MS + 2))
    expect(await find()).toHaveLength(1)
    await forgetIdempotencyKeys(test.db, later(2 * KEEP_MS + 2))
    expect(await find()).toHaveLength(0)
  })
})
