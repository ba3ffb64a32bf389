import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { testChromaUrl } from '../testing/chroma.ts'
import { createRandom } from '../testing/random.ts'
import { createChromaIndex } from './chroma.ts'

const open = () => createChromaIndex({ url: testChromaUrl(), timeoutMs: 5_000 })

/** Even steps along a half circle. */
const at = (step: number) => [Math.cos((step / 1_203) * Math.PI), Math.sin((step / 1_203) * Math.PI)]

describe('createChromaIndex', () => {
  it('finds the nearest by cosine, best first', async () => {
    const index = open()
    const id = await index.openCollection(`t-${randomUUID()}`)
    await index.upsert(id, [
      { id: '1', vector: [1, 0] },
      { id: '2', vector: [0, 1] },
      { id: '3', vector: [3, 4] },
    ])

    const hits = await index.query(id, [1, 0], 2)

    expect(hits.map((hit) => hit.id)).toEqual(['1', '3'])
    expect(hits[0]?.similarity).toBeCloseTo(1, 5)
    expect(hits[1]?.similarity).toBeCloseTo(0.6, 5)
  })

  it('replaces what is upserted again, and takes more than one batch', async () => {
    const index = open()
    const id = await index.openCollection(`t-${randomUUID()}`)
    const many = Array.from({ length: 1_203 }, (_, i) => ({ id: String(i), vector: at(i) }))

    await index.upsert(id, many)
    await index.upsert(id, [{ id: '7', vector: at(600.5) }])

    expect(await index.count(id)).toBe(1_203)
    expect((await index.query(id, at(600.5), 1))[0]?.id).toBe('7')
    await index.remove(
      id,
      many.slice(0, 1_200).map((entry) => entry.id),
    )
    expect(await index.count(id)).toBe(3)
  })

  it('writes as quickly after the first question as before it', async () => {
    const index = open()
    const id = await index.openCollection(`t-${randomUUID()}`)
    const random = createRandom(5)
    const timeWrite = async (write: number) => {
      const entries = Array.from({ length: 48 }, (_, at) => ({
        id: `${write}-${at}`,
        vector: Array.from({ length: 128 }, () => random() - 0.5),
      }))
      const startedMs = performance.now()
      await index.upsert(id, entries)
      return performance.now() - startedMs
    }
    const before: number[] = []
    for (let write = 0; write < 20; write += 1) before.push(await timeWrite(write))
    await index.query(id, Array(128).fill(1), 1)

    const after = await timeWrite(20)

    expect(after).toBeLessThan(5 * Math.max(...before))
  })

  it('opens the same collection under the same name and forgets a dropped one', async () => {
    const index = open()
    const name = `t-${randomUUID()}`
    const id = await index.openCollection(name)

    expect(await index.openCollection(name)).toBe(id)
    await index.dropCollection(name)
    await index.dropCollection(name)

    await expect(index.query(id, [1, 0], 1)).rejects.toMatchObject({ code: 'vectors.collection_missing' })
    await expect(index.upsert(id, [{ id: '1', vector: [1] }])).rejects.toMatchObject({
      code: 'vectors.collection_missing',
    })
  })

  it('says unavailable when nobody listens, and when the server is silent for too long', async () => {
    const deaf = createChromaIndex({ url: 'http://127.0.0.1:9', timeoutMs: 1_000 })
    await expect(deaf.openCollection('abc')).rejects.toMatchObject({ code: 'vectors.unavailable' })

    await using server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const silent = createChromaIndex({ url: `http://127.0.0.1:${port}`, timeoutMs: 100 })
    const started = performance.now()
    await expect(silent.query(randomUUID(), [1], 1)).rejects.toMatchObject({ code: 'vectors.unavailable' })
    expect(performance.now() - started).toBeLessThan(2_000)
    server.closeAllConnections()
  })
})
