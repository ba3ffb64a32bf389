import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import { breathing } from '../intake/breathe.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { sentencesOf } from '../words/sentences.ts'
import { type DiffLine, diffLines } from './line-diff.ts'
import { overlapOf } from './passages.ts'
import type { Version } from './version-claim.ts'

/** Lines kept of one change; a person reads fewer, and counts tell of the rest. */
const MAX_LINES = 1_000
const MAX_CHARS = 200_000
/** Changes kept of one Document. What older versions said is not kept for ever. */
const MAX_CHANGES = 10

/** What a version changed in the one before it: sentences, list items, rows and headings that are not in both. */
export interface VersionChange {
  versionId: string
  /** The version it replaced. */
  beforeId: string
  added: number
  removed: number
  /** In reading order. */
  lines: ChangedLine[]
  /** True when there were more lines than are kept. */
  isCut: boolean
}

export interface ChangedLine {
  kind: 'added' | 'removed'
  text: string
}

type Draft = Omit<VersionChange, 'versionId'>

interface ReadPart {
  section: number
  headingPath: string[]
  text: string
}

/**
 * Holds what a version says against what its Document says now. To be called while the passages of the version in
 * use still stand; nothing of a replaced version is left afterwards but what {@link recordChange} keeps.
 *
 * @returns undefined where there is none in use.
 */
export async function describeChange(
  db: Db,
  version: Version,
  parts: readonly ReadPart[],
): Promise<Draft | undefined> {
  const passages = await db
    .selectFrom('passage')
    .innerJoin('document', 'document.active_version_id', 'passage.version_id')
    .select(['passage.version_id', 'passage.section', 'passage.heading_path', 'passage.text'])
    .where('document.id', '=', version.document_id)
    .where('document.creator_id', '=', version.creator_id)
    .orderBy('passage.ordinal')
    .execute()
  const beforeId = passages[0]?.version_id
  if (beforeId === undefined || beforeId === version.id) return undefined
  const before = passages.map(({ section, heading_path: headingPath, text }) => ({
    section,
    headingPath,
    text,
  }))
  const diff = diffLines(await readLines(before), await readLines(parts))
  const changed = diff.filter((line): line is DiffLine & ChangedLine => line.kind !== 'same')
  return { beforeId, ...countKinds(changed), ...cut(changed) }
}

function countKinds(lines: readonly ChangedLine[]): { added: number; removed: number } {
  const added = lines.filter(({ kind }) => kind === 'added').length
  return { added, removed: lines.length - added }
}

function cut(lines: readonly ChangedLine[]): { lines: ChangedLine[]; isCut: boolean } {
  const kept: ChangedLine[] = []
  let chars = 0
  for (const { kind, text } of lines.slice(0, MAX_LINES)) {
    chars += text.length
    if (chars > MAX_CHARS) break
    kept.push({ kind, text: text.replaceAll('\u0000', '').toWellFormed() })
  }
  return { lines: kept, isCut: kept.length < lines.length }
}

/** The text of passages as a reader reads it, a sentence a line: where they overlap it stands once. */
async function readLines(parts: readonly ReadPart[]): Promise<string> {
  const lines: string[] = []
  let section = ''
  const close = () => {
    for (const { text } of sentencesOf(section)) lines.push(text)
    section = ''
  }
  let before: ReadPart | undefined
  for await (const part of breathing(parts)) {
    if (before?.section !== part.section) {
      close()
      const heading = part.headingPath.join(' › ')
      if (heading !== '' && heading !== before?.headingPath.join(' › ')) lines.push(heading)
      section = part.text
    } else {
      const overlap = overlapOf(before.text, part.text)
      section += (overlap === 0 ? '\n' : '') + part.text.slice(overlap)
    }
    before = part
  }
  close()
  return lines.join('\n')
}

/** Keeps a change in the commit that makes it, unless yet another version came in between. */
export async function recordChange(trx: Db, version: Version, change: Draft): Promise<void> {
  const current = await trx
    .selectFrom('document')
    .select('active_version_id')
    .where('id', '=', version.document_id)
    .executeTakeFirst()
  if (current?.active_version_id !== change.beforeId) return
  const lines = JSON.stringify(change.lines.map(({ kind, text }) => [kind, text]))
  const row = {
    before_id: change.beforeId,
    added: change.added,
    removed: change.removed,
    is_cut: change.isCut,
    lines,
  }
  await trx
    .insertInto('version_change')
    .values({
      version_id: version.id,
      creator_id: version.creator_id,
      document_id: version.document_id,
      ...row,
    })
    .onConflict((conflict) => conflict.column('version_id').doUpdateSet(row))
    .execute()
  await sql`
    DELETE FROM version_change WHERE document_id = ${version.document_id} AND version_id NOT IN (
      SELECT version_id FROM version_change WHERE document_id = ${version.document_id}
      ORDER BY created_at DESC LIMIT ${MAX_CHANGES})
  `.execute(trx)
}

const StoredLines = z.array(z.tuple([z.enum(['added', 'removed']), z.string()]))

/**
 * What a version changed.
 *
 * @throws {AppError} `document.not_found`; `document.no_change` for a first version, and one whose change is no
 *   longer kept.
 */
export async function getChange(
  db: Db,
  { creatorId, knowledgeBaseId, documentId, versionId }: BaseKey & { documentId: string; versionId: string },
): Promise<VersionChange> {
  const row = await db
    .selectFrom('document_version as version')
    .leftJoin('version_change as change', 'change.version_id', 'version.id')
    .selectAll('change')
    .where('version.id', '=', versionId)
    .where('version.document_id', '=', documentId)
    .where('version.creator_id', '=', creatorId)
    .where('version.knowledge_base_id', '=', knowledgeBaseId)
    .executeTakeFirst()
  if (!row) throw new AppError('document.not_found', { documentId, versionId })
  if (row.before_id === null) throw new AppError('document.no_change', { versionId })
  return {
    versionId,
    beforeId: row.before_id,
    added: row.added ?? 0,
    removed: row.removed ?? 0,
    isCut: row.is_cut ?? false,
    lines: StoredLines.parse(row.lines).map(([kind, text]) => ({ kind, text })),
  }
}

/** How much each version changed that is kept, by its id. */
export async function countChanges(
  db: Db,
  { creatorId, documentId }: { creatorId: string; documentId: string },
): Promise<Map<string, { added: number; removed: number }>> {
  const rows = await db
    .selectFrom('version_change')
    .select(['version_id', 'added', 'removed'])
    .where('creator_id', '=', creatorId)
    .where('document_id', '=', documentId)
    .execute()
  return new Map(rows.map(({ version_id, added, removed }) => [version_id, { added, removed }]))
}
