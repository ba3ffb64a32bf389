/** `npm run extract -- DIR [--json]`: reads every file that DIR/manifest.json names and says how it went. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { AppError } from '../src/errors.ts'
import type { Extraction } from '../src/extraction/block.ts'
import { createExtractor, type Extractor } from '../src/extraction/extractor.ts'
import { judgeExtraction, ManifestRow } from '../src/extraction/manifest.ts'

const Manifest = z.union([
  z.array(ManifestRow),
  z.object({ files: z.array(ManifestRow) }).transform((it) => it.files),
])

interface Row {
  file: string
  ok: boolean
  chars: number
  pages: number | null
  ms: number
  error: string | null
}

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
const [folder] = positionals
if (folder === undefined) {
  console.error('Usage: npm run extract -- DIR [--json]   (DIR holds manifest.json and the files it names)')
  process.exit(2)
}
const manifest = await readManifest(join(folder, 'manifest.json'))
await using extractor = createExtractor()
await run(extractor, manifest, folder)

async function readManifest(path: string): Promise<ManifestRow[]> {
  try {
    return Manifest.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    console.error(`${path} must be a JSON list of {file}, or an object with such a list in "files": ${error}`)
    process.exit(2)
  }
}

async function run(extractor: Extractor, rows: ManifestRow[], dir: string): Promise<void> {
  const started = performance.now()
  const done: { row: Row; mismatch: string | undefined }[] = []
  for (const expected of rows) {
    const { row, extraction } = await read(extractor, join(dir, expected.file), expected.file)
    const mismatch = judgeExtraction(expected, extraction, row.error ?? undefined)
    done.push({ row, mismatch })
    console.log(values.json ? JSON.stringify(row) : present(row, mismatch))
  }
  if (!values.json) summarise(done, performance.now() - started)
}

async function read(
  extractor: Extractor,
  path: string,
  file: string,
): Promise<{ row: Row; extraction: Extraction | undefined }> {
  const started = performance.now()
  const ms = (): number => Math.round(performance.now() - started)
  try {
    const extraction = await extractor.extract(path)
    const { characters: chars, pages = null } = extraction
    return { row: { file, ok: true, chars, pages, ms: ms(), error: null }, extraction }
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'document.extraction_failed'
    return { row: { file, ok: false, chars: 0, pages: null, ms: ms(), error: code }, extraction: undefined }
  }
}

function present({ file, ok, chars, pages, ms, error }: Row, mismatch: string | undefined): string {
  const outcome = ok ? `${chars} characters${pages === null ? '' : `, ${pages} pages`}` : error
  const judgement =
    mismatch === undefined ? '' : mismatch === '' ? '  as expected' : `  NOT AS EXPECTED: ${mismatch}`
  return `${file.padEnd(36)} ${String(ms).padStart(6)} ms  ${outcome}${judgement}`
}

function summarise(done: { row: Row; mismatch: string | undefined }[], ms: number): void {
  const read = done.filter(({ row }) => row.ok).length
  const judged = done.filter(({ mismatch }) => mismatch !== undefined)
  const matching = judged.filter(({ mismatch }) => mismatch === '').length
  const pages = done.reduce((sum, { row }) => sum + (row.pages ?? 0), 0)
  console.log(
    `\n${done.length} files in ${Math.round(ms)} ms: ${read} read (${pages} pages), ${done.length - read} refused.` +
      (judged.length > 0 ? ` ${matching} of ${judged.length} as the manifest expects.` : ''),
  )
}
