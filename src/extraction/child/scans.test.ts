import { describe, expect, it, vi } from 'vitest'
import { buildPdf, pdfText, withFile } from '../../testing/samples/documents.ts'
import { createExtractor } from '../extractor.ts'
import { startDeadline } from './deadline.ts'
import { findTesseract, type Recognise } from './tesseract.ts'

const log = { warn() {} }
const tesseract = await findTesseract({ languages: 'eng', memoryMegabytes: 512, log })

/** A picture of one black dot, over most of the page. */
const PICTURE = 'q 500 0 0 700 40 60 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \u0000 EI Q'

/** Letters made of bars, in fifths of their height: there is no text in them. */
const BARS: Record<string, number[][]> = {
  L: [
    [0, 0, 1, 5],
    [0, 0, 3, 1],
  ],
  T: [
    [1, 0, 1, 5],
    [0, 4, 3, 1],
  ],
  E: [
    [0, 0, 1, 5],
    [0, 0, 3, 1],
    [0, 2, 3, 1],
    [0, 4, 3, 1],
  ],
}

function drawWord(word: string): string {
  const bars = [...word].flatMap((letter, at) =>
    (BARS[letter] ?? []).map(([x = 0, y = 0, width = 0, height = 0]) => [
      100 + at * 32 + x * 8,
      600 + y * 8,
      width * 8,
      height * 8,
    ]),
  )
  return bars.map((bar) => `${bar.join(' ')} re f`).join('\n')
}

async function extractWith(recognise: Recognise | undefined, pages: string[], worker?: string) {
  await using file = await withFile('scan.pdf', buildPdf(pages.map((content) => ({ content }))))
  await using extractor = createExtractor({ recognise, ...(worker !== undefined && { worker }) })
  return await extractor.extract(file.path)
}

describe('pages that are pictures', () => {
  it('are read where they stand, and only they', async () => {
    const pictures: Buffer[] = []
    const recognise: Recognise = async (png) => {
      pictures.push(png)
      return 'The lan-\ntern is\nvermilion.\n\nThe bell rings.\n'
    }

    const { blocks, pages } = await extractWith(recognise, [pdfText(['Typed.']), PICTURE, ''])

    expect(pages).toBe(3)
    expect(blocks).toEqual([
      { kind: 'paragraph', text: 'Typed.', page: 1 },
      { kind: 'paragraph', text: 'The lantern is vermilion.', page: 2 },
      { kind: 'paragraph', text: 'The bell rings.', page: 2 },
    ])
    expect(pictures.map((png) => png.toString('latin1', 1, 4))).toEqual(['PNG'])
    expect(pictures[0]?.readUInt32BE(16)).toBe(Math.round((595 * 300) / 72))
  })

  it('are refused without text recognition, and where it finds nothing', async () => {
    await expect(extractWith(undefined, [PICTURE])).rejects.toMatchObject({ code: 'document.no_text' })
    await expect(extractWith(async () => ' \n\f', [PICTURE])).rejects.toMatchObject({
      code: 'document.no_text',
    })
  })

  it('fail their file alone when recognition fails, with its reason', async () => {
    const recognise: Recognise = (_, signal) => {
      expect(signal.aborted).toBe(false)
      return Promise.reject(new Error('broken'))
    }

    await expect(extractWith(recognise, [PICTURE])).rejects.toThrow('broken')
  })

  it('are told to stop when their file is given up', async () => {
    let given: AbortSignal | undefined
    await using file = await withFile('scan.pdf', buildPdf([{ content: PICTURE }]))
    const extractor = createExtractor({
      recognise: (_, signal) => {
        given = signal
        return new Promise(() => {})
      },
    })
    const reading = extractor.extract(file.path).catch((error: unknown) => error)
    await expect.poll(() => given, { timeout: 10_000 }).toBeDefined()

    await extractor.close()

    expect(await reading).toMatchObject({ code: 'document.extraction_failed' })
    expect(given?.aborted).toBe(true)
  })

  it.each([
    ['unasked', undefined],
    ['several at once', () => new Promise<string>(() => {})],
  ])('end the child that sends them %s', async (_, recognise) => {
    await using worker = await withFile(
      'worker.mjs',
      "process.on('message', () => { for (let at = 0; at < 3; at += 1) process.send({ type: 'picture', png: 'AA==' }) })",
    )

    await expect(extractWith(recognise, [PICTURE], worker.path)).rejects.toMatchObject({
      code: 'document.extraction_failed',
    })
  })
})

describe.skipIf(!tesseract)('tesseract (skipped where it is not on the PATH)', () => {
  it('reads the letters on a page', async () => {
    const { blocks } = await extractWith(tesseract, [`0 g\n${drawWord('TELL')}`])

    expect(blocks[0]).toMatchObject({ kind: 'paragraph', page: 1 })
    expect(blocks.map(({ text }) => text).join(' ')).toContain('TELL')
  })

  it('is not used without the languages that are wanted', async () => {
    const missing: unknown[] = []
    const telling = { warn: (details: object) => void missing.push(details) }

    expect(await findTesseract({ languages: 'eng+xxx', memoryMegabytes: 512, log: telling })).toBeUndefined()
    expect(missing).toEqual([{ missing: ['xxx'] }])
  })

  it('is ended when it is told to stop', async () => {
    const stopped = new AbortController()
    const reading = tesseract?.(Buffer.from('no picture'), stopped.signal)
    stopped.abort()

    await expect(reading).rejects.toMatchObject({ code: 'document.extraction_failed' })
  })
})

describe('startDeadline', () => {
  it('counts no time while it is paused', () => {
    vi.useFakeTimers()
    let passed = 0
    const deadline = startDeadline(1_000, () => {
      passed += 1
    })

    vi.advanceTimersByTime(600)
    deadline.pause()
    vi.advanceTimersByTime(60_000)
    deadline.resume()
    vi.advanceTimersByTime(399)
    expect(passed).toBe(0)
    vi.advanceTimersByTime(1)

    expect(passed).toBe(1)
    vi.useRealTimers()
  })
})
