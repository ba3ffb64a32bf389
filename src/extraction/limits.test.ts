import { readdirSync, readFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { buildDocx, withFile, wordParagraph } from '../testing/samples/documents.ts'
import { HOSTILE_SAMPLES } from '../testing/samples/hostile.ts'
import { createExtractor, extractFile } from './extractor.ts'
import type { ExtractLimits } from './limits.ts'

const MEGABYTE = 1024 * 1024

/** A quiet machine stays under 30 ms; a busy one with two cores takes its time to give this process its turn. */
const MAX_LAG_MS = 700

/** A child is looked at every 50 ms, so it may be seen a little above its limit before it is killed. */
const MEMORY_SLACK_MEGABYTES = 60

/** Ended well within it on a quiet machine: 10 s are allowed there. */
const MAX_SECONDS = 20

/** `BOMBS=all` adds those that take seconds to build. */
const SAMPLES = HOSTILE_SAMPLES.filter(({ isLarge }) => process.env.BOMBS === 'all' || !isLarge)

describe('a hostile file', { timeout: 60_000 }, () => {
  it.each(SAMPLES)('is ended within its bounds while this process stays awake: $name', async (sample) => {
    await using file = await withFile(sample.fileName, sample.build())
    const memory = watchChildren()
    const lag = monitorEventLoopDelay({ resolution: 10 })
    const startedMs = performance.now()
    lag.enable()

    const outcome = await extractFile(file.path, { inputBytes: 100 * MEGABYTE }).then(
      () => 'text',
      (error: unknown) => Reflect.get(Object(error), 'code'),
    )

    lag.disable()
    expect(sample.outcomes).toContain(outcome)
    expect((performance.now() - startedMs) / 1_000).toBeLessThan(MAX_SECONDS)
    expect(memory.stop()).toBeLessThan(512 + MEMORY_SLACK_MEGABYTES)
    expect(lag.max / 1e6).toBeLessThan(MAX_LAG_MS)
    expect(listChildren()).toEqual([])
  })
})

describe('a child that misbehaves', () => {
  const extractWith = async (program: string, limits: Partial<ExtractLimits> = {}): Promise<unknown> => {
    await using worker = await withFile('worker.mjs', program)
    await using file = await withFile('note.txt', 'A note.')
    await using extractor = createExtractor({ worker: worker.path, limits })
    return await extractor.extract(file.path).catch((error: unknown) => error)
  }

  it('is killed when it hangs', async () => {
    const started = performance.now()

    const error = await extractWith("process.on('message', () => { for (;;); })", { timeoutMs: 1_000 })

    expect(error).toMatchObject({ code: 'document.extraction_timed_out' })
    expect(performance.now() - started).toBeLessThan(8_000)
    expect(listChildren()).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')('is killed when it fills the memory outside its heap', async () => {
    const memory = watchChildren()

    const error = await extractWith(
      "const held = []; process.on('message', () => setInterval(() => held.push(Buffer.alloc(4_000_000, 1)), 5))",
      { memoryMegabytes: 200 },
    )

    expect(error).toMatchObject({ code: 'document.extraction_out_of_memory' })
    expect(memory.stop()).toBeLessThan(200 + MEMORY_SLACK_MEGABYTES)
    expect(listChildren()).toEqual([])
  })

  it('is told apart when its heap ends it', async () => {
    const error = await extractWith(
      "const held = []; process.on('message', () => { for (;;) held.push(new Array(1e5).fill(held.length)) })",
      { memoryMegabytes: 120 },
    )

    expect(error).toMatchObject({ code: 'document.extraction_out_of_memory' })
  })

  it.each([
    ['ends', 'process.exit(0)'],
    ['crashes', 'process.abort()'],
    ['reports nonsense', "process.send({ type: 'blocks', blocks: [{ kind: 'paragraph' }] })"],
    ['names a code of its own', "process.send({ type: 'refused', code: 'internal.unexpected' })"],
  ])('fails the file alone when it %s', async (_, action) => {
    const error = await extractWith(`process.on('message', () => { ${action} })`)

    expect(error).toMatchObject({ code: 'document.extraction_failed' })
  })

  it('knows no secret and reaches no file', async () => {
    const extraction = await extractWith(`
      import { readFileSync } from 'node:fs'
      import { execSync } from 'node:child_process'
      const attempt = (it) => { try { return String(it()) } catch (error) { return error.code } }
      process.on('message', () => {
        const text = [Object.keys(process.env).filter((key) => !key.startsWith('NODE_CHANNEL')).join() || 'nothing',
          attempt(() => readFileSync('/etc/passwd')), attempt(() => execSync('id'))].join(' ')
        process.send({ type: 'blocks', blocks: [{ kind: 'paragraph', text }] })
        process.send({ type: 'done', mediaType: 'text/plain', characters: text.length })
      })`)

    expect(extraction).toMatchObject({ blocks: [{ text: 'nothing ERR_ACCESS_DENIED ERR_ACCESS_DENIED' }] })
  })

  it('plants nothing in the code the next one is given', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'code-'))
    await using worker = await withFile(
      'worker.mjs',
      `import { writeFileSync } from 'node:fs'
      process.on('message', () => {
        try { writeFileSync(process.env.NODE_COMPILE_CACHE + '/planted', 'evil()') } catch {}
        process.send({ type: 'refused', code: 'document.no_text' })
      })`,
    )
    await using file = await withFile('note.txt', 'A note.')
    await using extractor = createExtractor({ worker: worker.path, codeDir: folder.path })

    await expect(extractor.extract(file.path)).rejects.toMatchObject({ code: 'document.no_text' })

    // The name alone: that it was tried is seen, too.
    expect(readFileSync(join(folder.path, 'planted'), 'utf8')).toBe('')
  })

  it('leaves the next file to a new child', async () => {
    await using bad = await withFile('bad.docx', buildDocx(wordParagraph('a'.repeat(22 * MEGABYTE))))
    await using good = await withFile('good.txt', 'Still reading.')
    await using extractor = createExtractor({ maxChildren: 1 })

    await expect(extractor.extract(bad.path)).rejects.toMatchObject({ code: 'document.too_large' })

    await expect(extractor.extract(good.path)).resolves.toMatchObject({ characters: 14 })
  })
})

describe('close', () => {
  it('fails what is being read and leaves no child', async () => {
    await using worker = await withFile('worker.mjs', "process.on('message', () => { for (;;); })")
    await using file = await withFile('note.txt', 'A note.')
    const extractor = createExtractor({ worker: worker.path })
    const reading = extractor.extract(file.path).catch((error: unknown) => error)
    await expect.poll(listChildren).not.toEqual([])

    await extractor.close()

    expect(await reading).toMatchObject({ code: 'document.extraction_failed' })
    expect(listChildren()).toEqual([])
  })
})

/** The processes this one has started, where the system tells: elsewhere none is seen. */
function listChildren(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/task').flatMap((task) => {
    const children = readText(`/proc/self/task/${task}/children`).split(' ')
    return children.filter((pid) => pid !== '' && readText(`/proc/${pid}/cmdline`).includes('--permission'))
  })
}

function watchChildren(): { stop(): number } {
  let peak = 0
  const timer = setInterval(() => {
    for (const pid of listChildren()) {
      peak = Math.max(peak, (Number(readText(`/proc/${pid}/statm`).split(' ')[1]) * 4096) / MEGABYTE || 0)
    }
  }, 20)
  return {
    stop() {
      clearInterval(timer)
      return peak
    },
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
