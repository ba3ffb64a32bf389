import { existsSync, readFileSync } from 'node:fs'
import { mkdtempDisposable, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../errors.ts'
import { buildPdf, pdfText, withFile } from '../testing/samples/documents.ts'
import { createExtractor, extractFile } from './extractor.ts'
import { judgeExtraction, ManifestRow } from './manifest.ts'

const SHARED = process.env.SHARED_DIR ?? fileURLToPath(new URL('../../../shared', import.meta.url))
const FOLDER = join(SHARED, 'eval/documents')
const MANIFEST = join(FOLDER, 'manifest.json')
const rows = existsSync(MANIFEST)
  ? ManifestRow.array().parse(JSON.parse(readFileSync(MANIFEST, 'utf8')).files)
  : []

describe.skipIf(rows.length === 0)(
  'every file of ../shared/eval/documents (skipped where it is absent)',
  () => {
    const extractor = createExtractor()
    afterAll(() => extractor.close())

    it.each(rows)('$file: $outcome', async (row) => {
      const result = await extractor.extract(join(FOLDER, row.file)).catch((error: unknown) => error)

      if (result instanceof AppError) expect(judgeExtraction(row, undefined, result.code)).toBe('')
      else if (result instanceof Error) throw result
      else expect(judgeExtraction(row, await extractor.extract(join(FOLDER, row.file)), undefined)).toBe('')
    })
  },
)

describe('extractFile', () => {
  it('reads a file by its content, not by its name', async () => {
    await using file = await withFile('letter.pdf', '# Sleep\n\nGo to bed before eleven.')

    const extraction = await extractFile(file.path)

    expect(extraction).toMatchObject({ mediaType: 'text/plain', characters: 31 })
  })

  it.each<[name: string, content: string | Buffer, code: ErrorCode]>([
    ['empty.txt', '', 'document.empty_file'],
    ['blank.md', ' \n\t\n', 'document.no_text'],
    [
      'noise.txt',
      Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 7919) % 256)),
      'document.unsupported_type',
    ],
    ['old.doc', Buffer.from(`d0cf11e0a1b11ae1${'00'.repeat(600)}`, 'hex'), 'document.unsupported_type'],
    ['half.rtf', '{\\rtf1 Hello', 'document.damaged'],
    ['half.docx', 'PK\u0003\u0004 and no more', 'document.damaged'],
    ['half.pdf', '%PDF-1.7\n1 0 obj', 'document.damaged'],
  ])('refuses %s with what to do', async (name, content, code) => {
    await using file = await withFile(name, content)

    await expect(extractFile(file.path)).rejects.toMatchObject({ code })
  })

  it('refuses an input and a text larger than allowed', async () => {
    await using file = await withFile('book.txt', 'A sentence of a book. '.repeat(1_000))

    await expect(extractFile(file.path, { inputBytes: 1_000 })).rejects.toMatchObject({
      code: 'document.too_large',
    })
    await expect(extractFile(file.path, { textCharacters: 1_000 })).rejects.toMatchObject({
      code: 'document.too_large',
    })
  })
})

describe('createExtractor', () => {
  it('reads many files at once, in order of asking, with few children', async () => {
    await using extractor = createExtractor({ maxChildren: 2 })
    const names = Array.from({ length: 12 }, (_, index) => `Lesson ${index}`)
    const files = await Promise.all(names.map((name) => withFile(`${name}.md`, `# ${name}\n\nText.`)))

    const extractions = await Promise.all(files.map(({ path }) => extractor.extract(path)))

    expect(extractions.map(({ title }) => title)).toEqual(names)
    for (const file of files) await file[Symbol.asyncDispose]()
  })

  it('tells how many pages it has read while it reads on', async () => {
    const lines = Array.from({ length: 40 }, (_, line) => `Line ${line} tells of harbours and their bells.`)
    const pages = Array.from({ length: 300 }, () => ({ content: pdfText(lines) }))
    await using file = await withFile('long.pdf', buildPdf(pages))
    await using extractor = createExtractor()
    const told: { done: number; total: number }[] = []

    await extractor.extract(file.path, { onPage: (progress) => told.push(progress) })

    expect(told[0]?.done).toBeLessThan(300)
    expect(told.every(({ total }) => total === 300)).toBe(true)
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b))
  })

  it('takes the kind of text from the name as uploaded', async () => {
    await using extractor = createExtractor()
    await using file = await withFile('3f2a', '# Naps\n\nUntil *three*.')

    const { mediaType, blocks } = await extractor.extract(file.path, { fileName: 'naps.md' })

    expect(mediaType).toBe('text/markdown')
    expect(blocks).toEqual([
      { kind: 'heading', level: 1, text: 'Naps' },
      { kind: 'paragraph', text: 'Until three.' },
    ])
  })

  it('keeps what its children run compiled, which children of later extractors take', async () => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'code-'))
    await using file = await withFile('naps.md', '# Naps')
    const codeDir = join(home.path, 'code')
    const listKept = async () => {
      const entries = await readdir(codeDir, { recursive: true, withFileTypes: true }).catch(() => [])
      return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    }
    await using first = createExtractor({ codeDir })

    await first.extract(file.path)
    await expect.poll(async () => (await listKept()).length, { timeout: 20_000 }).toBeGreaterThan(20)
    await using second = createExtractor({ codeDir })
    const { title } = await second.extract(file.path)

    expect(title).toBe('Naps')
    for (const kept of await listKept()) expect((await stat(kept)).size).toBeGreaterThan(0)
  })
})
