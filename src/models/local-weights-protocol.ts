import { z } from 'zod'

/** What a worker thread is started for. */
export const LocalTask = z.strictObject({
  kind: z.enum(['embed', 'rerank']),
  /** `<org>/<name>`. */
  name: z.string(),
  /** Where the weights lie; absent: they are fetched from the hub. */
  modelsDir: z.string().optional(),
  /** Where fetched weights are kept. */
  cacheDir: z.string().optional(),
  threads: z.int().min(1),
})
export type LocalTask = z.output<typeof LocalTask>

/** A batch: texts to embed, or the first halves of pairs to score. */
export const WorkerQuestion = z.strictObject({
  id: z.int(),
  texts: z.array(z.string()),
  pairs: z.array(z.string()).optional(),
  /** Not embedded: one number a text, the share of its words that the vocabulary has. */
  isMeasure: z.boolean().optional(),
})
export type WorkerQuestion = z.output<typeof WorkerQuestion>

/** `rows` holds `width` numbers for each text, one after the other. */
export type WorkerAnswer =
  | { kind: 'progress' }
  | { kind: 'ready' }
  | { kind: 'failed'; reason: string }
  | { kind: 'rows'; id: number; rows: Float32Array<ArrayBuffer>; width: number }
  | { kind: 'error'; id: number; reason: string }
