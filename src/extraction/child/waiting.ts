import { readFile } from 'node:fs/promises'

const NS_PER_MS = 1e6

/** Waiting shorter than this makes no difference to a file. */
const MIN_WAIT_MS = 500

/**
 * How long a process has stood ready without a processor to run on. A niced child on a busy machine may wait many
 * times longer than it works; 0 where the system does not tell.
 */
export async function readWaitedMs(pid: number): Promise<number> {
  try {
    const [, waitedNs] = (await readFile(`/proc/${pid}/schedstat`, 'latin1')).split(' ')
    return Number(waitedNs) / NS_PER_MS || 0
  } catch {
    return 0
  }
}

/**
 * Counts the waiting of a process from now on: each call gives what came since the last one, together no more than
 * `limitMs`.
 */
export function createWaitMeter(pid: number, limitMs: number): () => Promise<number> {
  const base = readWaitedMs(pid)
  let given = 0
  return async () => {
    const waitedMs = Math.min((await readWaitedMs(pid)) - (await base), limitMs) - given
    if (waitedMs < MIN_WAIT_MS) return 0
    given += waitedMs
    return waitedMs
  }
}
