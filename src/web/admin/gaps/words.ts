import type { GapAsker } from '../../../coaching/gap.ts'
import { ERRORS, type ErrorCode } from '../../../errors.ts'
import { nameChannel } from '../channels/words.ts'

/** How far an answer is on its way, as the page says it. */
const NOTICES: Record<GapAsker['notice'], { words: string; tone: '' | 'ok' | 'warn' | 'bad' }> = {
  none: { words: 'Not told', tone: '' },
  waiting: { words: 'On its way', tone: '' },
  sent: { words: 'Sent', tone: 'ok' },
  delivered: { words: 'Delivered', tone: 'ok' },
  read: { words: 'Read', tone: 'ok' },
  doubtful: { words: 'Perhaps sent', tone: 'warn' },
  failed: { words: 'Not delivered', tone: 'bad' },
}

/** A row of who asked, in words. Who was not told is so for a reason only where there is an answer. */
export function presentAsker(
  asker: GapAsker,
  { isAnswered, isDue }: { isAnswered: boolean; isDue: boolean },
) {
  const { tone, words: told } = NOTICES[asker.notice]
  const untold = isDue ? 'To be told' : isAnswered ? 'Not told' : undefined
  const words = asker.notice === 'none' ? untold : told
  return {
    ...asker,
    name: asker.name ?? 'Someone',
    channel: nameChannel(asker.channel),
    notice: words,
    tone,
    reason: asker.errorCode === undefined ? undefined : explain(asker.errorCode),
  }
}

function explain(code: string): string {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode].message : code
}
