import { describe, expect, it } from 'vitest'
import { listenOnly } from '../coaching/takeover-turn.ts'
import type { TurnRequest } from '../coaching/turn-request.ts'
import { listDeadUpdates, replayUpdate } from '../messaging/inbox.ts'
import { buildTurn, openTurnBench } from '../testing/worlds/turn-bench.ts'

const textsOf = (request: TurnRequest) =>
  request.updates.map(({ event }) => (event.kind === 'text' ? event.text : `/${event.kind}`)).join(' + ')

describe('runTurn', () => {
  it('answers an Update once when fifty nudges come at once', async () => {
    await using bench = await openTurnBench(async (request) => buildTurn(`re: ${textsOf(request)}`))
    await bench.record({ text: 'one' })

    await Promise.all(Array.from({ length: 50 }, () => bench.runTurn()))
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['re: one'])
    expect(await bench.db.selectFrom('turn').selectAll().execute()).toHaveLength(1)
  })

  it('makes one Turn of a burst that arrives while the answer is being written', async () => {
    const seen: string[] = []
    let whileThinking = async () => {}
    await using bench = await openTurnBench(async (request) => {
      seen.push(textsOf(request))
      await whileThinking()
      request.signal.throwIfAborted()
      return buildTurn(`re: ${textsOf(request)}`)
    })
    await bench.record({ text: 'How do I' })
    whileThinking = async () => {
      whileThinking = async () => {}
      await bench.record({ text: 'fall asleep' }, { text: 'faster?' })
    }

    await bench.runTurn()
    await bench.sendAll()

    expect(seen).toEqual(['How do I', 'How do I + fall asleep + faster?'])
    expect(bench.fake.texts()).toEqual(['re: How do I + fall asleep + faster?'])
  })

  it('breaks off a slow answer as soon as the person writes on', async () => {
    let tries = 0
    await using bench = await openTurnBench((request) => {
      if (++tries > 1) return Promise.resolve(buildTurn(`re: ${textsOf(request)}`))
      void bench.record({ text: 'two' })
      return new Promise((_, reject) =>
        request.signal.addEventListener('abort', () => reject(new Error('aborted'))),
      )
    })
    await bench.record({ text: 'one' })

    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['re: one + two'])
  })

  it('starts over a bounded number of times, and answers the rest in a Turn of its own', async () => {
    let tries = 0
    await using bench = await openTurnBench(
      async (request) => {
        if (++tries <= 4) await bench.record({ text: `more ${tries}` })
        return buildTurn(`re: ${textsOf(request)}`)
      },
      { maxRestarts: 2 },
    )
    await bench.record({ text: 'one' })

    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['re: one + more 1 + more 2', 're: more 3 + more 4'])
  })

  it('never merges a command or a button with a question', async () => {
    await using bench = await openTurnBench(async (request) => buildTurn(`re: ${textsOf(request)}`))
    await bench.record(
      { text: 'one' },
      { event: { kind: 'command', messageId: '2', name: 'help', argument: '' } },
      { event: { kind: 'button', data: 'forget:no' } },
      { text: 'two' },
      { text: 'three' },
    )

    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['re: one', 're: /command', 're: /button', 're: two + three'])
  })

  it('lets the reader stop the writing and keeps what was written', async () => {
    await using bench = await openTurnBench(async (request) => {
      if (request.updates[0]?.event.kind === 'stop') return buildTurn('', { kind: 'silent', replies: [] })
      await bench.record({ event: { kind: 'stop' } })
      await new Promise<void>((resolve) => request.stopSignal.addEventListener('abort', () => resolve()))
      return buildTurn('half an answer')
    })
    await bench.record({ text: 'one' })

    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['half an answer'])
  })

  it('holds no other Chat up while one thinks', async () => {
    const slow = Promise.withResolvers<void>()
    await using bench = await openTurnBench(async (request) => {
      if (textsOf(request) === 'slow') await slow.promise
      return buildTurn(`re: ${textsOf(request)}`)
    })
    await bench.record({ text: 'slow', chatKey: 'a' }, { text: 'quick', chatKey: 'b' })

    const slowTurn = bench.runTurn('a')
    await bench.runTurn('b')
    await bench.sendAll()
    expect(bench.fake.texts()).toEqual(['re: quick'])

    slow.resolve()
    await slowTurn
    await bench.sendAll()
    expect(bench.fake.texts()).toEqual(['re: quick', 're: slow'])
  })

  it('sets aside what always fails, says so, and goes on with the Chat', async () => {
    await using bench = await openTurnBench(async (request) => {
      if (textsOf(request).includes('poison')) throw new Error('this text breaks us')
      return buildTurn(`re: ${textsOf(request)}`)
    })
    await bench.record(
      { text: 'poison' },
      { event: { kind: 'command', messageId: '2', name: 'help', argument: '' } },
    )

    for (let lease = 1; lease <= 3; lease++) await expect(bench.runTurn()).rejects.toThrow('breaks us')
    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toHaveLength(2)
    expect(bench.fake.texts()[1]).toBe('re: /command')
    const dead = await listDeadUpdates(bench.db)
    expect(dead).toMatchObject([{ error_code: 'update.poisoned' }])

    expect(await replayUpdate(bench.db, dead[0]?.id ?? '')).toEqual(bench.address)
    await expect(bench.runTurn()).rejects.toThrow('breaks us')
  })

  it('writes nothing once another worker took the Chat over', async () => {
    await using bench = await openTurnBench(async (request) => {
      // What a takeover does: another lease on the same Chat.
      await bench.db.updateTable('chat').set({ lease: crypto.randomUUID() }).execute()
      return buildTurn(`re: ${textsOf(request)}`)
    })
    await bench.record({ text: 'one' })

    await bench.runTurn()

    expect(await bench.db.selectFrom('message').selectAll().execute()).toEqual([])
    expect(await bench.db.selectFrom('inbox').select('done_at').execute()).toEqual([{ done_at: null }])
  })

  it('looks again once the Chat is free, for what came in while it let go', async () => {
    let turns = 0
    await using bench = await openTurnBench(async (request) => {
      turns++
      // Too late to join, since a command never does, and its own nudge would find the Chat taken.
      if (turns === 1)
        await bench.record({ event: { kind: 'command', messageId: '2', name: 'help', argument: '' } })
      return buildTurn(`re: ${textsOf(request)}`)
    })
    await bench.record({ text: 'one' })

    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['re: one', 're: /command'])
  })
})

