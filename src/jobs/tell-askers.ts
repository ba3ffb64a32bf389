import { type TellAskersParts, tellAskers } from '../coaching/gap-notice.ts'
import type { JobHandlers, JobQueue } from './job.ts'

/** Tells who asked a question that was answered since. Run twice it tells no one twice. */
export function createTellAskers(parts: TellAskersParts & { jobs: JobQueue }): JobHandlers['tell-askers'] {
  return async ({ groupId }, signal) => {
    for (let hasMore = true; hasMore && !signal.aborted; ) {
      const told = await tellAskers(parts, groupId)
      await parts.jobs.addMany(
        'send-parts',
        told.chatIds.map((chatId) => ({ chatId })),
      )
      hasMore = told.hasMore
    }
  }
}
