import { AppError } from '../../errors.ts'
import type { Deadline } from './deadline.ts'
import type { Recognise } from './tesseract.ts'

/** Pages of one file that are read as pictures: a thick book, some minutes of one core. */
export const MAX_PICTURES = 600

interface PictureParts {
  recognise: Recognise | undefined
  /** Stands still while a picture is read. */
  deadline: Deadline
  signal: AbortSignal
  answer: (recognised: string) => void
}

/**
 * Reads the pictures of one file, as they come from its child. They come one by one and not without end: a
 * child that does otherwise is no longer ours.
 */
export function createPictureReader({ recognise, deadline, signal, answer }: PictureParts) {
  let taken = 0
  let isReading = false

  /** @throws {AppError} `document.extraction_*` */
  return async (png: Buffer): Promise<void> => {
    taken += 1
    if (!recognise || isReading || taken > MAX_PICTURES) {
      throw new AppError('document.extraction_failed', { reason: 'a picture nobody waits for' })
    }
    isReading = true
    deadline.pause()
    const text = await recognise(png, signal)
    isReading = false
    deadline.resume()
    answer(text)
  }
}
