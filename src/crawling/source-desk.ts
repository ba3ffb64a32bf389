import { z } from 'zod'
import type { Actor } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import type { Db } from '../db/database.ts'
import type { Removed } from '../knowledge/documents/document.ts'
import type { BaseKey } from '../knowledge/knowledge-base.ts'
import { createAddressGuard } from './address-guard.ts'
import { removeSource } from './remove-source.ts'
import { MAX_ADDRESS_CHARS, readTypedAddress } from './web-address.ts'
import {
  addSource,
  CRAWL_INTERVALS,
  queueSource,
  type SourceKey,
  type SourceLimits,
  setCrawlInterval,
  stopSource,
} from './web-source.ts'

/** How often a source is crawled by itself; null: never. */
export const EveryHours = z.literal(CRAWL_INTERVALS).nullable()

/** A source as someone asks for it. */
export const SourceDraft = z.object({
  url: z.string().trim().min(1).max(MAX_ADDRESS_CHARS),
  kind: z.enum(['page', 'sitemap']),
  everyHours: EveryHours.default(null),
  maxPages: z.int().min(1).max(1_000_000).optional(),
})
export type SourceDraft = z.output<typeof SourceDraft>

export interface SourceDeskSettings extends SourceLimits {
  allowPrivate: readonly string[]
}

/** What people do with web sources, written down; each step works in the caller's transaction. */
export function createSourceDesk(settings: SourceDeskSettings) {
  const guard = createAddressGuard(settings)

  function write(
    trx: Db,
    actor: Actor,
    verb: string,
    sourceId: string,
    details: Record<string, unknown> = {},
  ): Promise<void> {
    const action = `web_source.${verb}`
    return recordAudit(trx, actor, { action, objectType: 'web_source', objectId: sourceId, details })
  }

  return {
    /**
     * Adds a source, to be crawled at once.
     *
     * @returns its id, for the nudge.
     * @throws {AppError} `web_address.invalid`, `web_address.refused`, `web_source.known`, `web_source.too_many`
     */
    async add(trx: Db, actor: Actor, key: BaseKey, draft: SourceDraft): Promise<string> {
      const url = readTypedAddress(draft.url)
      // What a name leads to is looked at when it is connected to.
      guard.check(url)
      const { kind, everyHours, maxPages } = draft
      const source = { ...key, url, kind, everyHours: everyHours ?? undefined, maxPages }
      const sourceId = await addSource(trx, source, settings)
      await write(trx, actor, 'add', sourceId, { kind, host: url.hostname, everyHours })
      return sourceId
    },

    /** @throws {AppError} `web_source.not_found` */
    async crawl(trx: Db, actor: Actor, key: SourceKey): Promise<void> {
      await queueSource(trx, key)
      await write(trx, actor, 'refresh', key.sourceId)
    },

    /** @throws {AppError} `web_source.not_found`, `web_source.not_crawling` */
    async stop(trx: Db, actor: Actor, key: SourceKey): Promise<void> {
      await stopSource(trx, key)
      await write(trx, actor, 'stop', key.sourceId)
    },

    /** @throws {AppError} `web_source.not_found` */
    async schedule(
      trx: Db,
      actor: Actor,
      key: SourceKey,
      everyHours: z.output<typeof EveryHours>,
    ): Promise<void> {
      await setCrawlInterval(trx, key, everyHours ?? undefined)
      await write(trx, actor, 'save', key.sourceId, { everyHours })
    },

    /**
     * Removes a source. What its Documents leave outside the database is the caller's to remove after the commit.
     *
     * @throws {AppError} `web_source.not_found`
     */
    async remove(
      trx: Db,
      actor: Actor,
      key: SourceKey,
      { keepsDocuments }: { keepsDocuments: boolean },
    ): Promise<Removed> {
      const { documents, ...removed } = await removeSource(trx, key, { keepsDocuments })
      await write(trx, actor, 'remove', key.sourceId, { documents, keepsDocuments })
      return removed
    },
  }
}
