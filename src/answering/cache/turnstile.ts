import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkerPresence } from '../../messaging/worker-presence.ts'

/** Leave to do what at most one worker does at a time. */
export interface Pass {
  /** Others come through here: one may have done it since this worker last looked. */
  isShared: boolean
  leave(): void
}

/** One worker at a time for each name; the others wait. */
export interface Turnstile {
  /** Resolves once nobody else is in there, or after {@link LONGEST_WAIT_MS}, or when the signal ends the wait. */
  pass(name: string, signal: AbortSignal): Promise<Pass>
}

/** Between two looks whether it is free. */
const LOOK_EVERY_MS = 100

/** No one waits longer for another's answer than a model may take to write one. */
const LONGEST_WAIT_MS = 60_000

const OPEN: Pass = { isShared: false, leave: () => {} }

/** A worker that dies inside is outside at once. Where the database cannot be asked, everyone may pass. */
export function createTurnstile(presence: WorkerPresence): Turnstile {
  return {
    async pass(name, signal) {
      if (!(await presence.hasPeers())) return OPEN
      const until = performance.now() + LONGEST_WAIT_MS
      while (!(await presence.claim(name))) {
        if (signal.aborted || performance.now() > until) return { ...OPEN, isShared: true }
        await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
      }
      return { isShared: true, leave: () => void presence.release(name) }
    },
  }
}
