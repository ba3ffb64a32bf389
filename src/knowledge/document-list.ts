import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../db/database.ts'
import type { VersionState } from '../db/schema.ts'
import { AppError, ERRORS, type ErrorCode } from '../errors.ts'
import type { BaseKey } from './knowledge-base.ts'

/** How far a Document's newest version is; `replaced` is only ever said of older ones. */
export const DOCUMENT_STATES = ['queued', 'extracting', 'embedding', 'ready', 'failed'] as const
export type DocumentState = Exclude<VersionState, 'replaced'>

/** Why a version could not be taken in, in the catalogue's words, which say what to do. */
export interface Reason {
  code: ErrorCode
  message: string
}

export interface DocumentSummary {
  id: string
  name: string
  title: string
  tags: string[]
  /** Of the newest version. */
  state: VersionState
  reason: Reason | undefined
  /** True when the bot answers from it now: from the newest version, or from the one before it. */
  isAnswering: boolean
  /** Pages while it is read, passages while it is prepared. `total` is 0 while it is not known. */
  progress: { done: number; total: number }
  versionId: string
  pages: number | undefined
  passages: number
  /** ISO 639-1, `und` where it cannot be told, undefined before it is read. */
  language: string | undefined
  mediaType: string | undefined
  sizeBytes: number
  createdAt: Date
  /** When the newest version was uploaded. */
  changedAt: Date
  readyAt: Date | undefined
}

export interface DocumentFilter {
  state?: DocumentState | 'open' | undefined
  tag?: string | undefined
  /** Part of the name or title. */
  name?: string | undefined
}

export interface DocumentPage {
  items: DocumentSummary[]
  nextCursor: string | null
}

/** A place in the list: the moment with all its digits, and the id among equals. */
const Cursor = z.tuple([z.string().regex(/^[\d:. +-]{10,40}$/), z.uuid()])

/** One page of a base's Documents, the last changed first. A cursor that was not ours starts anew. */
export async function listDocumentPage(
  db: Db,
  key: BaseKey,
  { limit, cursor, ...filter }: DocumentFilter & { limit: number; cursor?: string | undefined },
): Promise<DocumentPage> {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  let query = documentsOf(db, key, filter)
  if (after) {
    query = query.where(
      sql<boolean>`(document.changed_at, document.id) < (${after.changedAt}::timestamptz, ${after.id}::uuid)`,
    )
  }
  const rows = await query
    .orderBy('document.changed_at', 'desc')
    .orderBy('document.id', 'desc')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(toSummary),
    nextCursor: rows.length > limit && last ? writeCursor(last) : null,
  }
}

/** @throws {AppError} `document.not_found`, another Creator's or base's included. */
export async function getDocument(
  db: Db,
  { documentId, ...key }: BaseKey & { documentId: string },
): Promise<DocumentSummary> {
  const row = await documentsOf(db, key, {}).where('document.id', '=', documentId).executeTakeFirst()
  if (!row) throw new AppError('document.not_found', { documentId })
  return toSummary(row)
}

/** How many Documents of a base there are, are being taken in, and could not be. */
export async function countDocuments(
  db: Db,
  key: BaseKey,
): Promise<{ all: number; open: number; failed: number }> {
  const counted = (isMeant: RawBuilder<boolean>) => sql<number>`count(*) FILTER (WHERE ${isMeant})::int`
  const { all, open, failed } = await documentsOf(db, key, {})
    .clearSelect()
    .select([
      sql<number>`count(*)::int`.as('all'),
      counted(sql<boolean>`newest.state IN ('queued', 'extracting', 'embedding')`).as('open'),
      counted(sql<boolean>`newest.state = 'failed'`).as('failed'),
    ])
    .executeTakeFirstOrThrow()
  return { all, open, failed }
}

function documentsOf(db: Db, { creatorId, knowledgeBaseId }: BaseKey, filter: DocumentFilter) {
  let query = db
    .selectFrom('document')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('document_version')
          .selectAll()
          .whereRef('document_version.document_id', '=', 'document.id')
          .orderBy('document_version.created_at', 'desc')
          .orderBy('document_version.id', 'desc')
          .limit(1)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .leftJoin('document_version as active', 'active.id', 'document.active_version_id')
    .select([
      'document.id',
      'document.name',
      'document.title',
      'document.tags',
      'document.active_version_id',
      'document.created_at',
      'document.changed_at',
      sql<string>`document.changed_at::text`.as('exactly_changed_at'),
      'newest.id as version_id',
      'newest.state',
      'newest.error_code',
      'newest.progress_done',
      'newest.progress_total',
      'newest.media_type',
      'newest.size_bytes',
      'newest.ready_at',
      'active.page_count',
      'active.passage_count',
      'active.language',
    ])
    .where('document.creator_id', '=', creatorId)
    .where('document.knowledge_base_id', '=', knowledgeBaseId)
  const { state, tag, name } = filter
  if (state === 'open') query = query.where('newest.state', 'in', ['queued', 'extracting', 'embedding'])
  else if (state) query = query.where('newest.state', '=', state)
  if (tag) query = query.where(sql<boolean>`${tag} = ANY (document.tags)`)
  if (name) {
    query = query.where(
      sql<boolean>`strpos(lower(document.name || ' ' || document.title), lower(${name})) > 0`,
    )
  }
  return query
}

type Row = Awaited<ReturnType<ReturnType<typeof documentsOf>['executeTakeFirstOrThrow']>>

function toSummary(row: Row): DocumentSummary {
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    tags: row.tags,
    state: row.state,
    reason: row.state === 'failed' ? readReason(row.error_code) : undefined,
    isAnswering: row.active_version_id !== null,
    progress: { done: row.progress_done, total: row.progress_total },
    versionId: row.version_id,
    pages: row.page_count ?? undefined,
    passages: row.passage_count ?? 0,
    language: row.language ?? undefined,
    mediaType: row.media_type ?? undefined,
    sizeBytes: Number(row.size_bytes),
    createdAt: row.created_at,
    changedAt: row.changed_at,
    readyAt: row.ready_at ?? undefined,
  }
}

/** The reason a version failed for; codes of older programs are said in general words. */
export function readReason(code: string | null): Reason {
  const known = code !== null && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal.unexpected'
  return { code: known, message: ERRORS[known].message }
}

function writeCursor({ exactly_changed_at, id }: Row): string {
  return Buffer.from(JSON.stringify([exactly_changed_at, id])).toString('base64url')
}

function readCursor(cursor: string): { changedAt: string; id: string } | undefined {
  try {
    const [changedAt, id] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return Number.isNaN(Date.parse(changedAt)) ? undefined : { changedAt, id }
  } catch {
    return undefined
  }
}
