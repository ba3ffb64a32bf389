import { z } from 'zod'
import { recordAudit } from '../../accounts/audit.ts'
import { deleteDocument, removeRemains } from '../../knowledge/documents/delete.ts'
import { DOCUMENT_STATES, getDocument, listDocumentPage } from '../../knowledge/documents/list.ts'
import { listPassages } from '../../knowledge/documents/passages.ts'
import { setDocumentTags, Tags } from '../../knowledge/documents/tags.ts'
import { getChange } from '../../knowledge/documents/version-change.ts'
import { listVersions, retryDocument } from '../../knowledge/documents/versions.ts'
import { compareSides } from '../../knowledge/retrieval/compare-sides.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { getBaseKey } from './base-key.ts'
import {
  ChangeAnswer,
  DocumentAnswer,
  PassageAnswer,
  presentDocument,
  presentSide,
  presentVersion,
  SideAnswer,
  VersionAnswer,
} from './knowledge-schemas.ts'
import { defineLongOperation, defineOperation, type Operation, PageQuery, pageOf } from './operation.ts'

const BotPath = z.object({ botId: z.uuid() })
const DocumentPath = BotPath.extend({ documentId: z.uuid() })

const KNOWLEDGE = 'Knowledge'
const ONE = '/bots/:botId/documents/:documentId'

type Parts = Pick<AdminParts, 'db' | 'files' | 'vectors' | 'retrieve' | 'jobs' | 'log'>

/** What a Bot answers from: its Documents, what is read of them, and what is found in them. */
export function createKnowledgeOperations(parts: Parts): Operation[] {
  return [
    LIST_DOCUMENTS,
    GET_DOCUMENT,
    LIST_VERSIONS,
    GET_CHANGE,
    LIST_PASSAGES,
    SET_TAGS,
    createRetry(parts),
    createDelete(parts),
    createSearch(parts),
  ]
}

const LIST_DOCUMENTS = defineOperation({
  ...{ id: 'listDocuments', method: 'get', path: '/bots/:botId/documents', tag: KNOWLEDGE },
  ...{ scope: 'knowledge:read', role: 'viewer', summary: 'List documents, the last changed first' },
  params: BotPath,
  query: PageQuery.extend({
    state: z
      .enum([...DOCUMENT_STATES, 'open'])
      .optional()
      .describe('`open`: queued, extracting or embedding.'),
    tag: z.string().max(40).optional(),
    name: z.string().max(100).optional().describe('Part of the name or title.'),
  }),
  answer: pageOf(DocumentAnswer),
  async handle({ actor, trx, params, query }) {
    const { items, nextCursor } = await listDocumentPage(trx, await getBaseKey(trx, actor, params), query)
    return { items: items.map(presentDocument), nextCursor }
  },
})

const GET_DOCUMENT = defineOperation({
  ...{ id: 'getDocument', method: 'get', path: ONE, tag: KNOWLEDGE },
  ...{ scope: 'knowledge:read', role: 'viewer', summary: 'Show how a document stands' },
  params: DocumentPath,
  answer: DocumentAnswer,
  async handle({ actor, trx, params }) {
    const { documentId } = params
    return presentDocument(await getDocument(trx, { ...(await getBaseKey(trx, actor, params)), documentId }))
  },
})

const LIST_VERSIONS = defineOperation({
  ...{ id: 'listDocumentVersions', method: 'get', path: `${ONE}/versions`, tag: KNOWLEDGE },
  ...{
    scope: 'knowledge:read',
    role: 'viewer',
    summary: 'List the last 50 versions of a document, the newest first',
  },
  params: DocumentPath,
  answer: z.object({ items: z.array(VersionAnswer) }),
  async handle({ actor, trx, params }) {
    const key = { ...(await getBaseKey(trx, actor, params)), documentId: params.documentId }
    await getDocument(trx, key)
    return { items: (await listVersions(trx, key)).map(presentVersion) }
  },
})

const GET_CHANGE = defineOperation({
  ...{ id: 'getVersionChange', method: 'get', path: `${ONE}/versions/:versionId/change`, tag: KNOWLEDGE },
  ...{
    scope: 'knowledge:read',
    role: 'viewer',
    summary: 'Show what a version changed in the one before it; kept of the last ten',
  },
  params: DocumentPath.extend({ versionId: z.uuid() }),
  answer: ChangeAnswer,
  async handle({ actor, trx, params }) {
    const { documentId, versionId } = params
    return getChange(trx, { ...(await getBaseKey(trx, actor, params)), documentId, versionId })
  },
})

