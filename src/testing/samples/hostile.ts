import type { ErrorCode } from '../../errors.ts'
import { buildDocx, buildPdf, buildZip, pdfText, wordParagraph, wrapDocx } from './documents.ts'
import { buildEpub, buildOdt, buildPptx, buildXlsx } from './office.ts'

/** A file made to exhaust whoever reads it. */
export interface HostileSample {
  name: string
  fileName: string
  build: () => Buffer
  /** What it may be refused with; `text` where it may be read as well. */
  outcomes: (ErrorCode | 'text')[]
  /** Built in seconds rather than moments: for the long run. */
  isLarge?: boolean
}

const MEGABYTE = 1024 * 1024

const DOCX_TYPES =
  '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'

const LAUGHS = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join(
  '',
)
const LAUGHING = `<!DOCTYPE d [<!ENTITY l0 "ha">${LAUGHS}]>`

const TOO_LARGE: ErrorCode[] = ['document.inflated_too_large', 'document.too_large']
const SPENT: ErrorCode[] = [
  'document.extraction_timed_out',
  'document.extraction_out_of_memory',
  'document.inflated_too_large',
  'document.too_large',
]

/** One or more for each format. */
export const HOSTILE_SAMPLES: HostileSample[] = [
  {
    name: 'a DOCX that inflates to 100 MB',
    fileName: 'a.docx',
    build: () => buildDocx(' '.repeat(100 * MEGABYTE)),
    outcomes: TOO_LARGE,
  },
  {
    name: 'a DOCX that inflates to 300 MB',
    fileName: 'a.docx',
    build: () => buildDocx(' '.repeat(300 * MEGABYTE)),
    outcomes: TOO_LARGE,
    isLarge: true,
  },
  {
    name: 'a DOCX whose directory claims ten bytes for 100 MB',
    fileName: 'a.docx',
    build: () =>
      buildZip([
        { name: '[Content_Types].xml', content: DOCX_TYPES },
        { name: 'word/document.xml', content: wrapDocx(' '.repeat(100 * MEGABYTE)), declaredBytes: 10 },
      ]),
    outcomes: TOO_LARGE,
    isLarge: true,
  },
  {
    name: 'a DOCX of a hundred thousand nested tables',
    fileName: 'a.docx',
    build: () => buildDocx('<w:tbl><w:tr><w:tc>'.repeat(100_000) + wordParagraph('deep')),
    outcomes: ['document.damaged'],
  },
  {
    name: 'a zip of a million members',
    fileName: 'a.zip',
    build: () => buildManyMembers(1_000_000),
    outcomes: TOO_LARGE,
    isLarge: true,
  },
  {
    name: 'a zip of zips',
    fileName: 'a.zip',
    build: () => buildZip([{ name: 'a.zip', content: buildZip([{ name: 'b', content: 'b' }]) }]),
    outcomes: ['document.unsupported_type'],
  },
  {
    name: 'a DOCX with a billion laughs',
    fileName: 'a.docx',
    build: () =>
      buildZip([
        { name: '[Content_Types].xml', content: DOCX_TYPES },
        { name: 'word/document.xml', content: LAUGHING + wrapDocx(wordParagraph('&l9;')) },
      ]),
    outcomes: ['document.damaged'],
  },
  {
    name: 'a deck whose slide inflates to 60 MB',
    fileName: 'a.pptx',
    build: () => buildPptx([{ shapes: '<p:sp/>'.repeat(9_000_000) }]),
    outcomes: TOO_LARGE,
    isLarge: true,
  },
  {
    name: 'a workbook of 60 MB of shared strings',
    fileName: 'a.xlsx',
    build: () =>
      buildXlsx([{ name: 'A', rows: '<row><c t="s"><v>0</v></c></row>' }], {
        strings: [' '.repeat(60 * MEGABYTE)],
      }),
    outcomes: TOO_LARGE,
    isLarge: true,
  },
  {
    name: 'a sheet that says its cells stand in the last column',
    fileName: 'a.xlsx',
    build: () =>
      buildXlsx([
        {
          name: 'A',
          rows: Array.from(
            { length: 50_000 },
            (_, at) => `<row r="${at + 1}"><c r="XFD${at + 1}" t="str"><v>a</v></c></row>`,
          ).join(''),
        },
      ]),
    outcomes: ['text', 'document.no_text', ...SPENT],
  },
  {
    name: 'a book whose chapter inflates to 60 MB',
    fileName: 'a.epub',
    build: () => buildEpub([{ file: 'a.xhtml', html: '<p>kettle</p>'.repeat(5_000_000) }]),
    outcomes: TOO_LARGE,
  },
  {
    name: 'a book with a billion laughs',
    fileName: 'a.epub',
    build: () => buildEpub([{ file: 'a.xhtml', html: `${LAUGHING}<p>Quiet &l9;</p>` }]),
    outcomes: ['text', 'document.damaged'],
  },
  {
    name: 'an ODT that inflates to 60 MB',
    fileName: 'a.odt',
    build: () => buildOdt('<text:p>kettle</text:p>'.repeat(2_700_000)),
    outcomes: TOO_LARGE,
    isLarge: true,
  },
  {
    name: 'an ODT that asks for a billion spaces',
    fileName: 'a.odt',
    build: () => buildOdt(`<text:p>a<text:s text:c="1000000000"/>b</text:p>`.repeat(1_000)),
    outcomes: ['text', ...SPENT],
  },
  {
    name: 'an RTF of ten million open groups',
    fileName: 'a.rtf',
    build: () => Buffer.from(`{\\rtf1 ${'{'.repeat(10_000_000)}`),
    outcomes: ['document.damaged', 'document.no_text', ...SPENT],
  },
  {
    name: 'an RTF of a picture that never ends',
    fileName: 'a.rtf',
    build: () => Buffer.from(`{\\rtf1 text {\\pict\\bin2147483647 ${'a'.repeat(20 * MEGABYTE)}`),
    outcomes: ['text', 'document.damaged', 'document.no_text', ...SPENT],
    isLarge: true,
  },
  {
    name: 'a PDF page that inflates to 256 MB',
    fileName: 'a.pdf',
    build: () => buildPdf([{ content: Buffer.alloc(256 * MEGABYTE, '0 0 m '), isDeflated: true }]),
    outcomes: ['document.no_text', ...SPENT],
  },
  {
    name: 'a PDF of ten thousand pages',
    fileName: 'a.pdf',
    build: () =>
      buildPdf(Array.from({ length: 10_000 }, (_, at) => ({ content: pdfText([`Page ${at} of many.`]) }))),
    outcomes: ['text', ...SPENT],
    isLarge: true,
  },
  {
    name: 'a PDF whose table of objects leads back to itself',
    fileName: 'a.pdf',
    build: () => loopTable(buildPdf([{ content: pdfText(['Round and round.']) }])),
    outcomes: ['text', 'document.damaged', 'document.no_text'],
  },
  {
    name: 'a PDF whose page holds itself as a drawing',
    fileName: 'a.pdf',
    build: () =>
      buildPdf(
        [{ content: '/X Do', entries: '/Resources<</XObject<</X 5 0 R>>>>' }],
        [
          '<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>/Length 11>>\nstream\n/X Do /X Do\nendstream',
        ],
      ),
    outcomes: ['document.no_text', 'document.damaged', ...SPENT],
  },
  {
    name: 'a web page of five million open elements',
    fileName: 'a.html',
    build: () => Buffer.from(`<html><body>${'<div>'.repeat(5_000_000)}deep`),
    outcomes: ['document.damaged'],
    isLarge: true,
  },
  {
    name: 'Markdown of a million open brackets',
    fileName: 'a.md',
    build: () => Buffer.from(`# Deep\n\n${'['.repeat(1_000_000)}`),
    outcomes: ['text', ...SPENT],
    isLarge: true,
  },
  {
    name: 'Markdown of a hundred thousand nested quotes',
    fileName: 'a.md',
    build: () => Buffer.from(`${'>'.repeat(100_000)} deep`),
    outcomes: ['text', 'document.no_text', 'document.extraction_failed', ...SPENT],
    isLarge: true,
  },
  {
    name: 'a table of ten million empty cells',
    fileName: 'a.csv',
    build: () => Buffer.from(`name,age\n${','.repeat(10_000_000)}\nTess,40`),
    outcomes: ['text', ...SPENT],
    isLarge: true,
  },
  {
    name: 'subtitles of half a million cues',
    fileName: 'a.srt',
    build: () =>
      Buffer.from(
        Array.from({ length: 500_000 }, (_, at) => `${at + 1}\n00:00:01,000 --> 00:00:02,000\nkettle\n`).join(
          '\n',
        ),
      ),
    outcomes: ['text', ...SPENT],
    isLarge: true,
  },
]

/** Names of a number each and no content: a directory of nothing but entries. */
function buildManyMembers(count: number): Buffer {
  const directory = Buffer.alloc(count * 52)
  for (let at = 0; at < count; at += 1) {
    const start = at * 52
    directory.write('PK\u0001\u0002', start, 'latin1')
    directory.writeUInt16LE(6, start + 28)
    directory.write(String(at).padStart(6, '0'), start + 46, 'latin1')
  }
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 0, 'latin1')
  end.writeUInt16LE(0xffff, 8)
  end.writeUInt16LE(0xffff, 10)
  end.writeUInt32LE(directory.length, 12)
  const head = Buffer.from('PK\u0003\u0004')
  end.writeUInt32LE(head.length, 16)
  return Buffer.concat([head, directory, end])
}

function loopTable(pdf: Buffer): Buffer {
  const text = pdf.toString('latin1')
  const at = /startxref\n(\d+)/.exec(text)?.[1] ?? '0'
  return Buffer.from(text.replace('/Root 1 0 R>>', `/Root 1 0 R/Prev ${at}>>`), 'latin1')
}
