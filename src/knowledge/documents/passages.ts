import type { Db } from '../../db/database.ts'
import type { BaseKey } from '../knowledge-base.ts'
import type { Passage } from '../passage.ts'

/** A piece of a Document in reading order. */
export interface PreviewPassage extends Pick<Passage, 'headingPath' | 'pageFrom' | 'pageTo' | 'startMs'> {
  id: string
  /** Counted from 0 within the version. */
  ordinal: number
  /** Passages of one section stand under one heading and may overlap. */
  section: number
  text: string
  /** Leading characters of `text` that the passage before it ends with. */
  overlap: number
}

export interface PassagePage {
  items: PreviewPassage[]
  /** The `after` of the next page. */
  nextAfter: number | null
}

/** Passages overlap by some 128 tokens; nothing longer is looked for. */
const MAX_OVERLAP_CHARS = 2_000
/** A shorter likeness of an end and a beginning is chance. */
const MIN_OVERLAP_CHARS = 16

/** The passages the bot answers from, in reading order, from behind the ordinal `after`. */
export async function listPassages(
  db: Db,
  { creatorId, knowledgeBaseId, documentId }: BaseKey & { documentId: string },
  { after = -1, limit }: { after?: number | undefined; limit: number },
): Promise<PassagePage> {
  const rows = await db
    .selectFrom('passage')
    .innerJoin('document', 'document.active_version_id', 'passage.version_id')
    .selectAll('passage')
    .where('document.id', '=', documentId)
    .where('document.creator_id', '=', creatorId)
    .where('document.knowledge_base_id', '=', knowledgeBaseId)
    .where('passage.creator_id', '=', creatorId)
    // One more on either side: what the first one repeats, and whether there is a next page.
    .where('passage.ordinal', '>=', after)
    .orderBy('passage.ordinal')
    .limit(limit + 2)
    .execute()
  const first = rows.findIndex(({ ordinal }) => ordinal > after)
  const shown = first === -1 ? [] : rows.slice(first, first + limit)
  const items = shown.map((row, at) => {
    const before = rows[first + at - 1]
    return {
      id: row.id,
      ordinal: row.ordinal,
      section: row.section,
      headingPath: row.heading_path,
      ...(row.page_from === null ? {} : { pageFrom: row.page_from }),
      ...(row.page_to === null ? {} : { pageTo: row.page_to }),
      ...(row.start_ms === null ? {} : { startMs: row.start_ms }),
      text: row.text,
      overlap: before?.section === row.section ? overlapOf(before.text, row.text) : 0,
    }
  })
  const hasMore = first !== -1 && rows.length > first + limit
  return { items, nextAfter: hasMore ? (shown.at(-1)?.ordinal ?? null) : null }
}

/** The length of the longest start of `text` that `before` ends with. */
export function overlapOf(before: string, text: string): number {
  const longest = Math.min(before.length, text.length, MAX_OVERLAP_CHARS)
  const tail = before.slice(-longest)
  for (let at = 0; at <= tail.length - MIN_OVERLAP_CHARS; at += 1) {
    if (text.startsWith(tail.slice(at))) return tail.length - at
  }
  return 0
}
