import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listDocuments } from '../knowledge/documents/document.ts'
import { packedBot } from '../testing/samples/pack.ts'
import { type KnowledgeTest, openKnowledgeTest } from '../testing/worlds/knowledge-world.ts'
import { readPack } from './pack.ts'
import { exportPack } from './pack-export.ts'
import { importPack } from './pack-import.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cornerman-packs-'))
})
afterAll(() => rm(folder, { recursive: true }))

const BOT = packedBot('walk-coach')
const QUESTIONS = `
answerable:
  - { question: How long?, lang: en, document: walks.md, fact: twenty minutes }
refused:
  - { question: Which shares?, lang: en, why: not about walking }
`

/** Writes a whole pack, with some files replaced or (null) left out. */
async function write(replace: Record<string, string | null> = {}): Promise<string> {
  const dir = await mkdtemp(join(folder, 'pack-'))
  const files = {
    'bot.yaml': BOT,
    'questions.yaml': QUESTIONS,
    'knowledge/walks.md': 'Walk for twenty minutes.',
    ...replace,
  }
  for (const [name, text] of Object.entries(files)) {
    if (text === null) continue
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return dir
}

describe('readPack', () => {
  it('reads who the bot is, its questions and its files', async () => {
    const pack = await readPack(await write({ 'knowledge/more/tea.txt': 'Tea.', 'knowledge/.DS_Store': 'x' }))

    expect(pack).toMatchObject({ slug: 'walk-coach', settings: { name: 'Walker', grounding: 'strict' } })
    expect(pack.files.map(({ name }) => name)).toEqual(['more/tea.txt', 'walks.md'])
    expect(pack.questions.answerable[0]?.document).toBe('walks.md')
  })

  it.each([
    ['a missing bot.yaml', { 'bot.yaml': null }, 'bot.yaml', ''],
    ['broken YAML', { 'bot.yaml': 'slug: [a' }, 'bot.yaml', 'line 1'],
    [
      'a slug no address can hold',
      { 'bot.yaml': BOT.replace('walk-coach', 'Walk Coach') },
      'bot.yaml',
      'slug',
    ],
    [
      'a missing line',
      { 'bot.yaml': BOT.replace('greeting: { en: Hello. }', 'greeting: { en: "" }') },
      'bot.yaml',
      'greeting.en',
    ],
    [
      'a weight out of range',
      { 'bot.yaml': `${BOT}knowledge: { keyword_weight: 2 }` },
      'bot.yaml',
      'knowledge.keyword_weight',
    ],
    ['an unknown key', { 'bot.yaml': `${BOT}personna: x` }, 'bot.yaml', ''],
    ['a bomb of aliases', { 'bot.yaml': bomb() }, 'bot.yaml', ''],
    [
      'a question about no file',
      { 'questions.yaml': QUESTIONS.replace('walks.md', '../bot.yaml') },
      'questions.yaml',
      'answerable[0].document',
    ],
    ['no knowledge', { 'knowledge/walks.md': null }, 'knowledge/', ''],
    ['an empty file', { 'knowledge/empty.md': '' }, 'knowledge/empty.md', ''],
  ])('refuses %s and says where', async (_, replace, file, path) => {
    await expect(readPack(await write(replace))).rejects.toMatchObject({
      code: 'pack.invalid',
      details: { file, path, wants: expect.any(String) },
    })
  })

  it('follows no link out of the pack', async () => {
    const dir = await write()
    await symlink('/etc/passwd', join(dir, 'knowledge', 'notes.txt'))

    await expect(readPack(dir)).rejects.toMatchObject({ details: { file: 'knowledge/notes.txt' } })
  })
})

describe('importPack and exportPack', () => {
  let test: KnowledgeTest
  beforeAll(async () => {
    test = await openKnowledgeTest()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  it('imports once, then only what changed', async () => {
    const { creatorId } = await test.addBase()
    const dir = await write({ 'knowledge/tea.txt': 'Tea.', 'knowledge/old.txt': 'Old.' })

    const first = await importPack(test, await readPack(dir), { creatorId })
    for (const versionId of first.versionIds) await test.ingest(versionId)
    const second = await importPack(test, await readPack(dir), { creatorId })
    await writeFile(join(dir, 'knowledge', 'tea.txt'), 'Green tea.')
    await rm(join(dir, 'knowledge', 'old.txt'))
    const third = await importPack(test, await readPack(dir), { creatorId })

    expect(first).toMatchObject({ added: ['old.txt', 'tea.txt', 'walks.md'], changed: [], removed: [] })
    expect(second).toMatchObject({ added: [], changed: [], removed: [], versionIds: [], botId: first.botId })
    expect(second.unchanged).toHaveLength(3)
    expect(third).toMatchObject({
      added: [],
      changed: ['tea.txt'],
      removed: ['old.txt'],
      unchanged: ['walks.md'],
    })
    const passages = await test.db.selectFrom('passage').select('text').execute()
    expect(passages.map(({ text }) => text)).not.toContain('Old.')
  })

  it('leaves the bot of another Creator alone', async () => {
    const one = await test.addBase()
    const other = await test.addBase()
    const dir = await write({ 'bot.yaml': BOT.replace('walk-coach', 'taken') })
    await importPack(test, await readPack(dir), one)

    await expect(importPack(test, await readPack(dir), other)).rejects.toMatchObject({
      code: 'pack.invalid',
      details: { path: 'slug' },
    })
    expect(
      await test.db
        .selectFrom('knowledge_base')
        .select('id')
        .where('creator_id', '=', other.creatorId)
        .where('name', '=', 'taken')
        .execute(),
    ).toEqual([])
  })

  it('writes a pack that reads back the same, whatever a document is called', async () => {
    const { creatorId } = await test.addBase()
    const dir = await write({
      'bot.yaml': `${BOT.replace('walk-coach', 'there-and-back')}knowledge: { keyword_weight: 0.7 }`,
    })
    const pack = await readPack(dir)
    const { versionIds } = await importPack(test, pack, { creatorId })
    for (const versionId of versionIds) await test.ingest(versionId)
    const { id } = await test.db
      .selectFrom('knowledge_base')
      .select('id')
      .where('name', '=', 'there-and-back')
      .executeTakeFirstOrThrow()
    await test.learn({ creatorId, knowledgeBaseId: id }, '../../evil.md', 'Outside.')
    const target = join(folder, 'exported', 'pack')

    await exportPack(test, 'there-and-back', target)

    const back = await readPack(target)
    expect(back).toMatchObject({ slug: pack.slug, settings: pack.settings, keywordWeight: 0.7 })
    expect(await readFile(join(target, 'knowledge', 'walks.md'), 'utf8')).toBe('Walk for twenty minutes.')
    expect(back.files.map(({ name }) => name)).toEqual(['_/_/evil.md', 'walks.md'])
    expect(await readdir(join(folder, 'exported'))).toEqual(['pack'])
    expect(parse(await readFile(join(target, 'bot.yaml'), 'utf8'))).toMatchObject({ slug: 'there-and-back' })
    await expect(exportPack(test, 'there-and-back', target)).rejects.toMatchObject({ code: 'pack.invalid' })
    expect(await listDocuments(test.db, { creatorId, knowledgeBaseId: id })).toHaveLength(2)
  })
})

/** Nine aliases of nine aliases, seven deep: five million strings. */
function bomb(): string {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (const [at, name] of [...'bcdefg'].entries()) {
    const below = `*${'abcdefg'[at]}`
    levels.push(`${name}: &${name} [${Array(9).fill(below).join(', ')}]`)
  }
  return levels.join('\n')
}
