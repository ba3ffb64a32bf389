import { describe, expect, it } from 'vitest'
import { extractHere as read } from '../../testing/samples/extract-here.ts'
import {
  buildEpub,
  buildOdt,
  buildPptx,
  buildXlsx,
  type SampleSheet,
  slideShape,
} from '../../testing/samples/office.ts'
import type { Block } from '../block.ts'

const textsOf = ({ blocks }: { blocks: Block[] }) => blocks.map(({ text }) => text)

describe('a slide deck', () => {
  it('is read in the order it is shown, with number, title, text, table and notes', async () => {
    const table =
      '<p:graphicFrame><a:tbl><a:tblPr firstRow="1"/><a:tr><a:tc><a:p><a:r><a:t>Day</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>Reps</a:t></a:r></a:p></a:tc></a:tr><a:tr><a:tc><a:p><a:r><a:t>Mon</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>8</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:graphicFrame>'
    const deck = buildPptx([
      {
        shapes: slideShape('body', 'Walk first.') + slideShape('title', 'Week one'),
        notes: 'Ask how they slept.',
      },
      { shapes: '<p:pic/>' },
      { shapes: table + slideShape('sldNum', '3') },
    ])

    const { blocks, mediaType } = await read('deck.pptx', deck)

    expect(mediaType).toMatch(/presentation$/)
    expect(blocks).toEqual([
      { kind: 'heading', level: 1, text: 'Slide 1: Week one' },
      { kind: 'list', text: '- Walk first.' },
      { kind: 'paragraph', text: 'Notes: Ask how they slept.' },
      { kind: 'heading', level: 1, text: 'Slide 3' },
      { kind: 'table', text: 'Day | Reps\nMon | 8' },
    ])
  })

  it('leaves out hidden slides and shapes, and the second copy of a drawing', async () => {
    const unseen = slideShape('body', 'Canary').replace('name="a"', 'name="a" hidden="1"')
    const twice = `<mc:AlternateContent><mc:Choice>${slideShape('body', 'Once')}</mc:Choice><mc:Fallback>${slideShape('body', 'Once')}</mc:Fallback></mc:AlternateContent>`
    const deck = buildPptx([
      { shapes: slideShape('body', 'Canary'), isHidden: true },
      { shapes: unseen + twice },
    ])

    expect(textsOf(await read('deck.pptx', deck))).toEqual(['Slide 2', '- Once'])
  })

  it('without a word has nothing to index', async () => {
    expect(textsOf(await read('deck.pptx', buildPptx([{ shapes: '<p:pic/>' }])))).toEqual([])
  })
})

describe('a workbook', () => {
  const shared = (reference: string, index: number) => `<c r="${reference}" t="s"><v>${index}</v></c>`

  it('gives each row its column names, under headings of sheet and rows', async () => {
    const rows =
      `<row r="1">${shared('A1', 3)}</row><row r="3">${shared('A3', 0)}${shared('B3', 1)}${shared('D3', 2)}</row>` +
      '<row r="4"><c r="A4" s="1"><v>45000</v></c><c r="B4" s="3"><v>0.125</v></c><c r="D4"><f>B4*2</f><v>0.30000000000000004</v></c></row>' +
      '<row r="5"><c r="A5" s="2"><v>45000.604166667</v></c><c r="B5" t="inlineStr"><is><t>rest</t></is></c><c r="D5" t="b"><v>1</v></c></row>' +
      '<row r="6"><c r="A6" t="e"><v>#REF!</v></c></row>'
    const book = buildXlsx([{ name: 'Plan', rows }], { strings: ['Day', 'Effort', 'Load', 'My plan'] })

    const { blocks, mediaType } = await read('plan.xlsx', book)

    expect(mediaType).toMatch(/sheet$/)
    expect(blocks).toEqual([
      { kind: 'heading', level: 1, text: 'Plan' },
      { kind: 'heading', level: 2, text: 'Rows 1–5' },
      {
        kind: 'table',
        text: 'My plan\nDay: 2023-03-15; Effort: 12.5%; Load: 0.3\nDay: 2023-03-15 14:30; Effort: rest; Load: TRUE',
      },
    ])
  })

  it('says the currency or unit of a number', async () => {
    const formats = [
      '#,##0.00\\ &quot;€&quot;',
      '[$$-409]#,##0;[Red]-[$$-409]#,##0',
      '0&quot; min&quot;',
      '0.0%',
      '0.00E+00',
    ]
    const styles = `<styleSheet><numFmts>${formats.map((code, at) => `<numFmt numFmtId="${200 + at}" formatCode="${code}"/>`).join('')}</numFmts><cellXfs>${formats.map((_, at) => `<xf numFmtId="${200 + at}"/>`).join('')}</cellXfs></styleSheet>`
    const cells = ['390', '1250', '20', '0.33333', '5000'].map(
      (value, at) => `<c s="${at}"><v>${value}</v></c>`,
    )
    const book = buildXlsx([{ name: 'Prices', rows: `<row r="1">${cells.join('')}</row>` }], { styles })

    expect(textsOf(await read('a.xlsx', book)).at(-1)).toBe('390 €; $1250; 20 min; 33.33%; 5000')
  })

  it('counts days from 1904 where the book does', async () => {
    const rows = '<row r="1"><c r="A1" s="1"><v>43538</v></c></row>'
    const book = buildXlsx([{ name: 'Old', rows }], { properties: '<workbookPr date1904="1"/>' })

    expect(textsOf(await read('old.xlsx', book)).at(-1)).toBe('2023-03-15')
  })

  it('leaves out hidden sheets, rows and columns', async () => {
    const canary = '<c r="B1" t="str"><v>Canary</v></c>'
    const sheets: SampleSheet[] = [
      { name: 'Secret', rows: `<row r="1">${canary}</row>`, isHidden: true },
      {
        name: 'Open',
        columns: '<cols><col min="2" max="2" hidden="1"/></cols>',
        rows: `<row r="1"><c r="A1" t="str"><v>Seen</v></c>${canary}</row><row r="2" hidden="1"><c r="A2" t="str"><v>Canary</v></c></row>`,
      },
    ]

    expect(textsOf(await read('a.xlsx', buildXlsx(sheets)))).toEqual(['Open', 'Row 1', 'Seen'])
  })

  it('with many rows is cut into blocks that name theirs', async () => {
    const rows = Array.from(
      { length: 45 },
      (_, at) =>
        `<row r="${at + 1}"><c r="A${at + 1}"><v>${at}</v></c><c r="B${at + 1}"><v>${at}</v></c></row>`,
    ).join('')

    const { blocks } = await read('a.xlsx', buildXlsx([{ name: 'N', rows }]))

    expect(blocks.filter(({ kind }) => kind === 'heading').map(({ text }) => text)).toEqual([
      'N',
      'Rows 1–20',
      'Rows 21–40',
      'Rows 41–45',
    ])
  })
})

