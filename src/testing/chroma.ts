import { inject } from 'vitest'

/**
 * The address of the run's Chroma server. All tests share it, so each makes
 * collections under names of its own.
 */
export function testChromaUrl(): string {
  return inject('chromaUrl')
}
