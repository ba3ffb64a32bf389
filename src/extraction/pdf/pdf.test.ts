import { describe, expect, it } from 'vitest'
import { AppError } from '../../errors.ts'
import { buildPdf, pdfText } from '../../testing/samples/documents.ts'
import type { Block } from '../block.ts'
import { EXTRACT_LIMITS } from '../limits.ts'
import { BlockSink } from '../sink.ts'
import { readPdf } from './pdf.ts'

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

  it('puts the lines of a cell together, also where cells of a row are empty', async () => {
    const rows: [string[], string[], string[]][] = [
      [['Goal'], ['How'], ['When']],
      [['Sleep before ten', 'each night'], ['Phone in the kitchen;', 'lamp at nine'], ['Week 1']],
      [['Drink water'], [], ['Week 2 and also', 'week 3']],
      [['Walk'], ['Round the pond'], []],
    ]
    let y = 760
    const content = rows.map((row) => {
      const cells = row.map((lines, at) => pdfText(lines, { x: 72 + at * 150, y, size: 10 }))
      y -= 10 + 13 * Math.max(...row.map((lines) => lines.length))
      return cells.join('')
    })
    const after = pdfText([PROSE], { y: y - 20, size: 10 })

    expect(await readTexts(buildPdf([{ content: content.join('') + after }]))).toEqual([
      'Goal | How | When\nSleep before ten each night | Phone in the kitchen; lamp at nine | Week 1\n' +
        'Drink water | Week 2 and also week 3\nWalk | Round the pond',
      PROSE,
    ])
  })

  it('is refused where it only asks for a program that can show its form', async () => {
    const xfa = '<</Length 7>>\nstream\n<xdp/>\n\nendstream'
    const pdf = buildPdf([{ content: pdfText(['Please wait ...']) }], [xfa]).toString('latin1')
    const catalogue = '/AcroForm<</Fields[]/XFA 5 0 R>>/NeedsRendering true/Pages'
    const form = Buffer.from(pdf.replace('/Catalog/Pages', `/Catalog${catalogue}`), 'latin1')

    await expect(read(form)).rejects.toMatchObject({ code: 'document.dynamic_form' })
  })

  it('is refused when one page is shown over and over', async () => {
    const lines = Array.from({ length: 60 }, (_, at) => `${PROSE} ${at}`)
    const one = buildPdf([{ content: pdfText(lines, { y: 800, size: 8 }) }]).toString('latin1')
    const many = one.replace(
      /Count 1\/Kids\[(\d+ 0 R)\]/,
      (_, page) => `Count 5000/Kids[${`${page} `.repeat(5_000)}]`,
    )

    await expect(read(Buffer.from(many, 'latin1'))).rejects.toMatchObject({
      code: 'document.inflated_too_large',
    })
  })

  it('leaves out invisible, white, tiny and off-page text', async () => {
    const content =
      pdfText([PROSE]) +
      `3 Tr ${pdfText(['mode'], { y: 700 })} 0 Tr 1 1 1 rg ${pdfText(['white'], { y: 680 })} 0 g ` +
      pdfText(['tiny'], { y: 660, size: 1 }) +
      pdfText(['outside'], { x: 900, y: 640 })

    expect(await readTexts(buildPdf([{ content }]))).toEqual([PROSE])
  })

  it.each([
    ['a black box over it', `${pdfText(['Canary'], { y: 700 })} 0 g 60 690 200 20 re f`],
    ['a white box over it', `${pdfText(['Canary'], { y: 700 })} 1 g 60 690 200 20 re f 0 g`],
    ['a ground of its own colour', `0 0 .4 rg 60 690 200 20 re f ${pdfText(['Canary'], { y: 700 })} 0 g`],
    ['a clipping path elsewhere', `q 0 0 10 10 re W n ${pdfText(['Canary'], { y: 700 })} Q`],
    ['a box over half of its line', `${pdfText(['Canary'], { x: 300 })} 0 g 290 750 200 30 re f`],
  ])('leaves out text hidden by %s', async (_, hidden) => {
    const content = pdfText([PROSE], { y: 720 }) + hidden

    expect(await readTexts(buildPdf([{ content }]))).toEqual([PROSE])
  })

  it('leaves out a layer that is switched off, and keeps one that is not', async () => {
    const layer = (name: string, text: string, y: number): string =>
      `/OC /${name} BDC ${pdfText([text], { y })} EMC `
    const content = layer('Off', 'Canary', 700) + layer('On', PROSE, 660)
    const entries = '/Resources<</Font<</F1 3 0 R>>/Properties<</Off 5 0 R/On 6 0 R>>>>/Dummy 7 0 R'
    const layers = ['<</Type/OCG/Name(Off)>>', '<</Type/OCG/Name(On)>>']
    const pdf = buildPdf([{ content, entries }], layers).toString('latin1')
    const catalogue = '/OCProperties<</OCGs[5 0 R 6 0 R]/D<</OFF[5 0 R]>>>>/Pages'

    expect(
      await readTexts(Buffer.from(pdf.replace('/Catalog/Pages', `/Catalog${catalogue}`), 'latin1')),
    ).toEqual([PROSE])
  })

  it('keeps text under what does not hide it: a frame, a light mark, another line', async () => {
    const content =
      pdfText([PROSE], { y: 720 }) +
      `60 710 480 20 re S /G gs 1 1 0 rg 60 715 480 12 re f 0 g ${pdfText(['.'], { y: 718 })}`
    const entries = '/Resources<</Font<</F1 3 0 R>>/ExtGState<</G<</ca .4/BM/Multiply>>>>>>'

    expect((await readTexts(buildPdf([{ content, entries }]))).join(' ')).toContain(PROSE)
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
