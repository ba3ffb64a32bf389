import { describe, expect, it } from 'vitest'
import { createLogger } from '../logger.ts'
import { openTestDataDir } from '../testing/data-dir.ts'
import { startChroma } from './chroma.ts'
import { isAlive } from './process-table.ts'

const log = createLogger('silent')

describe('startChroma', () => {
  it('keeps its collections and its address over a restart', async () => {
    await using dataDir = await openTestDataDir()
    const first = await startChroma({ dataDir: dataDir.path, log })
    await addCollection(first.url, 'kept')
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)

    await using second = await startChroma({ dataDir: dataDir.path, log })

    expect(second.url).toBe(first.url)
    expect(await listCollections(second.url)).toMatchObject([{ name: 'kept' }])
  })

  it('starts again at the same address when it falls', async () => {
    await using dataDir = await openTestDataDir()
    await using server = await startChroma({ dataDir: dataDir.path, log })
    await addCollection(server.url, 'kept')
    process.kill(server.pid, 'SIGKILL')

    await expect
      .poll(() => listCollections(server.url).catch(() => 'down'), { timeout: 10_000 })
      .toMatchObject([{ name: 'kept' }])
  })

  it('is reached from this machine alone', async () => {
    await using dataDir = await openTestDataDir()
    await using server = await startChroma({ dataDir: dataDir.path, log })

    expect(new URL(server.url).hostname).toBe('127.0.0.1')
    const elsewhere = `http://127.0.0.2:${new URL(server.url).port}/api/v2/heartbeat`
    await expect(fetch(elsewhere)).rejects.toThrow('fetch failed')
  })
})

const collections = (url: string) =>
  `${url}/api/v2/tenants/default_tenant/databases/default_database/collections`

async function addCollection(url: string, name: string): Promise<void> {
  const response = await fetch(collections(url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  expect(response.status).toBe(200)
}

async function listCollections(url: string): Promise<unknown> {
  return (await fetch(collections(url))).json()
}
