import { vi } from 'vitest'

/** A healthy app answers in milliseconds; a machine that runs other tests beside takes longer. */
const PATIENCE_MS = 15_000

/** Resolves with the list once it has at least `count` entries; fails with what it had when none more came. */
export async function waitForLength<T>(
  read: () => T[],
  count: number,
  timeoutMs = PATIENCE_MS,
): Promise<T[]> {
  await vi.waitFor(
    () => {
      const list = read()
      if (list.length < count)
        throw new Error(`${list.length} of ${count}: ${JSON.stringify(list).slice(0, 800)}`)
    },
    { timeout: timeoutMs, interval: 20 },
  )
  return read()
}

/** Resolves once the condition holds. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  await vi.waitUntil(condition, { timeout: timeoutMs, interval: 25 })
}
