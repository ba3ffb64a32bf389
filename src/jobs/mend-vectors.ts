import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { claimVersion } from '../knowledge/documents/version-claim.ts'
import { type IngestParts, ingestVersion } from '../knowledge/intake/ingest.ts'
import { checkCollections, listVersionsToEmbed } from '../knowledge/vectors/mend.ts'
import { isWorkerGone } from '../messaging/worker-presence.ts'
import type { EmbeddingModel } from '../models/model.ts'

interface MendParts extends IngestParts {
  workerId: number
  /** The model in use; none: there is nothing to mend. */
  embedding: EmbeddingModel | undefined
  /** False while its weights cannot be had. */
  isAvailable: () => boolean
}

export interface MendSettings {
  /** Between two looks for versions without vectors. */
  intervalMs: number
  /** Between two looks at all collections of the vector server. */
  checkEveryMs: number
}

/** After a failure: the model or the vector server is not asked more often. */
const PAUSE_MS = 15_000

/** Versions listed at a time: other workers take some of them meanwhile. */
const LISTED = 16

/** One version that fails by itself holds up no other: it is tried again this much later. */
const RETRY_VERSION_MS = 10 * 60_000

/** These are no version's own: nothing can be mended for now. */
const SHARED_TROUBLES = new Set(['embedding.unavailable', 'vectors.unavailable'])

/**
 * Makes up for vectors that are missing: after a change of the embedding model, after a loss of the vector
 * server's collections, after an ingest without a model. One version at a time in each worker, beside the ingest
 * and never in its way. PostgreSQL says what is left to do, so it goes on wherever a kill ended it.
 */
export function createMendVectors(parts: MendParts, { intervalMs, checkEveryMs }: MendSettings) {
  const { db, embedding, workerId, log } = parts
  const closing = new AbortController()
  const setAside = new Map<string, number>()

  /** Gives vectors to what lacks them, until nothing is left or the signal ends it. Returns how many versions. */
  async function mendOnce(signal: AbortSignal = closing.signal): Promise<number> {
    if (!embedding || !parts.isAvailable()) return 0
    let mended = 0
    for (;;) {
      const done = await mendSome(embedding, signal)
      mended += done
      if (done === 0 || signal.aborted) return mended
    }
  }

  async function mendSome({ name: model }: EmbeddingModel, signal: AbortSignal): Promise<number> {
    let done = 0
    for (const versionId of await listVersionsToEmbed(db, { model, limit: LISTED, except: listSetAside() })) {
      if (signal.aborted) return done
      const version = await claimVersion(db, versionId, { workerId, isWorkerGone, model })
      // Another worker has it, or it went.
      if (!version) continue
      try {
        await ingestVersion(parts, version, signal)
        done += 1
      } catch (error) {
        if (signal.aborted) return done
        if (isShared(error)) throw error
        log.warn({ err: error, versionId, creatorId: version.creator_id }, 'version-not-mended')
        setAside.set(versionId, performance.now() + RETRY_VERSION_MS)
      }
    }
    return done
  }

  function listSetAside(): string[] {
    for (const [id, until] of setAside) if (until < performance.now()) setAside.delete(id)
    return [...setAside.keys()]
  }

  async function check(): Promise<void> {
    if (!embedding) return
    const { lost, incomplete, checked } = await checkCollections(parts, embedding.name, closing.signal)
    if (lost + incomplete > 0) log.warn({ lost, incomplete, checked }, 'vectors-lost')
  }

  function start(): AsyncDisposable {
    const running = (async () => {
      let nextCheck = performance.now()
      while (!closing.signal.aborted) {
        let waitMs = intervalMs
        try {
          if (performance.now() >= nextCheck) {
            await check()
            nextCheck = performance.now() + checkEveryMs
          }
          const mended = await mendOnce()
          if (mended > 0) log.info({ versions: mended, model: embedding?.name }, 'vectors-mended')
        } catch (err) {
          if (closing.signal.aborted) return
          waitMs = PAUSE_MS
          log.warn({ err }, 'vectors-not-mended')
        }
        await sleep(waitMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
      }
    })()
    return {
      async [Symbol.asyncDispose]() {
        closing.abort()
        await running
      },
    }
  }

  return { mendOnce, check, start }
}

export type MendVectors = ReturnType<typeof createMendVectors>

function isShared(error: unknown): boolean {
  return error instanceof AppError && SHARED_TROUBLES.has(error.code)
}
