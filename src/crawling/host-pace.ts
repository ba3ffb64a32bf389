import { setTimeout as sleep } from 'node:timers/promises'

/** No site makes a crawl wait longer than this between two pages. */
const MAX_DELAY_MS = 10_000
/** Hosts remembered; the oldest are forgotten first. */
const MAX_HOSTS = 10_000

/** Waits until a host may be asked again: one request after another, whoever asks, each some time after the last. */
export type HostPace = (host: string, delayMs: number, signal?: AbortSignal) => Promise<void>

/** One pace for all crawls of a process; crawls of one host in several processes are kept apart by their claim. */
export function createHostPace(): HostPace {
  const freeAt = new Map<string, number>()
  return async (host, delayMs, signal) => {
    const now = performance.now()
    const at = Math.max(now, freeAt.get(host) ?? 0)
    freeAt.delete(host)
    freeAt.set(host, at + Math.min(delayMs, MAX_DELAY_MS))
    if (freeAt.size > MAX_HOSTS) freeAt.delete(freeAt.keys().next().value ?? '')
    if (at > now) await sleep(at - now, undefined, { signal })
  }
}