describe('a table kept as text', () => {
  it.each([
    ['a.csv', 'Name,Says\r\nMaya,"One, ""two""\nthree"\r\nJonas,\r\n'],
    ['a.csv', 'Name;Says\nMaya;One, "two" three\nJonas;\n'],
    ['a.tsv', 'Name\tSays\nMaya\tOne, "two" three\nJonas\t'],
    ['a.csv', 'sep=|\nName|Says\nMaya|One, "two" three\nJonas|'],
  ])('gives each row its column names: %s %j', async (name, text) => {
    const { blocks, mediaType } = await read(name, text)

    expect(mediaType).toBe('text/csv')
    expect(blocks.at(-1)).toEqual({ kind: 'table', text: 'Name: Maya; Says: One, "two" three\nName: Jonas' })
  })

  it('has no header where the first row holds numbers', async () => {
    expect(textsOf(await read('a.csv', 'Mon,8\nTue,9'))).toEqual(['Rows 1–2', 'Mon; 8\nTue; 9'])
  })

  it('keeps a header that is all there is', async () => {
    expect(textsOf(await read('a.csv', 'Day,Reps\n'))).toEqual(['Row 1', 'Day; Reps'])
  })
})

describe('an e-book', () => {
  it('is read in the order of its spine, with titles from its contents', async () => {
    const book = buildEpub(
      [
        {
          file: 'b.xhtml',
          html: '<p>First words.<sup><a epub:type="noteref" href="#n">1</a></sup></p><script/>',
        },
        { file: 'a%20b.xhtml', html: '<h2>Own title</h2><p>Second &eacute; words.</p>' },
      ],
      { nav: '<a href="b.xhtml#x">The <i>start</i></a><a href="a%20b.xhtml">Unused</a>' },
    )

    const { title, mediaType, blocks } = await read('book.epub', book)

    expect({ title, mediaType }).toEqual({ title: 'The Book', mediaType: 'application/epub+zip' })
    expect(blocks).toEqual([
      { kind: 'heading', level: 1, text: 'The start' },
      { kind: 'paragraph', text: 'First words.' },
      { kind: 'heading', level: 2, text: 'Own title' },
      { kind: 'paragraph', text: 'Second é words.' },
    ])
  })

  it('keeps the notes and boxes that stand aside', async () => {
    const html = '<p>Words.</p><aside epub:type="footnote"><p>A note.</p></aside><nav><p>Contents</p></nav>'

    expect(textsOf(await read('a.epub', buildEpub([{ file: 'a.xhtml', html }])))).toEqual([
      'Words.',
      'A note.',
    ])
  })

  it('is refused when its chapters are locked, and read when only its fonts are disguised', async () => {
    const encryption = (algorithm: string, uri: string) => ({
      name: 'META-INF/encryption.xml',
      content: `<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm="${algorithm}"/><enc:CipherReference URI="${uri}"/></enc:EncryptedData></encryption>`,
    })
    const chapters = [{ file: 'a.xhtml', html: '<p>Words.</p>' }]
    const aes = encryption('http://www.w3.org/2001/04/xmlenc#aes256-cbc', 'OEBPS/a.xhtml')
    const fonts = encryption('http://www.idpf.org/2008/embedding', 'OEBPS/font.otf')

    await expect(read('a.epub', buildEpub(chapters, { members: [aes] }))).rejects.toMatchObject({
      code: 'document.encrypted',
    })
    expect(textsOf(await read('a.epub', buildEpub(chapters, { members: [fonts] })))).toEqual(['Words.'])
  })

  it('without chapters is damaged', async () => {
    await expect(read('a.epub', buildEpub([]))).rejects.toMatchObject({ code: 'document.damaged' })
  })
})

