import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Extraction } from '../../extraction/block.ts'
import { DATED_HEAD_CHARS, findDocumentDate } from '../documents/date.ts'
import { titleFromName } from '../documents/document.ts'
import { describeChange, recordChange } from '../documents/version-change.ts'
import type { Version } from '../documents/version-claim.ts'
import { indexTexts, insertPostings } from '../keywords/keyword-index.ts'
import { lockKnowledgeBase, refreshKnowledgeBase } from '../knowledge-base.ts'
import { detectLanguage } from '../language.ts'
import { breathing } from './breathe.ts'
import { type Chunk, chunkBlocks } from './chunk.ts'

/** Rows of one INSERT, about 400 KB of text: writing more at once would hold up what else goes on here. */
const PASSAGES_PER_INSERT = 200

/** What the commit left behind outside the database. */
export interface Activation {
  replacedPassageIds: string[]
  replacedFileKeys: string[]
}

/**
 * Makes a version the one its Document is found by: passages, keyword index and counts in one commit, and
 * the version before it gone in the same. Vectors come later; nobody waits for them to find it.
 *
 * @returns undefined when the version is no longer this worker's, or a newer one has come before it.
 */
export async function activateVersion(
  db: Db,
  version: Version,
  extraction: Extraction,
): Promise<Activation | undefined> {
  const chunks: Chunk[] = []
  for await (const chunk of breathing(chunkBlocks(extraction.blocks))) chunks.push(chunk)
  const language = await detectLanguage(chunks.map(({ text }) => text))
  const document = await db
    .selectFrom('document')
    .select(['name', 'title', 'url'])
    .where('id', '=', version.document_id)
    .executeTakeFirst()
  if (!document) return undefined
  // A page's title is the site's to change.
  const hasGivenTitle = document.url === null && document.title !== titleFromName(document.name)
  const title = hasGivenTitle ? document.title : clean(extraction.title ?? document.title)
  const datedOn = findDocumentDate({ name: document.name, title, head: readHead(chunks) }, new Date())
  const index = await indexTexts(
    db,
    language,
    chunks.map(({ headingPath, text }) => ({ heading: [title, ...headingPath].join('\n'), text })),
  )
  const change = await describeChange(db, version, chunks)
  return db.transaction().execute(async (trx) => {
    const key = { creatorId: version.creator_id, knowledgeBaseId: version.knowledge_base_id }
    await lockKnowledgeBase(trx, key)
    if (!(await isStillOurs(trx, version))) return undefined
    const replaced = await replaceVersions(trx, version)
    if (replaced === undefined) return undefined
    if (change) await recordChange(trx, version, change)
    const passageIds = await insertPassages(trx, version, chunks, index.lengths)
    await insertPostings(trx, { id: version.id, ...key }, index, passageIds)
    await trx
      .updateTable('document_version')
      .set({
        state: 'embedding',
        error_code: null,
        media_type: extraction.mediaType,
        language,
        dated_on: datedOn ?? null,
        page_count: extraction.pages ?? null,
        passage_count: chunks.length,
        term_count: index.lengths.reduce((sum, length) => sum + length, 0),
        progress_done: 0,
        progress_total: chunks.length,
        ready_at: sql`now()`,
      })
      .where('id', '=', version.id)
      .execute()
    await trx
      .updateTable('document')
      .set({ active_version_id: version.id, title })
      .where('id', '=', version.document_id)
      .execute()
    await refreshKnowledgeBase(trx, key)
    return replaced
  })
}

/** How the Document's text begins, its headings with it. */
function readHead(chunks: Chunk[]): string {
  const [first, second] = chunks.map(({ headingPath, text }) => [...headingPath, text].join('\n'))
  return `${first ?? ''}\n${second ?? ''}`.slice(0, DATED_HEAD_CHARS)
}

async function isStillOurs(trx: Db, version: Version): Promise<boolean> {
  const held = await trx
    .selectFrom('document_version')
    .select(['state', 'worker_id'])
    .where('id', '=', version.id)
    .forUpdate()
    .executeTakeFirst()
  return held?.state === 'extracting' && held.worker_id === version.worker_id
}

/** Takes the older versions out; undefined, and this version marked replaced, when a newer one is in place. */
async function replaceVersions(trx: Db, version: Version): Promise<Activation | undefined> {
  const newer = await trx
    .selectFrom('document')
    .innerJoin('document_version as active', 'active.id', 'document.active_version_id')
    .select('active.id')
    .where('document.id', '=', version.document_id)
    .where('active.created_at', '>', version.created_at)
    .executeTakeFirst()
  if (newer) {
    await trx
      .updateTable('document_version')
      .set({ state: 'replaced' })
      .where('id', '=', version.id)
      .execute()
    return undefined
  }
  const older = await trx
    .updateTable('document_version')
    .set({ state: 'replaced', worker_id: null })
    .where('document_id', '=', version.document_id)
    .where('id', '!=', version.id)
    .where('created_at', '<=', version.created_at)
    .where('state', '!=', 'replaced')
    .returning(['id', 'file_key'])
    .execute()
  if (older.length === 0) return { replacedPassageIds: [], replacedFileKeys: [] }
  const ids = older.map(({ id }) => id)
  await trx.deleteFrom('posting').where('version_id', 'in', ids).execute()
  const passages = await trx.deleteFrom('passage').where('version_id', 'in', ids).returning('id').execute()
  return {
    replacedPassageIds: passages.map(({ id }) => id),
    replacedFileKeys: older.map(({ file_key }) => file_key),
  }
}

async function insertPassages(
  trx: Db,
  version: Version,
  chunks: Chunk[],
  lengths: readonly number[],
): Promise<string[]> {
  const ids: string[] = []
  for (let start = 0; start < chunks.length; start += PASSAGES_PER_INSERT) {
    const batch = chunks.slice(start, start + PASSAGES_PER_INSERT).map((chunk) => ({
      ...chunk,
      headingPath: chunk.headingPath.map(clean),
      text: clean(chunk.text),
      length: lengths[chunk.ordinal] ?? 0,
    }))
    const { rows } = await sql<{ id: string; ordinal: number }>`
      INSERT INTO passage (creator_id, knowledge_base_id, document_id, version_id, ordinal, section,
        heading_path, page_from, page_to, start_ms, text, term_count)
      SELECT ${version.creator_id}, ${version.knowledge_base_id}, ${version.document_id}, ${version.id}, ordinal,
        section, "headingPath", "pageFrom", "pageTo", "startMs", text, length
      FROM json_to_recordset(${JSON.stringify(batch)}::json) AS row(ordinal integer, section integer,
        "headingPath" text[], "pageFrom" integer, "pageTo" integer, "startMs" integer, text text, length integer)
      RETURNING id::text, ordinal`.execute(trx)
    for (const { id, ordinal } of rows) ids[ordinal] = id
  }
  return ids
}

/** PostgreSQL stores neither NUL nor half a surrogate pair. */
function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}
