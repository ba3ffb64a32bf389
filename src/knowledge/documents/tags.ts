import { z } from 'zod'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { BaseKey } from '../knowledge-base.ts'

export const MAX_TAGS = 10
export const MAX_TAG_CHARS = 40

const Tag = z
  .string()
  .transform((tag) =>
    tag
      .toWellFormed()
      .normalize('NFC')
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim(),
  )
  .pipe(z.string().min(1).max(MAX_TAG_CHARS))

/** A Document's tags: its owner's own order in their material. Each once, whatever its capitals. */
export const Tags = z
  .array(Tag)
  .transform((tags) =>
    [...new Map(tags.toReversed().map((tag) => [tag.toLowerCase(), tag])).values()].reverse(),
  )
  .pipe(z.array(z.string()).max(MAX_TAGS))

/** Tags as a person types them, with commas between. */
export const TypedTags = z
  .string()
  .max(MAX_TAGS * (MAX_TAG_CHARS + 2) * 2)
  .transform((text) =>
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  )
  .pipe(Tags)

/** @throws {AppError} `document.not_found` */
export async function setDocumentTags(
  db: Db,
  { creatorId, knowledgeBaseId, documentId }: BaseKey & { documentId: string },
  tags: string[],
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('document')
    .set({ tags })
    .where('id', '=', documentId)
    .where('creator_id', '=', creatorId)
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new AppError('document.not_found', { documentId })
}

/** Tags a filter offers: more than this and no one finds theirs. */
const MAX_LISTED_TAGS = 100

/** The tags in use in a base, by name. */
export async function listTags(db: Db, { creatorId, knowledgeBaseId }: BaseKey): Promise<string[]> {
  const rows = await db
    .selectFrom('document')
    .select((is) => is.fn<string>('unnest', ['tags']).as('tag'))
    .distinct()
    .where('creator_id', '=', creatorId)
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .orderBy('tag')
    .limit(MAX_LISTED_TAGS)
    .execute()
  return rows.map(({ tag }) => tag)
}
