import { type GroupGapsParts, groupNewGaps } from '../coaching/gap-group.ts'
import type { JobHandlers } from './job.ts'

/** Puts a Bot's new Gaps into groups. Run twice, or at two places at once, it does nothing twice. */
export function createGroupGaps(parts: GroupGapsParts): JobHandlers['group-gaps'] {
  return async ({ botId }, signal) => {
    while (!signal.aborted && (await groupNewGaps(parts, botId))) {
      // As long as whole batches wait; the sweep announces what comes later.
    }
  }
}
