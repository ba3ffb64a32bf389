import { describe, expect, it } from 'vitest'
import { openTestDatabase } from '../testing/database.ts'
import { openTryServer } from '../testing/worlds/try-server.ts'
import { assetUrl } from './static.ts'

describe('assets', () => {
  it('are served packed, for ever, under an address that changes with them', async () => {
    await using test = await openTestDatabase()
    await using server = await openTryServer(test)

    for (const encoding of ['br', 'gzip', 'identity']) {
      const response = await fetch(server.url + assetUrl('try.js'), {
        headers: { 'accept-encoding': encoding },
      })
      expect(await response.text()).toContain('EventSource')
      expect(response.headers.get('content-encoding') ?? 'identity').toBe(encoding)
      expect(response.headers.get('cache-control')).toContain('immutable')
    }
  })

  it('are only those there are', async () => {
    await using test = await openTestDatabase()
    await using server = await openTryServer(test)

    for (const path of ['/assets/try.js', '/assets/..%2ftry.ts', '/assets/try.0000000000.js']) {
      expect((await fetch(server.url + path)).status).toBe(404)
    }
    expect(() => assetUrl('none.css')).toThrow('none.css')
  })
})
