import type { Sense } from '../attachments/attachment.ts'
import { phrase } from '../bots/phrases.ts'
import type { AppError } from '../errors.ts'

const MEGABYTE = 1024 * 1024

/** What a person reads of a file that was not taken in, with what they can do about it. */
export function explainUntaken(error: AppError | undefined, sense: Sense, language: string): string {
  const { limitBytes, limitSeconds } = error?.details ?? {}
  switch (error?.code) {
    case 'attachment.too_large':
    case 'document.too_large':
      return typeof limitBytes === 'number'
        ? phrase(language, 'file_too_large', {
            megabytes: String(Math.max(1, Math.floor(limitBytes / MEGABYTE))),
          })
        : phrase(language, 'file_not_fetched')
    case 'attachment.too_long':
      return phrase(language, 'voice_too_long', {
        minutes: String(Math.max(1, Math.floor(Number(limitSeconds) / 60))),
      })
    case 'attachment.timed_out':
    case 'attachment.unavailable':
      return phrase(language, 'file_not_fetched')
  }
  if (sense === 'hear') return phrase(language, 'voice_failed')
  return phrase(language, sense === 'see' ? 'photo_failed' : 'document_not_read')
}