describe('an OpenDocument text', () => {
  it('gives headings, paragraphs, lists, tables and notes their kinds', async () => {
    const { blocks, mediaType } = await read(
      'a.odt',
      buildOdt(
        `<text:h text:outline-level="2">Week<text:s text:c="2"/>one</text:h>
         <text:p>Walk<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Slowly.</text:p></text:note-body></text:note> daily.</text:p>
         <text:list><text:list-item><text:p>Squat</text:p><text:list><text:list-item><text:p>deep</text:p></text:list-item></text:list></text:list-item></text:list>
         <table:table><table:table-row><table:table-cell><text:p>Day</text:p></table:table-cell><table:table-cell><text:p>Reps</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>Mon</text:p></table:table-cell><table:table-cell><text:p>8</text:p></table:table-cell></table:table-row></table:table>`,
      ),
    )

    expect(mediaType).toBe('application/vnd.oasis.opendocument.text')
    expect(blocks).toEqual([
      { kind: 'heading', level: 2, text: 'Week one' },
      { kind: 'paragraph', text: 'Walk daily.' },
      { kind: 'paragraph', text: 'Slowly.' },
      { kind: 'list', text: '- Squat\n  - deep' },
      { kind: 'table', text: 'Day | Reps\nMon | 8' },
    ])
  })

  it('counts the items of numbered lists', async () => {
    const styles =
      '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" text:start-value="3"/><text:list-level-style-number text:level="2" style:num-format="a"/></text:list-style>'
    const item = (text: string, inner = ''): string =>
      `<text:list-item><text:p>${text}</text:p>${inner}</text:list-item>`
    const body = `<text:list text:style-name="L1">${item('Wake', `<text:list>${item('Water')}${item('Walk')}</text:list>`)}${item('Work')}</text:list>`

    expect(textsOf(await read('a.odt', buildOdt(body, { styles })))).toEqual([
      '3. Wake\n  a. Water\n  b. Walk\n4. Work',
    ])
  })

  it('leaves out what is hidden, deleted or a comment', async () => {
    const styles = '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
    const body =
      '<text:tracked-changes><text:p>A</text:p></text:tracked-changes><text:p>Seen<text:span text:style-name="T1">B</text:span><office:annotation><text:p>C</text:p></office:annotation>.</text:p>'

    expect(textsOf(await read('a.odt', buildOdt(body, { styles })))).toEqual(['Seen.'])
  })

  it('is refused when it is locked', async () => {
    const manifest = '<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>'

    await expect(read('a.odt', buildOdt('', { manifest }))).rejects.toMatchObject({
      code: 'document.encrypted',
    })
  })
})

describe('Rich Text', () => {
  const header = String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}{\info{\title Naps}}{\*\generator X;}`

  it('is read with its letters, headings, lists and tables', async () => {
    const rtf = String.raw`${header}{\header Head}\pard\outlinelevel1 Week{\super\chftn{\footnote\pard\plain\chftn  Of seven\par days.}}\par
\pard Gr\'f6\'dfe \f1\'d1\'ee\'ed\f0  \u8220\'93quiet\u8221\'94 \u-10179?\u-8694?\par
{\pntext\'b7\tab}Squat\par
\trowd\pard\intbl Day\cell Reps\cell\row\trowd\pard\intbl Mon\cell\cell\row
\pard Af{\v secret}ter \{it\}.{\pict 0102ff}}`

    const { title, blocks, mediaType } = await read('letter.rtf', rtf)

    expect({ title, mediaType }).toEqual({ title: 'Naps', mediaType: 'application/rtf' })
    expect(blocks).toEqual([
      { kind: 'heading', level: 2, text: 'Week' },
      { kind: 'paragraph', text: 'Of seven\ndays.' },
      { kind: 'paragraph', text: 'Größe Сон “quiet” 😊' },
      { kind: 'list', text: '- Squat' },
      { kind: 'table', text: 'Day | Reps\nMon | ' },
      { kind: 'paragraph', text: 'After {it}.' },
    ])
  })

  it.each([
    ['breaks off', `${header} Half of`],
    ['nests without end', `${header}${'{'.repeat(100_000)}`],
    ['skips past its end', `${header}\\bin999999999 x}`],
  ])('is refused when it %s', async (_, rtf) => {
    await expect(read('a.rtf', rtf)).rejects.toMatchObject({ code: 'document.damaged' })
  })
})
