import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { waitUntil } from '../../testing/wait.ts'
import { startDeadline } from './deadline.ts'
import { createWaitMeter } from './waiting.ts'

describe('startDeadline', () => {
  it('passes once, after the time that was added', async () => {
    const more = [60, 40, 0]
    const passed: number[] = []
    const startedAt = performance.now()
    startDeadline(
      20,
      () => passed.push(performance.now() - startedAt),
      async () => more.shift() ?? 0,
    )
    await waitUntil(() => passed.length > 0)

    expect(passed[0]).toBeGreaterThan(110)
    expect([passed.length, more]).toEqual([1, []])
  })

  it('stands still in a pause, also in one that begins while more is asked for', async () => {
    const { promise, resolve } = Promise.withResolvers<number>()
    const passed: string[] = []
    let asked = 0
    const deadline = startDeadline(
      5,
      () => passed.push('passed'),
      () => {
        asked += 1
        return asked === 1 ? promise : Promise.resolve(0)
      },
    )
    await waitUntil(() => asked === 1)
    deadline.pause()
    resolve(5)
    await new Promise((done) => setTimeout(done, 40))
    const before = [...passed]
    deadline.resume()
    await waitUntil(() => passed.length > 0)

    expect([before, passed]).toEqual([[], ['passed']])
  })
})

describe.skipIf(process.platform !== 'linux')('createWaitMeter', () => {
  it('counts a process that finds no processor, up to its limit, and none that sleeps', async () => {
    const spin = 'for (const end = Date.now() + 20_000; Date.now() < end; );'
    const children = Array.from({ length: availableParallelism() * 4 }, () =>
      spawn('nice', ['-n', '10', process.execPath, '-e', spin]),
    )
    const sleeper = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)'])
    try {
      const meters = children.map((child) => createWaitMeter(child.pid ?? 0, 700))
      const asleep = createWaitMeter(sleeper.pid ?? 0, 700)
      let waited = 0
      await waitUntil(async () => {
        for (const measure of meters) waited = Math.max(waited, await measure())
        return waited > 0
      }, 15_000)

      expect(waited).toBeLessThanOrEqual(700)
      expect(await asleep()).toBeLessThan(700)
    } finally {
      for (const child of [...children, sleeper]) child.kill('SIGKILL')
    }
  })
})
