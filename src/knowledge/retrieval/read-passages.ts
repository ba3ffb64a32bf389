import { CompiledQuery } from 'kysely'
import type { Db } from '../../db/database.ts'
import { isNamedOutdated } from '../documents/date.ts'
import type { BaseKey } from '../knowledge-base.ts'
import type { Passage, RetrievedPassage } from '../passage.ts'
import type { Arrangeable } from './arrange.ts'
import type { SideHit } from './fuse.ts'
import { NEIGHBOURS, type Neighbour } from './surround.ts'

/** A passage that was found, with what its place among the others is decided by. */
export interface FoundPassage extends Omit<RetrievedPassage, 'context'>, Arrangeable {
  /** Its place in its Document's version. */
  ordinal: number
  /** What stands right before and behind it in its section. */
  neighbours: readonly Neighbour[]
}

/**
 * The fused hits as they stand in the rows of this Creator and base, active versions only, in the hits' order.
 * What a hit names and no such row holds is left out.
 */
export async function readPassages(
  db: Db,
  key: BaseKey,
  fused: readonly SideHit[],
  sides: { keyword: readonly SideHit[]; near: readonly SideHit[] },
): Promise<FoundPassage[]> {
  // Ids come back from the vector server as text that anyone might have written there.
  const ids = fused.map(({ passageId }) => passageId).filter((id) => /^\d{1,18}$/.test(id))
  if (ids.length === 0) return []
  const byId = new Map((await readRows(db, key, ids)).map((row) => [row.id, row]))
  const keywordScores = new Map(sides.keyword.map(({ passageId, score }) => [passageId, score]))
  const similarities = new Map(sides.near.map(({ passageId, score }) => [passageId, score]))
  return fused.flatMap(({ passageId, score }) => {
    const row = byId.get(passageId)
    if (!row) return []
    const keywordScore = keywordScores.get(passageId)
    const similarity = similarities.get(passageId)
    return [
      {
        ...toPassage(row),
        ordinal: row.ordinal,
        neighbours: row.neighbours,
        score,
        sourceWeight: row.source_weight,
        datedMs: isNamedOutdated(row.name) ? BEFORE_ALL_MS : (row.dated_ms ?? undefined),
        uploadedMs: row.uploaded_ms,
        ...(keywordScore === undefined ? {} : { keywordScore }),
        ...(similarity === undefined ? {} : { similarity }),
      },
    ]
  })
}

async function readRows(
  db: Db,
  { creatorId, knowledgeBaseId }: BaseKey,
  ids: readonly string[],
): Promise<PassageRow[]> {
  const { rows } = await db.executeQuery<PassageRow>(
    CompiledQuery.raw(READ, [ids, creatorId, knowledgeBaseId]),
  )
  return rows
}

const READ = `
  SELECT passage.id, passage.document_id, passage.ordinal, passage.heading_path, passage.page_from, passage.page_to,
    passage.start_ms, passage.text, document.title, document.name, document.url, document.source_weight,
    extract(epoch FROM version.dated_on)::float8 * 1000 AS dated_ms,
    extract(epoch FROM version.created_at)::float8 * 1000 AS uploaded_ms,
    (
      SELECT coalesce(json_agg(json_build_object('ordinal', near.ordinal, 'text', near.text)), '[]')
      FROM passage AS near
      WHERE near.version_id = passage.version_id AND near.section = passage.section
        AND near.ordinal BETWEEN passage.ordinal - ${NEIGHBOURS} AND passage.ordinal + ${NEIGHBOURS}
        AND near.ordinal <> passage.ordinal
    ) AS neighbours
  FROM passage
  JOIN document ON document.id = passage.document_id AND document.active_version_id = passage.version_id
  JOIN document_version AS version ON version.id = passage.version_id
  WHERE passage.id = ANY ($1::bigint[]) AND passage.creator_id = $2 AND passage.knowledge_base_id = $3`

interface PassageRow {
  id: string
  document_id: string
  ordinal: number
  title: string
  name: string
  url: string | null
  heading_path: string[]
  page_from: number | null
  page_to: number | null
  start_ms: number | null
  text: string
  source_weight: number
  dated_ms: number | null
  uploaded_ms: number
  neighbours: Neighbour[]
}

function toPassage(row: PassageRow): Passage {
  return {
    id: row.id,
    documentId: row.document_id,
    document: row.title,
    documentName: row.name,
    ...(row.url === null ? {} : { documentUrl: row.url }),
    headingPath: row.heading_path,
    ...(row.page_from === null ? {} : { pageFrom: row.page_from }),
    ...(row.page_to === null ? {} : { pageTo: row.page_to }),
    ...(row.start_ms === null ? {} : { startMs: row.start_ms }),
    text: row.text,
  }
}

/** The age of what is called old: older than whatever has a date. */
const BEFORE_ALL_MS = 0
