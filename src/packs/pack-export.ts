import { constants } from 'node:fs'
import { copyFile, mkdir, open, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { findBotBySlug } from '../bots/bot.ts'
import type { Bot } from '../bots/bot-settings.ts'
import { OVERRIDABLE } from '../bots/prompt-override.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'
import { getKnowledgeBase } from '../knowledge/knowledge-base.ts'
import { invalidPack, isThere, MAX_FILES, promptFile } from './pack.ts'
import { presentPlans } from './pack-plans.ts'
import { presentProductTerms } from './pack-products.ts'
import { writeZip, type ZipSource } from './zip-writer.ts'

/** A file of a pack: its words, or the stored file they are in. */
export type PackEntry = { name: string } & ({ text: string } | { fileKey: string })

/**
 * What a Bot is as a pack: `bot.yaml`, its own wording of prompts, and the documents it answers from now.
 *
 * @throws {AppError} `pack.too_large` when no import would take so many documents.
 */
export async function listPackEntries(db: Db, bot: Bot): Promise<PackEntry[]> {
  const base = await getKnowledgeBase(db, bot)
  const documents = await db
    .selectFrom('document')
    .innerJoin('document_version as active', 'active.id', 'document.active_version_id')
    .select(['document.name', 'active.file_key'])
    .where('document.creator_id', '=', bot.creatorId)
    .where('document.knowledge_base_id', '=', bot.knowledgeBaseId)
    .orderBy('document.name')
    .limit(MAX_FILES + 1)
    .execute()
  if (documents.length > MAX_FILES) throw new AppError('pack.too_large', { most: MAX_FILES })
  const knowledge = {
    keyword_weight: Number(base.keyword_weight.toFixed(4)),
    recency: Number(base.recency.toFixed(4)),
  }
  const plans = await presentPlans(db, { creatorId: bot.creatorId, botId: bot.id })
  const sold = await presentProductTerms(db, { creatorId: bot.creatorId, botId: bot.id })
  const names = createUniqueNames()
  return [
    {
      name: 'bot.yaml',
      text: stringify({
        slug: bot.slug,
        ...bot.settings,
        knowledge,
        ...(plans && { plans }),
        ...(sold && { products: sold.products }),
      }),
    },
    ...OVERRIDABLE.flatMap((purpose) => {
      const own = bot.prompts?.[purpose]
      return own ? [{ name: promptFile(purpose), text: `${own.text}\n` }] : []
    }),
    ...(sold?.photos ?? []),
    ...documents.map(({ name, file_key: fileKey }) => ({
      name: `knowledge/${names(toSafeName(name))}`,
      fileKey,
    })),
  ]
}

/**
 * Writes a Bot as a pack into a folder.
 *
 * @throws {AppError} `bot.not_found`; `pack.invalid` when the folder holds a pack already.
 */
export async function exportPack(
  { db, files }: { db: Db; files: FileStore },
  slug: string,
  dir: string,
): Promise<void> {
  const bot = await findBotBySlug(db, slug)
  if (!bot) throw new AppError('bot.not_found', { slug })
  if (await isThere(join(dir, 'bot.yaml'))) {
    throw invalidPack('bot.yaml', '', 'a folder without a pack in it')
  }
  // bot.yaml, which makes it a pack, comes last.
  for (const entry of (await listPackEntries(db, bot)).reverse()) {
    const target = join(dir, entry.name)
    await mkdir(dirname(target), { recursive: true })
    if ('text' in entry) await writeFile(target, entry.text, { flag: 'wx' })
    else {
      await using file = await files.openLocal(entry.fileKey)
      await copyFile(file.path, target, constants.COPYFILE_EXCL)
    }
  }
}

/**
 * The pack as one zip file, piece by piece, without documents that are deleted while it is written.
 *
 * @throws {AppError} `pack.too_large`, `file.missing`.
 */
export function zipPack(files: FileStore, entries: PackEntry[]): AsyncGenerator<Buffer> {
  return writeZip(
    entries.map((entry) => ({
      name: entry.name,
      open: async () =>
        'text' in entry ? { read: () => [Buffer.from(entry.text)] } : openStored(files, entry.fileKey),
    })),
  )
}

/** Held open, it can be read to its end even when it is removed meanwhile. */
async function openStored(files: FileStore, key: string): Promise<ZipSource | undefined> {
  try {
    await using file = await files.openLocal(key)
    const handle = await open(file.path)
    return {
      read: () => handle.createReadStream({ start: 0, autoClose: false }),
      close: () => handle.close(),
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

function isGone(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'file.missing'
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** A name may come from an upload: whatever it says, it stays below the folder. */
function toSafeName(name: string): string {
  const steps = name.replaceAll('\u0000', '').split(/[\\/]/)
  return steps.map((step) => (step === '' || /^\.+$/.test(step) ? '_' : step)).join('/')
}

/** Two names may become one by that, or on a disk that knows no upper and lower case: the later gets a number. */
function createUniqueNames(): (name: string) => string {
  const taken = new Set<string>()
  return (name) => {
    let unique = name
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = name.replace(/(\.[^./]*)?$/, ` (${n})$1`)
    taken.add(unique.toLowerCase())
    return unique
  }
}
