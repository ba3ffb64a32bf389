import { AppError } from '../errors.ts'
import { claimVersion } from '../knowledge/documents/version-claim.ts'
import { type IngestParts, ingestVersion } from '../knowledge/intake/ingest.ts'
import { isWorkerGone } from '../messaging/worker-presence.ts'
import type { JobHandlers } from './job.ts'

/** The sweep announces versions without vectors every second; what just failed is not asked that often. */
const VECTOR_PAUSE_MS = 15_000

/**
 * Takes a version in, if it is still to be taken in and no living worker does. Run twice it does nothing
 * the second time; after a crash it goes on where the work stopped. While vectors cannot be made, documents
 * are taken in for keywords.
 */
export function createIngestVersion(
  parts: IngestParts & { workerId: number },
): JobHandlers['ingest-version'] {
  let pausedUntil = 0
  return async ({ versionId }, signal) => {
    const embedding = performance.now() < pausedUntil ? undefined : parts.embedding
    const terms = { workerId: parts.workerId, isWorkerGone, model: embedding?.name }
    const version = await claimVersion(parts.db, versionId, terms)
    if (!version) return
    try {
      await ingestVersion({ ...parts, embedding }, version, signal)
    } catch (error) {
      if (!(error instanceof AppError && VECTOR_CODES.has(error.code))) throw error
      // Said by whoever failed; the version answers by keywords, and the sweep announces it again.
      pausedUntil = performance.now() + VECTOR_PAUSE_MS
    }
  }
}

const VECTOR_CODES = new Set(['embedding.unavailable', 'vectors.unavailable'])
