import type { Logger } from '../logger.ts'
import type { JobHandlers, JobName, JobPayload, JobQueue } from './job.ts'

/** Work that begins in this very process. */
export interface Here<Name extends JobName> {
  /** Begins the work without waiting for it: here while there is room, else by way of the queue. */
  begin(payload: JobPayload<Name>): void
  /** Resolves when everything begun here has ended; after `graceMs` its signal is aborted. */
  settle(graceMs: number): Promise<void>
}

/**
 * Does a kind of work in the process that learned of it. The way over the queue would cost more than the
 * rest of a Turn's database work and prove nothing: what is to be done stands in PostgreSQL, and the sweep
 * finds it there after a kill. Past `concurrency` at a time the queue spreads it over all workers.
 */
export function createHere<Name extends JobName>(
  name: Name,
  work: JobHandlers[Name],
  jobs: JobQueue,
  { concurrency, log }: { concurrency: number; log: Logger },
): Here<Name> {
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()

  return {
    begin(payload) {
      const begun = running.size < concurrency ? work(payload, stopping.signal) : jobs.add(name, payload)
      const ended = begun
        .catch((err) => log.warn({ err, job: name, payload }, 'work-failed'))
        .finally(() => running.delete(ended))
      running.add(ended)
    },
    async settle(graceMs) {
      const timer = setTimeout(() => stopping.abort(), graceMs)
      while (running.size > 0) await Promise.all(running)
      clearTimeout(timer)
    },
  }
}
