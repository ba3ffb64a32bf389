import type { GiveWay } from '../../give-way.ts'
import { createLane } from '../../lane.ts'

/** How taking material in leaves the processors to whoever chats meanwhile. */
export interface Pacing extends Pick<GiveWay, 'untilFree'> {
  /** Runs a stretch of heavy work, a second or so of it, when it is its turn. */
  pass<T>(work: () => Promise<T>): Promise<T>
}

/** For commands and tests, beside which nobody chats. */
export const UNPACED: Pacing = { untilFree: async () => {}, pass: (work) => work() }

/** Work that waited for so long begins beside the others: a scan of a thousand pages stops nobody's letter. */
const PATIENCE_MS = 2_000

/** @param width Stretches of heavy work at a time. */
export function createPacing({ untilFree }: Pick<GiveWay, 'untilFree'>, width: number): Pacing {
  return { untilFree, pass: createLane(width, { patienceMs: PATIENCE_MS }).pass }
}
