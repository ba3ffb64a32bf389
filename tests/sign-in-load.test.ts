import { describe, expect, it } from 'vitest'
import { createPasswords } from '../src/accounts/password.ts'
import { startTestApp } from '../src/testing/app.ts'
import { openTestBrowser } from '../src/testing/browser.ts'
import { signUpTester } from '../src/testing/signed-in.ts'

const PASSWORD = 'seven green lanterns'
const LOGINS_AT_ONCE = 20
const WEBHOOKS = 150

describe('signing in', { timeout: 120_000 }, () => {
  it('of twenty at once leaves the webhooks their time', async ({ annotate }) => {
    await using app = await startTestApp({ env: { ROLES: 'web' } })
    const { webhookUrl, secret } = await app.connectTelegram()
    const tester = await signUpTester(app)
    const { db } = app.app.installation
    await db
      .updateTable('member')
      .set({ password_hash: await createPasswords().hash(PASSWORD) })
      .where('id', '=', tester.memberId)
      .execute()

    let updateId = 0
    async function measure(count: number): Promise<number[]> {
      const times: number[] = []
      for (let n = 0; n < count; n++) {
        const begun = performance.now()
        const answer = await fetch(webhookUrl, {
          method: 'POST',
          headers: { 'X-Telegram-Bot-Api-Secret-Token': secret, 'Content-Type': 'application/json' },
          body: JSON.stringify(buildTextUpdate(++updateId)),
        })
        times.push(performance.now() - begun)
        expect(answer.status).toBe(200)
      }
      return times
    }

    await measure(30)
    const alone = await measure(WEBHOOKS)

    const isOver = new AbortController()
    let logins = 0
    const crowd = Array.from({ length: LOGINS_AT_ONCE }, async (_, index) => {
      while (!isOver.signal.aborted) {
        // A right password each time; each browser from an address of its own, so that no limit ends it early.
        const headers = { 'X-Forwarded-For': `203.0.113.${index}` }
        const form = { email: `nobody${index}-${logins}@example.test`, password: PASSWORD }
        const { status } = await openTestBrowser(app.url).post('/admin/sign-in', form, headers)
        if (status !== 429) logins += 1
      }
    })
    const beside = await measure(WEBHOOKS)
    isOver.abort()
    await Promise.all(crowd)

    const tell = (times: number[]) =>
      `p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`
    await annotate(`webhooks alone: ${tell(alone)}; beside sign-ins: ${tell(beside)}`)
    expect(logins).toBeGreaterThan(LOGINS_AT_ONCE)
    // Hashed on the thread that answers, each webhook would wait for a crowd of hashes of some 27 ms.
    expect(percentile(beside, 0.5)).toBeLessThan(percentile(alone, 0.5) * 4 + 50)
  })
})

function percentile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
}

function buildTextUpdate(updateId: number) {
  const person = { id: 4711, is_bot: false, first_name: 'Pat' }
  const chat = { id: 4711, type: 'private', first_name: 'Pat' }
  const message = { message_id: updateId, date: 1_790_000_000, chat, from: person, text: `Hello ${updateId}` }
  return { update_id: updateId, message }
}
