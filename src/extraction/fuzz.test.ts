import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { withFile } from '../testing/samples/documents.ts'
import { buildEveryFormat, damageFile } from '../testing/samples/every-format.ts'
import type { Extraction } from './block.ts'
import { createExtractor, type Extractor } from './extractor.ts'

/** Damaged copies of each sample: `FUZZ_COPIES=40` for the long run. */
const COPIES = Number(process.env.FUZZ_COPIES ?? 1)
/** Files of their own canary through one warm child: `FUZZ_CANARIES=400` for the long run. */
const CANARIES = Number(process.env.FUZZ_CANARIES ?? 24)

const SHARED = process.env.SHARED_DIR ?? fileURLToPath(new URL('../../../shared', import.meta.url))
const FOLDER = join(SHARED, 'eval/documents')

async function read(extractor: Extractor, path: string): Promise<string> {
  try {
    const extraction = await extractor.extract(path)
    const text = textOf(extraction)
    return text.trim() === '' ? 'ready without text' : 'text'
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
}

function textOf({ title = '', blocks }: Extraction): string {
  return [title, ...blocks.map((block) => block.text)].join('\n')
}

/** By force, or with a reason no one foresaw. */
const BAD = new Set(['ready without text', 'document.extraction_failed', 'document.extraction_timed_out'])

describe('damaged files', () => {
  it('are read or refused with a reason; none crashes its child, hangs or is ready without text', {
    timeout: 1_200_000,
  }, async () => {
    await using extractor = createExtractor({ maxChildren: 2, limits: { timeoutMs: 20_000 } })
    await using file = await withFile('damaged', '')
    const outcomes = new Map<string, string[]>()
    for (const [name, content] of [...buildEveryFormat('kestrel'), ...listShared()]) {
      for (let copy = 0; copy < COPIES; copy += 1) {
        // In the short run, too, each kind of damage meets some of the files.
        await writeFile(file.path, damageFile(content, copy + name.charCodeAt(2)))
        const outcome = await read(extractor, file.path)
        outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), `${name} ${copy}`])
      }
    }

    const bad = [...outcomes].filter(([outcome]) => BAD.has(outcome) || !outcome.match(/^(text$|document\.)/))
    expect(bad).toEqual([])
    expect(outcomes.size).toBeGreaterThan(2)
  })
})

/** Of the evaluation's files those that are small enough to be damaged often; none where they are absent. */
function listShared(): [string, Buffer][] {
  if (!existsSync(FOLDER) || COPIES === 1) return []
  return readdirSync(FOLDER)
    .filter((name) => name !== 'manifest.json')
    .map((name): [string, Buffer] => [name, readFileSync(join(FOLDER, name))])
    .filter(([, content]) => content.length > 0 && content.length < 150_000)
}

describe('one child that reads file after file', () => {
  it('lets nothing of one file into another, broken ones between them', { timeout: 600_000 }, async () => {
    await using extractor = createExtractor({ maxChildren: 1, idleMs: 60_000 })
    await using file = await withFile('canary', '')
    const leaks: string[] = []
    let readFiles = 0
    for (let at = 0; at < CANARIES; at += 1) {
      const word = `canary${at}x`
      const samples = buildEveryFormat(word)
      const [name, content] = samples[at % samples.length] ?? ['', Buffer.alloc(0)]
      const isBroken = at % 5 === 4
      await writeFile(file.path, isBroken ? content.subarray(0, content.length * 0.7) : content)
      const extraction = await extractor.extract(file.path, { fileName: name }).catch(() => undefined)
      const words: string[] = JSON.stringify(extraction ?? '').match(/canary\d+x/g) ?? []
      if (!isBroken && !words.includes(word)) leaks.push(`${name} ${at} lost its own`)
      for (const other of words) if (other !== word) leaks.push(`${name} ${at} holds ${other}`)
      readFiles += extraction ? 1 : 0
    }

    expect(leaks).toEqual([])
    expect(readFiles).toBeGreaterThanOrEqual(Math.floor(CANARIES * 0.8))
  })
})