const LIST_PASSAGES = defineOperation({
  ...{ id: 'listPassages', method: 'get', path: `${ONE}/passages`, tag: KNOWLEDGE },
  ...{ scope: 'knowledge:read', role: 'viewer', summary: 'Read the passages of a document in order' },
  params: DocumentPath,
  query: PageQuery.extend({
    cursor: z
      .string()
      .regex(/^\d{1,9}$/, 'Must be the nextCursor of the page before')
      .optional(),
  }),
  answer: pageOf(PassageAnswer),
  async handle({ actor, trx, params, query: { cursor, limit } }) {
    const key = { ...(await getBaseKey(trx, actor, params)), documentId: params.documentId }
    await getDocument(trx, key)
    const after = cursor === undefined ? undefined : Number(cursor)
    const { items, nextAfter } = await listPassages(trx, key, { after, limit })
    return {
      items: items.map(({ section: _, ...passage }) => ({
        ...passage,
        pageFrom: passage.pageFrom ?? null,
        pageTo: passage.pageTo ?? null,
        startMs: passage.startMs ?? null,
      })),
      nextCursor: nextAfter === null ? null : String(nextAfter),
    }
  },
})

const SET_TAGS = defineOperation({
  ...{ id: 'setDocumentTags', method: 'put', path: `${ONE}/tags`, tag: KNOWLEDGE },
  ...{ scope: 'knowledge:write', role: 'editor', summary: 'Replace the tags of a document' },
  params: DocumentPath,
  body: z.object({ tags: Tags }),
  answer: z.object({ tags: z.array(z.string()) }),
  async handle({ actor, trx, params, body: { tags } }) {
    const { documentId } = params
    await setDocumentTags(trx, { ...(await getBaseKey(trx, actor, params)), documentId }, tags)
    const details = { tags: tags.length }
    await recordAudit(trx, actor, {
      action: 'document.tag',
      objectType: 'document',
      objectId: documentId,
      details,
    })
    return { tags }
  },
})

function createRetry({ jobs }: Parts): Operation {
  return defineOperation({
    ...{ id: 'retryDocument', method: 'post', path: `${ONE}/retry`, tag: KNOWLEDGE },
    ...{ scope: 'knowledge:write', role: 'editor', summary: 'Read a document again that could not be read' },
    params: DocumentPath,
    answer: z.object({ versionId: z.uuid() }),
    status: 202,
    async handle({ actor, trx, params, afterCommit }) {
      const { documentId } = params
      const versionId = await retryDocument(trx, { ...(await getBaseKey(trx, actor, params)), documentId })
      const details = { versionId }
      await recordAudit(trx, actor, {
        action: 'document.retry',
        objectType: 'document',
        objectId: documentId,
        details,
      })
      afterCommit(() => jobs.add('ingest-version', { versionId }))
      return { versionId }
    },
  })
}

function createDelete(parts: Parts): Operation {
  return defineOperation({
    ...{ id: 'deleteDocument', method: 'delete', path: ONE, tag: KNOWLEDGE },
    ...{ scope: 'knowledge:write', role: 'editor', summary: 'Delete a document and all that was read of it' },
    params: DocumentPath,
    answer: z.object({ id: z.uuid() }),
    async handle({ actor, trx, params, afterCommit }) {
      const { documentId } = params
      const key = await getBaseKey(trx, actor, params)
      const removed = await deleteDocument(trx, actor, { ...key, documentId })
      afterCommit(() => removeRemains(parts, key, removed))
      return { id: documentId }
    },
  })
}

function createSearch({ retrieve }: Parts): Operation {
  return defineLongOperation({
    ...{ id: 'searchPassages', method: 'get', path: '/bots/:botId/search', tag: KNOWLEDGE },
    ...{ scope: 'knowledge:read', role: 'viewer' },
    summary: 'Find passages as the bot does: by words, by meaning, and both together',
    params: BotPath,
    query: z.object({
      question: z.string().trim().min(1).max(500),
      limit: z.coerce.number().int().min(1).max(50).default(10),
    }),
    answer: z.object({
      keyword: SideAnswer,
      vector: SideAnswer,
      fused: SideAnswer.describe('What the bot is given.'),
    }),
    async handle({ actor, params, query, within }) {
      const key = await within((trx) => getBaseKey(trx, actor, params))
      const { keyword, vector, fused } = await compareSides(retrieve, { ...key, ...query })
      return { keyword: presentSide(keyword), vector: presentSide(vector), fused: presentSide(fused) }
    },
  })
}
