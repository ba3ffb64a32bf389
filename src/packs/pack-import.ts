import { createReadStream } from 'node:fs'
import type { Transaction } from 'kysely'
import type { BotSettings, ModelOffer } from '../bots/bot-settings.ts'
import { OVERRIDABLE, recordPrompt } from '../bots/prompt-override.ts'
import { checkTimeZone } from '../bots/save-bot.ts'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { FileStore, StoredFile } from '../files/file-store.ts'
import { removeRemains } from '../knowledge/documents/delete.ts'
import {
  listDocuments,
  type Removed,
  recordVersion,
  removeDocument,
} from '../knowledge/documents/document.ts'
import { removeUnusedFiles } from '../knowledge/documents/unused-files.ts'
import type { IngestParts } from '../knowledge/intake/ingest.ts'
import { type BaseKey, recordKnowledgeBase } from '../knowledge/knowledge-base.ts'
import { invalidPack, MAX_FILE_BYTES } from './pack.ts'
import type { Pack } from './pack-format.ts'
import { recordPlans } from './pack-plans.ts'
import { recordProducts, type StoredPhoto, storePhotos } from './pack-products.ts'

interface PackParts extends Pick<IngestParts, 'db' | 'files' | 'vectors' | 'log'> {}

/** What an import did, by document name. */
export interface PackImport {
  botId: string
  added: string[]
  changed: string[]
  removed: string[]
  unchanged: string[]
  /** Versions that wait to be taken in. */
  versionIds: string[]
}

export interface ImportOptions {
  creatorId: string
  /** False: a Bot of this slug is refused rather than made what the pack says. */
  mayReplace?: boolean
  /** Models that may be asked here: a route to others is left out. */
  offer?: ModelOffer
  /** Where the import is written in one commit, and what is written with it; absent: by `parts.db`. */
  transact?: (work: (trx: Transaction<Database>) => Promise<RecordedPack>) => Promise<RecordedPack>
}

/** An import as it was committed, and what is left to remove outside the database. */
export interface RecordedPack {
  key: BaseKey
  done: PackImport
  removed: Removed[]
  /** Photos that were taken off products. */
  photosLeft: string[]
}

interface StoredPackFile {
  name: string
  file: StoredFile
}

/**
 * Makes the Bot and its base what the pack says, in one commit: again with nothing changed, it changes nothing.
 * Documents that left the folder leave the base; new and changed ones wait to be taken in, the others stay as
 * they are.
 *
 * @throws {AppError} `pack.invalid` when another Creator has a Bot of this slug; `bot.slug_taken` when the
 *   Creator has one and `mayReplace` is false; `bot.settings_invalid` for a time zone the database does not know.
 */
export async function importPack(
  parts: PackParts,
  pack: Pack,
  { transact = (work) => inTransaction(parts.db, work), ...options }: ImportOptions,
): Promise<PackImport> {
  const { db, files } = parts
  const stored = await storeFiles(files, pack, options.creatorId)
  const photos = await storePhotos(files, pack.photos ?? [], options.creatorId)
  try {
    const { key, done, removed, photosLeft } = await transact((trx) =>
      recordPack(trx, files, { pack, stored, photos }, options),
    )
    for (const remains of removed) await removeRemains(parts, key, remains)
    await removeUnusedFiles(db, files, options.creatorId, photosLeft)
    return done
  } catch (error) {
    const keys = [...stored.map(({ file }) => file.key), ...photos.map(({ photo }) => photo.key)]
    await removeUnusedFiles(db, files, options.creatorId, keys).catch((err: unknown) =>
      parts.log.warn({ err, creatorId: options.creatorId }, 'files-not-removed'),
    )
    throw error
  }
}

