import { open, readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { comparePlaceholders } from '../bots/prompt.ts'
import { OVERRIDABLE, type OverridablePrompt, PromptText } from '../bots/prompt-override.ts'
import { AppError } from '../errors.ts'
import { BotFile, type Pack, type PackFile, type PackPrompts, QuestionsFile } from './pack-format.ts'
import { listPhotos } from './pack-products.ts'

/** Far above any pack written by hand, far below what would hurt. */
const MAX_YAML_BYTES = 1024 * 1024
export const MAX_FILES = 2_000
export const MAX_FILE_BYTES = 50 * 1024 * 1024

/**
 * Reads and checks a pack: `bot.yaml`, `questions.yaml` and `prompts/` where there are any, and the files of
 * `knowledge/`.
 *
 * @throws {AppError} `pack.invalid` whose details name the file, the path inside it and what is wanted.
 */
export async function readPack(dir: string): Promise<Pack> {
  const { slug, knowledge, plans, products, ...settings } = await readYaml(dir, 'bot.yaml', BotFile)
  const hasQuestions = await isThere(join(dir, 'questions.yaml'))
  const questions = hasQuestions
    ? await readYaml(dir, 'questions.yaml', QuestionsFile)
    : QuestionsFile.parse({})
  const files = await listFiles(dir)
  const names = new Set(files.map(({ name }) => name))
  questions.answerable.forEach(({ document }, at) => {
    if (names.has(document)) return
    throw invalidPack(
      'questions.yaml',
      `answerable[${at}].document`,
      `the name of a file in knowledge/, not "${document}"`,
    )
  })
  const prompts = await readOwnPrompts(dir)
  const photos = await listPhotos(dir, products ?? [], {
    isThere,
    check: async (name) => checkFile(await realpath(join(dir, 'photos')), join(dir, name), name),
  })
  const { keyword_weight: keywordWeight, recency } = knowledge
  return { slug, settings, keywordWeight, recency, plans, products, photos, questions, prompts, files }
}

async function readYaml<T>(dir: string, file: string, schema: z.ZodType<T>): Promise<T> {
  const document = parseDocument(await readSmall(dir, file), { prettyErrors: true })
  const [fault] = document.errors
  if (fault) throw invalidPack(file, `line ${fault.linePos?.[0].line ?? '?'}`, `valid YAML (${fault.code})`)
  const parsed = schema.safeParse(toPlain(document, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalidPack(file, presentPath(issue?.path ?? []), issue?.message ?? 'another value')
}

/** The Bot's own wording of prompts. */
async function readOwnPrompts(dir: string): Promise<PackPrompts> {
  const prompts: PackPrompts = {}
  for (const purpose of OVERRIDABLE) {
    if (await isThere(join(dir, promptFile(purpose)))) prompts[purpose] = await readOwnPrompt(dir, purpose)
  }
  return prompts
}

async function readOwnPrompt(dir: string, purpose: OverridablePrompt): Promise<string> {
  const file = promptFile(purpose)
  const text = PromptText.safeParse(await readSmall(dir, file))
  if (!text.success) throw invalidPack(file, '', text.error.issues[0]?.message ?? 'another text')
  const { missing, unknown } = comparePlaceholders(purpose, text.data)
  if (missing[0]) throw invalidPack(file, '', `the placeholder {{${missing[0]}}}`)
  if (unknown[0]) throw invalidPack(file, '', `no placeholder {{${unknown[0].slice(0, 40)}}}`)
  return text.data
}

/** Where a pack holds its own wording of a prompt. */
export function promptFile(purpose: OverridablePrompt): string {
  return `prompts/${purpose}.md`
}

/** Anchors may make a small file huge: the parser refuses past a hundred of them. */
function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw invalidPack(file, '', 'fewer aliases', cause)
  }
}

async function readSmall(dir: string, file: string): Promise<string> {
  try {
    await using handle = await open(join(dir, file), 'r')
    const { size } = await handle.stat()
    if (size > MAX_YAML_BYTES) throw invalidPack(file, '', `at most ${MAX_YAML_BYTES} bytes`)
    return await handle.readFile('utf8')
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw invalidPack(file, '', 'a readable file of that name', cause)
  }
}

async function listFiles(dir: string): Promise<PackFile[]> {
  const folder = await realpath(join(dir, 'knowledge')).catch((cause: unknown) => {
    throw invalidPack('knowledge/', '', 'a folder with the documents to answer from', cause)
  })
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const visible = entries.filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory())
  if (visible.length === 0) throw invalidPack('knowledge/', '', 'at least one document')
  if (visible.length > MAX_FILES) throw invalidPack('knowledge/', '', `at most ${MAX_FILES} documents`)
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
    throw invalidPack(shown, '', 'a file, not a link to nowhere', cause)
  })
  if (!real.startsWith(folder + sep))
    throw invalidPack(shown, '', 'a file inside knowledge/, not a link out of it')
  const { size, isRegular } = await stat(real).then((it) => ({ size: it.size, isRegular: it.isFile() }))
  if (!isRegular) throw invalidPack(shown, '', 'a regular file')
  if (size === 0) throw invalidPack(shown, '', 'a file that is not empty')
  if (size > MAX_FILE_BYTES) throw invalidPack(shown, '', `at most ${MAX_FILE_BYTES} bytes`)
}

function presentPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at ? '.' : ''}${String(key)}`))
    .join('')
}

/** A fault of a pack: in which file, where in it, and what is wanted there. */
export function invalidPack(file: string, path: string, wants: string, cause?: unknown): AppError {
  return new AppError('pack.invalid', { file, path, wants, ...(cause === undefined ? {} : { cause }) })
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
