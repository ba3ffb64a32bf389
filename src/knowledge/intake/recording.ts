import { AppError } from '../../errors.ts'
import type { Block, Extraction } from '../../extraction/block.ts'
import { type MeasuredRecording, measureRecording } from '../../extraction/recordings/length.ts'
import { joinCues } from '../../extraction/text/subtitles.ts'
import { splitText } from '../../extraction/text-cleaning.ts'
import type { Logger } from '../../logger.ts'
import type { Transcriber, Transcript } from '../../models/transcriber.ts'

export interface RecordingSettings {
  /** Longest time one model may take for one file. */
  timeoutMs: number
  maxSeconds: number
}

/** Sound and film as material: found by what is said in them, at the time it is said. */
export interface Recordings {
  /**
   * What is said in a file; undefined for a file that is no recording.
   *
   * @throws {AppError} `document.not_transcribed`, `document.too_long`, `document.no_text`; `model.*` when no model
   *   could write it down.
   */
  read(path: string, signal: AbortSignal): Promise<Extraction | undefined>
}

/** Longest paragraph of a transcript without times. */
const PARAGRAPH_CHARACTERS = 1_500

export function createRecordings({
  transcriber,
  settings,
  log,
}: {
  transcriber: Transcriber | undefined
  settings: RecordingSettings
  log: Logger
}): Recordings {
  async function transcribe(
    path: string,
    recording: MeasuredRecording,
    signal: AbortSignal,
  ): Promise<Extraction> {
    const { kind, sizeBytes, seconds } = recording
    if (!transcriber) throw new AppError('document.not_transcribed')
    if (seconds !== undefined && seconds > settings.maxSeconds) {
      throw new AppError('document.too_long', { limitSeconds: settings.maxSeconds })
    }
    const { mediaType } = kind
    const transcript = await transcriber.transcribe(
      { path, mediaType, sizeBytes, seconds },
      { timeoutMs: settings.timeoutMs, signal },
    )
    const { model, costUsd } = transcript
    log.info({ model, seconds: transcript.seconds, costUsd }, 'recording-transcribed')
    const blocks = readBlocks(transcript)
    if (blocks.length === 0) throw new AppError('document.no_text')
    return { mediaType, blocks, characters: blocks.reduce((sum, { text }) => sum + text.length, 0) }
  }

  return {
    async read(path, signal) {
      const recording = await measureRecording(path)
      return recording && transcribe(path, recording, signal)
    },
  }
}

function readBlocks({ segments, text }: Transcript): Block[] {
  if (segments.length > 0) return joinCues(segments)
  return splitText(text, PARAGRAPH_CHARACTERS)
    .filter((part) => part.trim() !== '')
    .map((part) => ({ kind: 'paragraph', text: part.trim() }))
}
