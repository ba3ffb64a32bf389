import { type ExpressionBuilder, expressionBuilder, type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/database.ts'
import type { Database, VersionState } from '../../db/schema.ts'
import { AppError, ERRORS, type ErrorCode } from '../../errors.ts'
import type { BaseKey } from '../knowledge-base.ts'

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
  /** -1: less trusted than the rest, 1: more. */
  sourceWeight: number
  /** The day its text gives itself, as YYYY-MM-DD. */
  datedOn: string | undefined
  /** Of the web page it was fetched from. */
  url: string | undefined
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
  const rows = await withVersions(db, (is) => {
    let chosen = chooseDocuments(is, key, filter)
    if (after) {
      const place = sql`(${after.changedAt}::timestamptz, ${after.id}::uuid)`
      chosen = chosen.where(sql<boolean>`(changed_at, id) < ${place}`)
    }
    return chosen
      .orderBy('changed_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
  })
    .orderBy('document.changed_at', 'desc')
    .orderBy('document.id', 'desc')
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
  const row = await withVersions(db, (is) =>
    chooseDocuments(is, key, {}).where('id', '=', documentId),
  ).executeTakeFirst()
  if (!row) throw new AppError('document.not_found', { documentId })
  return toSummary(row)
}

/** How many Documents of a base there are, are being taken in, and could not be. */
export async function countDocuments(
  db: Db,
  key: BaseKey,
): Promise<{ all: number; open: number; failed: number }> {
  const count = (filter: DocumentFilter) => {
    const chosen = chooseDocuments(expressionBuilder<Database, never>(), key, filter)
    return chosen.clearSelect().select(sql<number>`count(*)::int`.as('count'))
  }
  const counts = await db
    .selectNoFrom([
      count({}).as('all'),
      count({ state: 'open' }).as('open'),
      count({ state: 'failed' }).as('failed'),
    ])
    .executeTakeFirstOrThrow()
  return { all: counts.all ?? 0, open: counts.open ?? 0, failed: counts.failed ?? 0 }
}

/** States as SQL itself: only so does the planner see that the index of what is not ready holds them all. */
const STATES_OF: Record<DocumentState | 'open', RawBuilder<unknown>> = {
  queued: sql`('queued')`,
  extracting: sql`('extracting')`,
  embedding: sql`('embedding')`,
  ready: sql`('ready')`,
  failed: sql`('failed')`,
  open: sql`('queued', 'extracting', 'embedding')`,
}

/** The rows of `document` that fit. A version of the state is looked for first: it is seldom there. */
function chooseDocuments(
  is: ExpressionBuilder<Database, never>,
  { creatorId, knowledgeBaseId }: BaseKey,
  { state, tag, name }: DocumentFilter,
) {
  let query = is
    .selectFrom('document')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .where('knowledge_base_id', '=', knowledgeBaseId)
  if (state) {
    const states = STATES_OF[state]
    query = query.where(sql<boolean>`document.id IN (
        SELECT document_id FROM document_version
        WHERE knowledge_base_id = ${knowledgeBaseId} AND creator_id = ${creatorId} AND state IN ${states})
      AND (
        SELECT state FROM document_version WHERE document_id = document.id
        ORDER BY created_at DESC, id DESC LIMIT 1) IN ${states}`)
  }
  if (tag) query = query.where(sql<boolean>`${tag} = ANY (tags)`)
  if (name) query = query.where(sql<boolean>`strpos(lower(name || ' ' || title), lower(${name})) > 0`)
  return query
}

/** Chosen Documents with their newest version and the one in use. The choice is made before anything is joined. */
function withVersions(
  db: Db,
  choose: (is: ExpressionBuilder<Database, never>) => ReturnType<typeof chooseDocuments>,
) {
  return db
    .selectFrom(choose(expressionBuilder<Database, never>()).as('document'))
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
      'document.source_weight',
      sql<string | null>`to_char(active.dated_on, 'YYYY-MM-DD')`.as('dated_on'),
      'document.url',
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
}

type Row = Awaited<ReturnType<ReturnType<typeof withVersions>['executeTakeFirstOrThrow']>>

function toSummary(row: Row): DocumentSummary {
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    tags: row.tags,
    sourceWeight: row.source_weight,
    datedOn: row.dated_on ?? undefined,
    url: row.url ?? undefined,
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
