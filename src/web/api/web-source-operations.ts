import { z } from 'zod'
import { createSourceDesk, EveryHours, SourceDraft } from '../../crawling/source-desk.ts'
import { listPages } from '../../crawling/web-page.ts'
import { getSource, listSources, type SourceKey, type WebSource } from '../../crawling/web-source.ts'
import type { Db } from '../../db/database.ts'
import { removeRemains } from '../../knowledge/documents/delete.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { getBaseKey } from './base-key.ts'
import { defineOperation, Instant, type Operation, PageQuery, pageOf } from './operation.ts'

const Reason = z.object({ code: z.string(), message: z.string() }).nullable()

const SourceAnswer = z.object({
  id: z.uuid(),
  url: z.string(),
  kind: z.enum(['page', 'sitemap']),
  everyHours: z.int().nullable().describe('null: crawled by hand alone.'),
  maxPages: z.int(),
  state: z.enum(['queued', 'crawling', 'done', 'failed']),
  reason: Reason.describe('Why the last crawl failed, and what to do. Documents of earlier crawls stay.'),
  progress: z.object({ done: z.int(), total: z.int() }).describe('Pages of the crawl under way.'),
  outcome: z
    .object({ added: z.int(), changed: z.int(), removed: z.int(), failed: z.int() })
    .describe('What the last crawl did.'),
  documents: z.int().describe('Documents that come from it now.'),
  crawledAt: Instant.nullable(),
  nextAt: Instant.nullable(),
})

const PageAnswer = z.object({
  url: z.string(),
  documentId: z.uuid().nullable(),
  reason: Reason.describe('Why the last crawl did not take it.'),
  checkedAt: Instant.nullable(),
  changedAt: Instant.nullable(),
})

const BotPath = z.object({ botId: z.uuid() })
const SourcePath = BotPath.extend({ sourceId: z.uuid() })
const Done = z.object({ id: z.uuid() })

const ALL = '/bots/:botId/web-sources'
const ONE = `${ALL}/:sourceId`
const READ = { tag: 'Knowledge', scope: 'knowledge:read', role: 'viewer' } as const
const WRITE = { tag: 'Knowledge', scope: 'knowledge:write', role: 'editor' } as const

type Parts = Pick<AdminParts, 'db' | 'files' | 'vectors' | 'jobs' | 'settings' | 'log'>

/** Web pages and sitemaps that Documents come from. */
export function createWebSourceOperations(parts: Parts): Operation[] {
  const { jobs } = parts
  const desk = createSourceDesk(parts.settings.crawl)
  const nudge = (sourceId: string) => jobs.add('crawl-source', { sourceId })
  return [
    LIST_SOURCES,
    GET_SOURCE,
    LIST_PAGES,
    defineOperation({
      ...{ ...WRITE, id: 'addWebSource', method: 'post', path: ALL },
      summary: 'Take a web page, or the pages of a sitemap, as material, and keep it up to date',
      params: BotPath,
      body: SourceDraft,
      answer: SourceAnswer,
      status: 202,
      async handle({ actor, trx, params, body, afterCommit }) {
        const key = await getBaseKey(trx, actor, params)
        const sourceId = await desk.add(trx, actor, key, body)
        afterCommit(() => nudge(sourceId))
        return present(await getSource(trx, { ...key, sourceId }))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'updateWebSource', method: 'patch', path: ONE },
      summary: 'Change how often a web source is crawled by itself',
      params: SourcePath,
      body: z.object({ everyHours: EveryHours }),
      answer: SourceAnswer,
      async handle({ actor, trx, params, body }) {
        const key = await sourceKeyOf(trx, actor, params)
        await desk.schedule(trx, actor, key, body.everyHours)
        return present(await getSource(trx, key))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'crawlWebSource', method: 'post', path: `${ONE}/crawl` },
      summary: 'Crawl a web source now',
      params: SourcePath,
      answer: SourceAnswer,
      status: 202,
      async handle({ actor, trx, params, afterCommit }) {
        const key = await sourceKeyOf(trx, actor, params)
        await desk.crawl(trx, actor, key)
        afterCommit(() => nudge(key.sourceId))
        return present(await getSource(trx, key))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'stopWebSource', method: 'post', path: `${ONE}/stop` },
      summary: 'Stop the crawl of a web source; what was taken in stays',
      params: SourcePath,
      answer: SourceAnswer,
      async handle({ actor, trx, params }) {
        const key = await sourceKeyOf(trx, actor, params)
        await desk.stop(trx, actor, key)
        return present(await getSource(trx, key))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'removeWebSource', method: 'delete', path: ONE },
      summary: 'Remove a web source, and its documents unless they are to be kept',
      params: SourcePath,
      query: z.object({ keepDocuments: z.enum(['true', 'false']).default('false') }),
      answer: Done,
      async handle({ actor, trx, params, query, afterCommit }) {
        const key = await sourceKeyOf(trx, actor, params)
        const keepsDocuments = query.keepDocuments === 'true'
        const removed = await desk.remove(trx, actor, key, { keepsDocuments })
        afterCommit(() => removeRemains(parts, key, removed))
        return { id: key.sourceId }
      },
    }),
  ]
}

const LIST_SOURCES = defineOperation({
  ...{ ...READ, id: 'listWebSources', method: 'get', path: ALL },
  summary: 'List web pages and sitemaps that documents come from, the last added first',
  params: BotPath,
  answer: z.object({ items: z.array(SourceAnswer) }),
  async handle({ actor, trx, params }) {
    return { items: (await listSources(trx, await getBaseKey(trx, actor, params))).map(present) }
  },
})

const GET_SOURCE = defineOperation({
  ...{ ...READ, id: 'getWebSource', method: 'get', path: ONE },
  summary: 'Show how the crawl of a web source stands',
  params: SourcePath,
  answer: SourceAnswer,
  async handle({ actor, trx, params }) {
    return present(await getSource(trx, await sourceKeyOf(trx, actor, params)))
  },
})

const LIST_PAGES = defineOperation({
  ...{ ...READ, id: 'listWebPages', method: 'get', path: `${ONE}/pages` },
  summary: 'List the pages of a web source, those that could not be taken first',
  params: SourcePath,
  query: PageQuery.extend({
    cursor: z
      .string()
      .regex(/^\d{1,6}$/, 'Must be the nextCursor of the page before')
      .optional(),
  }),
  answer: pageOf(PageAnswer),
  async handle({ actor, trx, params, query: { cursor, limit } }) {
    const key = await sourceKeyOf(trx, actor, params)
    await getSource(trx, key)
    const { items, nextOffset } = await listPages(trx, key, { limit, offset: Number(cursor ?? 0) })
    return {
      items: items.map((page) => ({
        ...page,
        documentId: page.documentId ?? null,
        reason: page.reason ?? null,
        checkedAt: page.checkedAt ?? null,
        changedAt: page.changedAt ?? null,
      })),
      nextCursor: nextOffset === null ? null : String(nextOffset),
    }
  },
})

async function sourceKeyOf(
  trx: Db,
  actor: { creatorId: string },
  { botId, sourceId }: { botId: string; sourceId: string },
): Promise<SourceKey> {
  return { ...(await getBaseKey(trx, actor, { botId })), sourceId }
}

function present(source: WebSource) {
  return {
    ...source,
    everyHours: source.everyHours ?? null,
    reason: source.reason ?? null,
    crawledAt: source.crawledAt ?? null,
    nextAt: source.nextAt ?? null,
  }
}
