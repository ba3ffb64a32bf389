import { constants } from 'node:fs'
import { copyFile, mkdir, open, readdir, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { parseDocument, stringify } from 'yaml'
import type { z } from 'zod'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'
import { addVersion, listDocuments, removeDocument, removeUnusedFiles } from '../knowledge/document.ts'
import { type IngestParts, removeVectors } from '../knowledge/ingest.ts'
import { type BaseKey, getKnowledgeBase, recordKnowledgeBase } from '../knowledge/knowledge-base.ts'
import { findBotBySlug } from './bot.ts'
import { BotFile, type Pack, type PackFile, QuestionsFile } from './pack-format.ts'

/** Far above any pack written by hand, far below what would hurt. */
const MAX_YAML_BYTES = 1024 * 1024
const MAX_FILES = 2_000
export const MAX_FILE_BYTES = 50 * 1024 * 1024

/**
 * Reads and checks a pack: `bot.yaml`, `questions.yaml` if there is one, and the files of `knowledge/`.
 *
 * @throws {AppError} `pack.invalid` whose details name the file, the path inside it and what is wanted.
 */
export async function readPack(dir: string): Promise<Pack> {
  const { slug, knowledge, ...settings } = await readYaml(dir, 'bot.yaml', BotFile)
  const hasQuestions = await isThere(join(dir, 'questions.yaml'))
  const questions = hasQuestions
    ? await readYaml(dir, 'questions.yaml', QuestionsFile)
    : QuestionsFile.parse({})
  const files = await listFiles(dir)
  const names = new Set(files.map(({ name }) => name))
  questions.answerable.forEach(({ document }, at) => {
    if (names.has(document)) return
    throw invalid(
      'questions.yaml',
      `answerable[${at}].document`,
      `the name of a file in knowledge/, not "${document}"`,
    )
  })
  return { slug, settings, keywordWeight: knowledge.keyword_weight, questions, files }
}

async function readYaml<T>(dir: string, file: string, schema: z.ZodType<T>): Promise<T> {
  const document = parseDocument(await readSmall(dir, file), { prettyErrors: true })
  const [fault] = document.errors
  if (fault) throw invalid(file, `line ${fault.linePos?.[0].line ?? '?'}`, `valid YAML (${fault.code})`)
  const parsed = schema.safeParse(toPlain(document, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(file, presentPath(issue?.path ?? []), issue?.message ?? 'another value')
}

/** Anchors may make a small file huge: the parser refuses past a hundred of them. */
function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw invalid(file, '', 'fewer aliases', cause)
  }
}

async function readSmall(dir: string, file: string): Promise<string> {
  try {
    await using handle = await open(join(dir, file), 'r')
    const { size } = await handle.stat()
    if (size > MAX_YAML_BYTES) throw invalid(file, '', `at most ${MAX_YAML_BYTES} bytes`)
    return await handle.readFile('utf8')
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw invalid(file, '', 'a readable file of that name', cause)
  }
}

async function listFiles(dir: string): Promise<PackFile[]> {
  const folder = await realpath(join(dir, 'knowledge')).catch((cause: unknown) => {
    throw invalid('knowledge/', '', 'a folder with the documents to answer from', cause)
  })
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const visible = entries.filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory())
  if (visible.length === 0) throw invalid('knowledge/', '', 'at least one document')
  if (visible.length > MAX_FILES) throw invalid('knowledge/', '', `at most ${MAX_FILES} documents`)
  const files = await Promise.all(
    visible.map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      const name = relative(folder, path).split(sep).join('/').normalize('NFC')
      await checkFile(folder, path, `knowledge/${name}`)
      return { name, path }
    }),
  )
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function checkFile(folder: string, path: string, shown: string): Promise<void> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw invalid(shown, '', 'a file, not a link to nowhere', cause)
  })
  if (!real.startsWith(folder + sep))
    throw invalid(shown, '', 'a file inside knowledge/, not a link out of it')
  const { size, isRegular } = await stat(real).then((it) => ({ size: it.size, isRegular: it.isFile() }))
  if (!isRegular) throw invalid(shown, '', 'a regular file')
  if (size === 0) throw invalid(shown, '', 'a file that is not empty')
  if (size > MAX_FILE_BYTES) throw invalid(shown, '', `at most ${MAX_FILE_BYTES} bytes`)
}

function presentPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at ? '.' : ''}${String(key)}`))
    .join('')
}

function invalid(file: string, path: string, wants: string, cause?: unknown): AppError {
  return new AppError('pack.invalid', { file, path, wants, ...(cause === undefined ? {} : { cause }) })
}

export interface PackParts extends Pick<IngestParts, 'db' | 'files' | 'vectors' | 'log'> {}

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

/**
 * Makes the Bot and its base what the pack says: again with nothing changed, it changes nothing. Documents
 * that left the folder leave the base; new and changed ones wait to be taken in, the others stay as they are.
 *
 * @throws {AppError} `pack.invalid` when another Creator has a Bot of this slug.
 */
export async function importPack(
  parts: PackParts,
  pack: Pack,
  { creatorId }: { creatorId: string },
): Promise<PackImport> {
  const { db, files } = parts
  const { botId, key } = await recordBot(db, pack, creatorId)
  const known = new Map((await listDocuments(db, key)).map((document) => [document.name, document]))
  const result: PackImport = { botId, added: [], changed: [], removed: [], unchanged: [], versionIds: [] }
  for (const { name, path } of pack.files) {
    const { isNew, versionId } = await addVersion(db, files, {
      ...key,
      name,
      source: path,
      maxBytes: MAX_FILE_BYTES,
    })
    if (isNew) result.versionIds.push(versionId)
    result[isNew ? (known.has(name) ? 'changed' : 'added') : 'unchanged'].push(name)
  }
  const kept = new Set(pack.files.map(({ name }) => name))
  for (const { id, name } of known.values()) {
    if (kept.has(name)) continue
    const removed = await removeDocument(db, { ...key, documentId: id })
    await removeVectors(parts, key, removed.passageIds)
    await removeUnusedFiles(db, files, creatorId, removed.fileKeys)
    result.removed.push(name)
  }
  return result
}

async function recordBot(db: Db, pack: Pack, creatorId: string): Promise<{ botId: string; key: BaseKey }> {
  return db.transaction().execute(async (trx) => {
    const knowledgeBaseId = await recordKnowledgeBase(trx, {
      creatorId,
      name: pack.slug,
      keywordWeight: pack.keywordWeight,
    })
    const settings = JSON.stringify(pack.settings)
    const bot = await trx
      .insertInto('bot')
      .values({ creator_id: creatorId, knowledge_base_id: knowledgeBaseId, slug: pack.slug, settings })
      .onConflict((conflict) =>
        conflict
          .column('slug')
          .doUpdateSet({ settings, knowledge_base_id: knowledgeBaseId, updated_at: new Date() })
          .where('bot.creator_id', '=', creatorId),
      )
      .returning('id')
      .executeTakeFirst()
    if (!bot) throw invalid('bot.yaml', 'slug', 'a slug that no other creator uses')
    return { botId: bot.id, key: { creatorId, knowledgeBaseId } }
  })
}

/**
 * Writes a Bot as a pack into a folder: `bot.yaml` and the documents it answers from now.
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
  if (await isThere(join(dir, 'bot.yaml'))) throw invalid('bot.yaml', '', 'a folder without a pack in it')
  const base = await getKnowledgeBase(db, bot)
  const documents = await db
    .selectFrom('document')
    .innerJoin('document_version as active', 'active.id', 'document.active_version_id')
    .select(['document.name', 'active.file_key'])
    .where('document.creator_id', '=', bot.creatorId)
    .where('document.knowledge_base_id', '=', bot.knowledgeBaseId)
    .execute()
  for (const { name, file_key } of documents) {
    const target = join(dir, 'knowledge', toSafeName(name))
    await mkdir(dirname(target), { recursive: true })
    await using file = await files.openLocal(file_key)
    await copyFile(file.path, target, constants.COPYFILE_EXCL)
  }
  await mkdir(dir, { recursive: true })
  const knowledge = { keyword_weight: Number(base.keyword_weight.toFixed(4)) }
  await writeFile(join(dir, 'bot.yaml'), stringify({ slug, ...bot.settings, knowledge }), { flag: 'wx' })
}

/** A name may come from an upload: whatever it says, it stays below the folder. */
function toSafeName(name: string): string {
  const steps = name.replaceAll('\u0000', '').split(/[\\/]/)
  return steps.map((step) => (step === '' || /^\.+$/.test(step) ? '_' : step)).join('/')
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