describe('runTurn while a Member answers', () => {
  const takeOver = (bench: Awaited<ReturnType<typeof openTurnBench>>) =>
    bench.db
      .updateTable('chat')
      .set({ takeover_at: new Date(), takeover_until: new Date(Date.now() + 60_000) })
      .execute()

  it('throws away an answer that was finished when the Chat was taken over, and keeps the question', async () => {
    const asked: string[] = []
    await using bench = await openTurnBench(async (request) => {
      asked.push(request.chat.takeover)
      if (request.chat.takeover === 'active') return listenOnly(request, request.updates[0] ?? fail())
      if (textsOf(request) === 'two') await takeOver(bench)
      return buildTurn(`re: ${textsOf(request)}`)
    })
    await bench.record({ text: 'one' })
    await bench.runTurn()
    await bench.record({ text: 'two' })

    await bench.runTurn()
    await bench.sendAll()

    expect(asked).toEqual(['none', 'none', 'active'])
    expect(bench.fake.texts()).toEqual(['re: one'])
    const kept = await bench.db.selectFrom('message').select(['direction', 'markdown']).execute()
    expect(kept).toContainEqual({ direction: 'in', markdown: 'two' })
    expect(await bench.db.selectFrom('inbox').select('id').where('done_at', 'is', null).execute()).toEqual([])
  })

  it('breaks off a slow answer as soon as the Chat is taken over', async () => {
    await using bench = await openTurnBench(async (request) => {
      if (request.chat.takeover === 'active') return listenOnly(request, request.updates[0] ?? fail())
      if (textsOf(request) === 'one') return buildTurn('re: one')
      void takeOver(bench)
      return new Promise((_, reject) =>
        request.signal.addEventListener('abort', () => reject(new Error('aborted'))),
      )
    })
    await bench.record({ text: 'one' })
    await bench.runTurn()
    await bench.record({ text: 'slow' })
    const startedMs = performance.now()

    await bench.runTurn()
    await bench.sendAll()

    expect(performance.now() - startedMs).toBeLessThan(10_000)
    expect(bench.fake.texts()).toEqual(['re: one'])
  })

  it('answers after all when the Chat was given back while it listened', async () => {
    await using bench = await openTurnBench(async (request) => {
      if (request.chat.takeover !== 'active') return buildTurn(`re: ${textsOf(request)}`)
      await bench.db.updateTable('chat').set({ takeover_at: null, takeover_until: null }).execute()
      return listenOnly(request, request.updates[0] ?? fail())
    })
    await bench.record({ text: 'one' })
    await bench.runTurn()
    await takeOver(bench)
    await bench.record({ text: 'two' })

    await bench.runTurn()
    await bench.sendAll()

    expect(bench.fake.texts()).toEqual(['re: one', 're: two'])
  })

  it('sets aside without a word what always fails', async () => {
    await using bench = await openTurnBench(async (request) => {
      if (textsOf(request) === 'bad') throw new Error('poison')
      return buildTurn(`re: ${textsOf(request)}`)
    })
    await bench.record({ text: 'one' })
    await bench.runTurn()
    await takeOver(bench)
    await bench.record({ text: 'bad' })

    for (let tries = 0; tries < 4; tries += 1) await bench.runTurn().catch(() => {})
    await bench.sendAll()

    expect(await listDeadUpdates(bench.db)).toHaveLength(1)
    expect(bench.fake.texts()).toEqual(['re: one'])
  })
})

function fail(): never {
  throw new Error('a Turn without an Update')
}
