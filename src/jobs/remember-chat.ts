import { openDeadline } from '../deadline.ts'
import type { JobHandlers } from './job.ts'

/** Thinking about one Chat takes a model or two this long; what is not done by then is due again. */
const TIMEOUT_MS = 120_000

/** Remembers what is due in a Chat. Run twice, or at two places at once, it thinks about it once. */
export function createRememberChat(
  remember: (chatId: string, signal: AbortSignal) => Promise<void>,
): JobHandlers['remember-chat'] {
  return async ({ chatId }, signal) => {
    using deadline = openDeadline(TIMEOUT_MS, signal)
    await remember(chatId, deadline.signal)
  }
}
