import { z } from 'zod'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import { type BaseKey, lockKnowledgeBase, refreshKnowledgeBase } from '../knowledge-base.ts'

/** How far a Document is trusted beside the others: -1 less, 0 as much, 1 more. */
export const SourceWeight = z.union([z.literal(-1), z.literal(0), z.literal(1)])
export type SourceWeight = z.output<typeof SourceWeight>

/** How much a newer Document counts over the older one that says the same: 0 not at all, 1 always. */
export const Recency = z.number().min(0).max(1)

/**
 * Trusts a Document more or less. What is found, and in which order, changes with this commit; answers kept from
 * before are gone.
 *
 * @throws {AppError} `document.not_found`
 */
export async function setSourceWeight(
  trx: Db,
  { documentId, ...key }: BaseKey & { documentId: string },
  weight: SourceWeight,
): Promise<void> {
  await lockKnowledgeBase(trx, key)
  const { numUpdatedRows } = await trx
    .updateTable('document')
    .set({ source_weight: weight })
    .where('id', '=', documentId)
    .where('creator_id', '=', key.creatorId)
    .where('knowledge_base_id', '=', key.knowledgeBaseId)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new AppError('document.not_found', { documentId })
  await refreshKnowledgeBase(trx, key)
}

/**
 * Sets how much age decides in a base. Answers kept from before are gone.
 *
 * @throws {AppError} `knowledge_base.not_found`
 */
export async function setRecency(trx: Db, key: BaseKey, recency: number): Promise<void> {
  await lockKnowledgeBase(trx, key)
  await trx
    .updateTable('knowledge_base')
    .set({ recency })
    .where('id', '=', key.knowledgeBaseId)
    .where('creator_id', '=', key.creatorId)
    .execute()
  await refreshKnowledgeBase(trx, key)
}
