import { describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { findApiKey } from '../src/accounts/api-key.ts'
import { startTestApp } from '../src/testing/app.ts'
import { openTestBrowser } from '../src/testing/browser.ts'
import { runScript } from '../src/testing/command.ts'
import { openTestDataDir } from '../src/testing/data-dir.ts'

const Created = z.strictObject({
  creatorId: z.uuid(),
  memberId: z.uuid(),
  email: z.string(),
  apiKey: z.string().regex(/^cmk_[\w-]{43}$/),
})

describe('npm run creator', { timeout: 120_000 }, () => {
  it('makes accounts that can sign in and call, refuses a known address, and lists them', async () => {
    await using app = await startTestApp({ env: { NODE_ENV: 'production' } })
    await using dataDir = await openTestDataDir()
    const env = {
      DATABASE_URL: app.databaseUrl,
      CHROMA_URL: inject('chromaUrl'),
      DATA_DIR: dataDir.path,
      BOTS_DIR: dataDir.path,
      MODEL_EMBED: 'none',
      OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    }
    const run = (...args: string[]) => runScript('creator', args, env)
    const password = 'seven green lanterns'

    const first = await run('create', '--email', 'Ada@Example.test', '--password', password, '--json')
    expect([first.exitCode, first.stderr]).toEqual([0, ''])
    const ada = Created.parse(JSON.parse(first.lines.at(-1) ?? ''))
    expect(ada).toMatchObject({ email: 'ada@example.test', creatorId: app.bot.creatorId })
    const { db } = app.app.installation
    const holder = await findApiKey(db, ada.apiKey)
    expect(holder).toMatchObject({ actor: { creatorId: ada.creatorId, role: 'owner' } })
    expect(holder?.scopes.length).toBeGreaterThanOrEqual(13)
    const browser = openTestBrowser(app.url)
    await browser.post('/admin/sign-in', { email: 'ada@example.test', password })
    expect((await browser.get('/admin/account')).status).toBe(200)

    const again = await run('create', '--email', 'ada@example.test', '--json')
    expect([again.exitCode, again.stdout]).toEqual([1, ''])
    expect(again.stderr).toMatch(/^account\.exists: /)
    const weak = await run('create', '--email', 'eve@example.test', '--password', 'aaaaaaaaaaaa')
    expect([weak.exitCode, weak.stderr]).toEqual([1, expect.stringMatching(/^password\.refused: /)])

    const second = await run('create', '--email', 'grace@example.test', '--name', 'Grace', '--json')
    const grace = Created.parse(JSON.parse(second.lines.at(-1) ?? ''))
    expect(grace.creatorId).not.toBe(ada.creatorId)
    const list = (await run('list')).lines
    expect(list).toHaveLength(2)
    expect(list.join('\n')).toMatch(
      /ada@example\.test \(owner\)[\s\S]*Grace {2}0 bots {2}grace@example\.test/,
    )
  })
})
