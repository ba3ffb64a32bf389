import type { Logger } from '../logger.ts'
import type { JobHandlers, JobQueue } from './job.ts'

export interface SendSoon {
  /** Begins to send what the Chat has queued, without waiting for it. */
  sendSoon(chatId: string): void
  /** Resolves when every send begun here has come to an end. */
  settle(): Promise<void>
}

/**
 * Sends a Turn's Parts in the process that committed them: the way over the queue would cost a fifth of
 * the whole Turn and prove nothing, since the Parts are in PostgreSQL and the sweep finds them there.
 * Beyond `concurrency` Chats at a time the queue takes over.
 */
export function createSendSoon(
  sendParts: JobHandlers['send-parts'],
  jobs: JobQueue,
  { concurrency, log }: { concurrency: number; log: Logger },
): SendSoon {
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()

  return {
    sendSoon(chatId) {
      const begin = running.size < concurrency
      const sending = (begin ? sendParts({ chatId }, stopping.signal) : jobs.add('send-parts', { chatId }))
        .catch((err) => log.warn({ err, chatId }, 'send-soon-failed'))
        .finally(() => running.delete(sending))
      running.add(sending)
    },
    settle: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
