import type { EmbeddingModel } from './model.ts'

/** Long enough for all who need the vector of one answer's question, and for a question asked by many at once. */
const HELD_MS = 10_000
const HELD_VECTORS = 500

/**
 * The same model, asked once for a question that several parts of one answer need the vector of. What it returns is
 * shared and must not be changed. Failures are not held.
 */
export function shareQuestionVectors<Model extends EmbeddingModel>(model: Model): Model {
  const held = new Map<string, { vector: Promise<number[]>; until: number }>()
  const embedQuestion = (text: string): Promise<number[]> => {
    const known = held.get(text)
    if (known && known.until > performance.now()) return known.vector
    if (held.size >= HELD_VECTORS) held.clear()
    const vector = model.embedQuestion(text)
    held.set(text, { vector, until: performance.now() + HELD_MS })
    vector.catch(() => held.delete(text))
    return vector
  }
  return { ...model, embedQuestion }
}