/** By key: two imports that share files lock them in the same order. */
async function storeFiles(files: FileStore, pack: Pack, creatorId: string): Promise<StoredPackFile[]> {
  const stored: StoredPackFile[] = []
  for (const { name, path } of pack.files) {
    const file = await files.write(creatorId, createReadStream(path), { maxBytes: MAX_FILE_BYTES })
    stored.push({ name, file })
  }
  return stored.sort((a, b) => (a.file.key < b.file.key ? -1 : 1))
}

async function recordPack(
  trx: Transaction<Database>,
  files: FileStore,
  { pack, stored, photos }: { pack: Pack; stored: StoredPackFile[]; photos: StoredPhoto[] },
  options: ImportOptions,
): Promise<RecordedPack> {
  const { botId, key } = await recordBot(trx, pack, options)
  for (const purpose of OVERRIDABLE) {
    await recordPrompt(trx, { botId, creatorId: key.creatorId, purpose }, { text: pack.prompts[purpose] })
  }
  const ref = { creatorId: key.creatorId, botId }
  await recordPlans(trx, ref, pack.plans)
  const photosLeft = await recordProducts(trx, ref, { products: pack.products, photos })
  const known = new Map((await listDocuments(trx, key)).map((document) => [document.name, document]))
  const done: PackImport = { botId, added: [], changed: [], removed: [], unchanged: [], versionIds: [] }
  for (const { name, file } of stored) {
    const { isNew, versionId } = await recordVersion(trx, files, { ...key, name, file })
    if (isNew) done.versionIds.push(versionId)
    done[isNew ? (known.has(name) ? 'changed' : 'added') : 'unchanged'].push(name)
  }
  const kept = new Set(stored.map(({ name }) => name))
  const removed: Removed[] = []
  for (const { id, name } of known.values()) {
    if (kept.has(name)) continue
    removed.push(await removeDocument(trx, { ...key, documentId: id }))
    done.removed.push(name)
  }
  for (const names of [done.added, done.changed, done.removed, done.unchanged]) names.sort()
  return { key, done, removed, photosLeft }
}

async function recordBot(
  trx: Transaction<Database>,
  pack: Pack,
  { creatorId, mayReplace = true, offer }: ImportOptions,
): Promise<{ botId: string; key: BaseKey }> {
  await checkTimeZone(trx, pack.settings)
  const known = await findOwnBot(trx, { creatorId, slug: pack.slug })
  if (known && !mayReplace) throw new AppError('bot.slug_taken', { slug: pack.slug })
  const knowledgeBaseId = await recordKnowledgeBase(trx, {
    creatorId,
    name: pack.slug,
    keywordWeight: pack.keywordWeight,
    recency: pack.recency,
  })
  const settings = JSON.stringify(offer ? keepOffered(pack.settings, offer) : pack.settings)
  const values = { settings, knowledge_base_id: knowledgeBaseId, updated_at: new Date() }
  const bot = known
    ? await trx.updateTable('bot').set(values).where('id', '=', known.id).returning('id').executeTakeFirst()
    : await trx
        .insertInto('bot')
        .values({ creator_id: creatorId, slug: pack.slug, ...values })
        // Another Creator's Bot may not be visible here; that it is there shows in nothing being inserted.
        .onConflict((conflict) => conflict.column('slug').doNothing())
        .returning('id')
        .executeTakeFirst()
  if (!bot) throw invalidPack('bot.yaml', 'slug', 'a slug that no other creator uses')
  return { botId: bot.id, key: { creatorId, knowledgeBaseId } }
}

function findOwnBot(db: Db, { creatorId, slug }: { creatorId: string; slug: string }) {
  return db
    .selectFrom('bot')
    .select('id')
    .where('creator_id', '=', creatorId)
    .where('slug', '=', slug)
    .forUpdate()
    .executeTakeFirst()
}

/** A pack may come from an installation with other models. */
function keepOffered({ model, ...settings }: BotSettings, { models }: ModelOffer): BotSettings {
  const offered = model?.filter((name) => models.includes(name)) ?? []
  return offered.length > 0 ? { ...settings, model: offered } : settings
}
