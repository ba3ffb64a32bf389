import { sql, type Transaction } from 'kysely'
import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { forgetIdempotentAnswers } from '../accounts/idempotency-key.ts'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'
import { removeUnusedFiles } from '../knowledge/documents/unused-files.ts'
import type { Logger } from '../logger.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import { getBot } from './bot.ts'
import type { Bot } from './bot-settings.ts'

/** What is left to do outside the database once a Bot is gone. */
export interface DeletedBot {
  creatorId: string
  fileKeys: string[]
  collectionNames: string[]
}

/**
 * Deletes a Bot with its chats, its people who have no other bot of the Creator, and its material. The vectors
 * and files are left for {@link clearAfterBot}, once this is committed; its channels are told before.
 *
 * @param slug typed by who deletes, so that no one deletes the wrong one.
 * @throws {AppError} `access.denied` below owner; `bot.not_found`; `bot.slug_mismatch`.
 */
export async function deleteBot(
  db: Db,
  actor: Actor,
  { botId, slug }: { botId: string; slug: string },
): Promise<DeletedBot> {
  requireRole(actor, 'owner')
  return inTransaction(db, async (trx) => {
    const bot = await getBot(trx, { botId, creatorId: actor.creatorId })
    if (slug.trim() !== bot.slug) throw new AppError('bot.slug_mismatch', { botId })
    const left = await listLeftovers(trx, bot)
    await eraseConversations(trx, bot)
    await trx.deleteFrom('bot').where('id', '=', botId).where('creator_id', '=', bot.creatorId).execute()
    await eraseMaterial(trx, bot)
    await forgetIdempotentAnswers(trx, bot.creatorId)
    const details = { slug: bot.slug }
    await recordAudit(trx, actor, { action: 'bot.delete', objectType: 'bot', objectId: botId, details })
    return left
  })
}

async function listLeftovers(
  trx: Transaction<Database>,
  { id, creatorId, knowledgeBaseId }: Bot,
): Promise<DeletedBot> {
  const files = await trx
    .selectFrom('document_version')
    .select('file_key')
    .distinct()
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .execute()
  const photos = await trx
    .selectFrom('product')
    .select('photo_key')
    .distinct()
    .where('bot_id', '=', id)
    .where('creator_id', '=', creatorId)
    .execute()
  const collections = await trx
    .selectFrom('vector_collection')
    .select('collection_name')
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .execute()
  return {
    creatorId,
    fileKeys: [
      ...files.map(({ file_key }) => file_key),
      ...photos.flatMap(({ photo_key }) => photo_key ?? []),
    ],
    collectionNames: collections.map(({ collection_name }) => collection_name),
  }
}

/** Chats go with their people or with the Bot; what was delivered names no chat and goes by itself. */
async function eraseConversations(trx: Transaction<Database>, { id, creatorId }: Bot): Promise<void> {
  for (const table of ['inbox', 'receipt'] as const) {
    await trx.deleteFrom(table).where('bot_id', '=', id).where('creator_id', '=', creatorId).execute()
  }
  await sql`
    DELETE FROM subscriber
    WHERE creator_id = ${creatorId}
      AND EXISTS (SELECT FROM chat WHERE chat.subscriber_id = subscriber.id AND chat.bot_id = ${id})
      AND NOT EXISTS (SELECT FROM chat WHERE chat.subscriber_id = subscriber.id AND chat.bot_id <> ${id})
  `.execute(trx)
}

/** A base that another Bot answers from stays. */
async function eraseMaterial(trx: Transaction<Database>, { creatorId, knowledgeBaseId }: Bot): Promise<void> {
  await trx
    .deleteFrom('knowledge_base')
    .where('id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('bot').select('id').where('knowledge_base_id', '=', knowledgeBaseId))),
    )
    .execute()
}

/** Removes vectors and files of a Bot that is gone; best effort, since nothing points at them any more. */
export async function clearAfterBot(
  { db, vectors, files, log }: { db: Db; vectors: VectorIndex; files: FileStore; log: Logger },
  { creatorId, fileKeys, collectionNames }: DeletedBot,
): Promise<void> {
  const inUse = await db
    .selectFrom('vector_collection')
    .select('collection_name')
    .where('creator_id', '=', creatorId)
    .execute()
  const kept = new Set(inUse.map(({ collection_name }) => collection_name))
  for (const name of collectionNames.filter((candidate) => !kept.has(candidate))) {
    await vectors
      .dropCollection(name)
      .catch((err: unknown) => log.warn({ err, creatorId }, 'collection-not-dropped'))
  }
  await removeUnusedFiles(db, files, creatorId, fileKeys).catch((err: unknown) =>
    log.warn({ err, creatorId }, 'files-not-removed'),
  )
}
