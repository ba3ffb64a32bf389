import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { buildPdf, pdfText } from '../testing/document-samples.ts'
import type { Block } from './block.ts'
import { EXTRACT_LIMITS } from './limits.ts'
import { readPdf } from './pdf.ts'
import { BlockSink } from './sink.ts'

async function read(bytes: Buffer): Promise<Block[]> {
  const sink = new BlockSink(EXTRACT_LIMITS.textCharacters)
  await readPdf({ bytes, limits: EXTRACT_LIMITS }, sink)
  return sink.blocks
}

async function readTexts(bytes: Buffer): Promise<string[]> {
  return (await read(bytes)).map(({ text }) => text)
}

const PROSE = 'Sleep is the base of the whole programme, so begin there and add one step each week.'

describe('readPdf', () => {
  it('reads headings, paragraphs and lists with their page', async () => {
    const content =
      pdfText(['Sleep first'], { y: 780, size: 20, font: 'F2' }) +
      pdfText([PROSE, PROSE], { y: 740 }) +
      pdfText(['1. Same wake-up time', '2. Light in the morning'], { y: 690 })

    expect(await read(buildPdf([{ content: '' }, { content }]))).toEqual([
      { kind: 'heading', level: 1, page: 2, text: 'Sleep first' },
      { kind: 'paragraph', page: 2, text: `${PROSE} ${PROSE}` },
      { kind: 'list', page: 2, text: '1. Same wake-up time\n2. Light in the morning' },
    ])
  })

  it('mends words broken at line ends and keeps the hyphen of compounds', async () => {
    const content = pdfText([
      'This twelve-week plan has con-',
      'sidered it, and the twelve-',
      'week plan works.',
    ])

    expect(await readTexts(buildPdf([{ content }]))).toEqual([
      'This twelve-week plan has considered it, and the twelve-week plan works.',
    ])
  })

  it('reads two columns one after the other though the file holds them line by line', async () => {
    const line = (side: string, at: number): string => `${side} line ${at} goes on with some more words`
    const content = Array.from({ length: 12 }, (_, at) => {
      const y = 700 - at * 14
      return (
        pdfText([line('Left', at)], { x: 60, y, size: 10 }) +
        pdfText([line('Right', at)], { x: 310, y, size: 10 })
      )
    })
    const page =
      pdfText(['A title that spans both of the columns of this page'], { x: 60, y: 760, size: 18 }) +
      content.join('')

    const text = (await readTexts(buildPdf([{ content: page }]))).join(' ')

    expect(text).toMatch(/^A title.*Left line 0.*Left line 11.*Right line 0.*Right line 11/)
    expect(text.indexOf('Right line 0')).toBeGreaterThan(text.indexOf('Left line 11'))
  })

  it('reads a table row by row', async () => {
    const content = [
      ['Package', 'Price'],
      ['Group programme', '390 EUR'],
      ['Single call', '85 EUR'],
    ].map(
      ([left = '', right = ''], at) =>
        pdfText([left], { y: 700 - at * 16 }) + pdfText([right], { x: 300, y: 700 - at * 16 }),
    )

    expect(await read(buildPdf([{ content: content.join('') }]))).toEqual([
      { kind: 'table', page: 1, text: 'Package | Price\nGroup programme | 390 EUR\nSingle call | 85 EUR' },
    ])
  })

  it('leaves out invisible, white, tiny and off-page text', async () => {
    const content =
      pdfText([PROSE]) +
      `3 Tr ${pdfText(['mode'], { y: 700 })} 0 Tr 1 1 1 rg ${pdfText(['white'], { y: 680 })} 0 g ` +
      pdfText(['tiny'], { y: 660, size: 1 }) +
      pdfText(['outside'], { x: 900, y: 640 })

    expect(await readTexts(buildPdf([{ content }]))).toEqual([PROSE])
  })

  it('keeps white text on a dark ground', async () => {
    const content = `0 0 0.5 rg 50 690 400 40 re f 1 1 1 rg ${pdfText(['White on blue is for everyone'], { y: 700 })}`

    expect(await readTexts(buildPdf([{ content }]))).toEqual(['White on blue is for everyone'])
  })

  it.each([
    [90, '0 1 -1 0 300 100'],
    [180, '-1 0 0 -1 500 700'],
    [270, '0 -1 1 0 300 700'],
  ])('reads text turned by %d degrees in order', async (_, matrix) => {
    const content = `BT /F1 11 Tf 14 TL ${matrix} Tm (The first line of this page) Tj T* (and the second one.) Tj ET`

    expect(await readTexts(buildPdf([{ content }]))).toEqual([
      'The first line of this page and the second one.',
    ])
  })

  it('drops running heads and page numbers and keeps the titles of sheets', async () => {
    const pages = Array.from({ length: 6 }, (_, at) => ({
      content:
        pdfText([`Steady Strong, the handbook ${at + 1}`], { y: 815, size: 8 }) +
        pdfText([`Week ${at + 1}`], { y: 780, size: 20 }) +
        pdfText([`Text number ${'abcdef'[at]}: ${PROSE}`], { y: 740 }) +
        pdfText([`${at + 1}`], { x: 300, y: 30, size: 8 }),
    }))

    const blocks = await read(buildPdf(pages))

    expect(blocks.map(({ text, page }) => `${page} ${text}`)).toEqual(
      pages.flatMap((_, at) => [
        `${at + 1} Week ${at + 1}`,
        `${at + 1} Text number ${'abcdef'[at]}: ${PROSE}`,
      ]),
    )
  })

  it('keeps lines that repeat when they are all there is', async () => {
    const pages = Array.from({ length: 5 }, (_, at) => ({ content: pdfText([`Card ${at}`, 'Breathe']) }))

    expect((await readTexts(buildPdf(pages))).join(' ')).toMatch(/Card 0.*Breathe.*Card 4.*Breathe/)
  })

  it('adds what was filled into form fields', async () => {
    const field = '<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/TU(Your name)/V(Alice)/Rect[50 50 200 70]/F 4>>'
    const pdf = buildPdf([{ content: pdfText([PROSE]), entries: '/Annots[5 0 R]' }], [field])

    expect(await readTexts(pdf)).toEqual([PROSE, 'Your name: Alice'])
  })

  it('reads invisible text that lies on a scanned page', async () => {
    const image =
      '<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\nstream\n0\nendstream'
    const content = `q 595 0 0 842 0 0 cm /I Do Q 3 Tr ${pdfText(['Recognised words'])}`
    const pdf = buildPdf(
      [{ content, entries: '/Resources<</XObject<</I 5 0 R>>/Font<</F1 3 0 R>>>>' }],
      [image],
    )

    expect(await readTexts(pdf)).toEqual(['Recognised words'])
  })

  it('gives up within its heap', async () => {
    const bytes = buildPdf([{ content: Buffer.alloc(80_000_000, '0 0 m '), isDeflated: true }])
    const sink = new BlockSink(1_000)

    const error: unknown = await Promise.resolve(
      readPdf({ bytes, limits: { ...EXTRACT_LIMITS, memoryMegabytes: 100 } }, sink),
    ).catch((it: unknown) => it)

    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'document.extraction_out_of_memory' })
  })
})
