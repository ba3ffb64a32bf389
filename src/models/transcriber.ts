/** A recording on the local disk. */
export interface Recording {
  path: string
  /** As its content shows it: `audio/ogg`, `audio/mpeg`, `video/mp4`. */
  mediaType: string
  sizeBytes: number
  /** How long it is, where that is known. */
  seconds: number | undefined
}

/** A stretch of speech and where it is spoken. */
export interface Segment {
  startMs: number
  endMs: number
  text: string
}

/** What was said in a recording. */
export interface Transcript {
  text: string
  /** Empty where the model tells no times. */
  segments: Segment[]
  /** As the model counted them. */
  seconds: number | undefined
}

/**
 * A model that writes down what is said.
 *
 * `transcribe` throws an AppError: `model.unreachable`, `model.rate_limited`, `model.overloaded`,
 * `model.timed_out`, `model.rejected` (bad key, or a recording it cannot take), `model.garbled`,
 * `model.aborted`.
 */
export interface TranscribeModel {
  /** `provider:model`, as in MODEL_TRANSCRIBE. */
  readonly name: string
  transcribe(recording: Recording, options: { signal: AbortSignal }): Promise<Transcript>
}

/** A transcript, who wrote it and what it cost. */
export interface Transcription extends Transcript {
  /** `provider:model`. */
  model: string
  /** 0 for a model without a known price. */
  costUsd: number
}

/** Models tried in order until one has written the recording down. */
export interface Transcriber {
  readonly names: readonly string[]
  /**
   * @param timeoutMs Longest time each model may take.
   * @throws {AppError} the last model's failure, `model.aborted` when `signal` ended it.
   */
  transcribe(
    recording: Recording,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<Transcription>
}
