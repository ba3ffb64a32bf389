import type { Logger } from '../logger.ts'
import type { JobName, JobPayload, JobQueue } from './job.ts'

/** Nudges of one kind are gathered this long: one round trip for a burst, nothing to feel for one alone. */
const GATHER_MS = 2
/** While they keep coming, a little longer: an add costs the same commit for one nudge as for a hundred. */
const GATHER_BUSY_MS = 25
const BATCH = 200

export interface Relay {
  /** Announces work soon, without waiting. The same nudge twice within the moment is one. */
  nudge<Name extends JobName>(name: Name, payload: JobPayload<Name>): void
  /** Resolves when everything announced so far is on the queue, or was given up to the sweep. */
  flush(): Promise<void>
}

/**
 * Carries nudges from the webhooks to the queue in bulk, after the Update was committed: ten thousand
 * webhooks a second cost a few hundred round trips. A nudge that cannot be delivered is dropped, since the
 * sweep finds its work.
 */
export function createRelay(jobs: JobQueue, log: Logger): Relay {
  const waiting = new Map<string, { name: JobName; payload: JobPayload<JobName> }>()
  let flushing: Promise<void> | undefined

  async function drain(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
    for (let isFirst = true; waiting.size > 0; isFirst = false) {
      if (!isFirst && waiting.size < BATCH)
        await new Promise((resolve) => setTimeout(resolve, GATHER_BUSY_MS))
      const batch = [...waiting.values()].slice(0, BATCH)
      for (const entry of batch) waiting.delete(keyOf(entry.name, entry.payload))
      await deliver(batch).catch((err) => log.warn({ err, count: batch.length }, 'relay-failed'))
    }
  }

  async function deliver(batch: { name: JobName; payload: JobPayload<JobName> }[]): Promise<void> {
    for (const [name, entries] of Map.groupBy(batch, (entry) => entry.name)) {
      await jobs.addMany(
        name,
        entries.map((entry) => entry.payload),
      )
    }
  }

  return {
    nudge(name, payload) {
      waiting.set(keyOf(name, payload), { name, payload })
      flushing ??= drain().finally(() => {
        flushing = undefined
      })
    },
    flush: async () => {
      while (flushing) await flushing
    },
  }
}

function keyOf(name: JobName, payload: JobPayload<JobName>): string {
  return `${name} ${Object.values(payload).join(' ')}`
}
