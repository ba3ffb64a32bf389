import { describe, expect, it } from 'vitest'
import { buildDocx, wordParagraph } from '../testing/samples/documents.ts'
import type { Block } from './block.ts'
import { EXTRACT_LIMITS } from './limits.ts'
import { BlockSink } from './sink.ts'
import { sniff } from './sniff.ts'

/** Reads in this process: for files that are known to be harmless. */
async function read(fileName: string, content: string | Buffer): Promise<Block[]> {
  const source = { bytes: Buffer.from(content), fileName, limits: EXTRACT_LIMITS }
  const format = await sniff(source)
  const sink = new BlockSink(EXTRACT_LIMITS.textCharacters)
  const reader = await format.load()
  await reader(source, sink)
  return sink.blocks
}

describe('HTML', () => {
  it('gives headings, paragraphs, lists, tables and code their kinds', async () => {
    const blocks = await read(
      'page.html',
      `<!doctype html><title>Plan</title><h2>Week <b>one</b></h2><p>Walk<br>daily.
       <ol start=3><li>Squat<ul><li>deep</ul><li><p>Row</p></ol>
       <table><tr><th>Day<th>Reps<tr><td>Mon<td>8</table><pre>a\n  b</pre>`,
    )

    expect(blocks).toEqual([
      { kind: 'heading', level: 2, text: 'Week one' },
      { kind: 'paragraph', text: 'Walk\ndaily.' },
      { kind: 'list', text: '3. Squat\n  - deep\n4. Row' },
      { kind: 'table', text: 'Day | Reps\nMon | 8' },
      { kind: 'code', text: 'a\n  b' },
    ])
  })

  it('leaves out what a visitor does not see', async () => {
    const blocks = await read(
      'page.html',
      `<html><head><style>/* x */ .secret, #gone { display: none } @media print { p { display: none } }
       </style></head><body><nav>Home</nav><p>Seen.</p><p class="a secret">A</p><div id=gone>B<p>C</p></div>
       <p hidden>D</p><p aria-hidden=true>E</p><p style="Font-Size: 1px">F</p><span style="color:#fff">G</span>
       <!-- H --><template>I</template><script>J</script><noscript>K</noscript><footer>L</footer></body></html>`,
    )

    expect(blocks).toEqual([{ kind: 'paragraph', text: 'Seen.' }])
  })

  it('leaves out boxes without height or scale', async () => {
    const page = '<p>Seen.</p><p style="height:0;overflow:hidden">A</p><p style="transform: scale(0)">B</p>'

    expect(await read('page.html', page)).toEqual([{ kind: 'paragraph', text: 'Seen.' }])
  })

  it('says a cell that spans rows in each of them', async () => {
    const page = '<table><tr><th>Day<th>At<tr><td rowspan=2>Mon<td>8<tr><td>9<tr><td>Tue<td>7</table>'

    expect((await read('page.html', page)).map(({ text }) => text)).toEqual([
      'Day | At\nMon | 8\nMon | 9\nTue | 7',
    ])
  })

  it('is a page though a PDF stands in a remark of it', async () => {
    const page = '<html><body><p>Words</p><!--\n%PDF-1.4\n--></body></html>'

    expect(await read('page.html', page)).toEqual([{ kind: 'paragraph', text: 'Words' }])
  })

  it('keeps white text where the page paints a ground behind it', async () => {
    const page =
      '<style>.hero{background:#123}</style><div class=hero><h1 style="color:white">Sleep</h1></div>'

    expect(await read('page.html', page)).toEqual([{ kind: 'heading', level: 1, text: 'Sleep' }])
  })

  it('keeps the head of an article, and everything of a page that is all navigation', async () => {
    expect(
      await read('a.html', '<article><header><h1>Naps</h1></header><p>Short.</p></article>'),
    ).toHaveLength(2)
    expect(await read('b.html', '<body><nav><p>Only links</p></nav>')).toEqual([
      { kind: 'paragraph', text: 'Only links' },
    ])
  })

  it('reads the encoding a page declares', async () => {
    const page = Buffer.from('<meta charset="windows-1251"><p>\xd1\xee\xed</p>', 'latin1')

    expect(await read('page.html', page)).toEqual([{ kind: 'paragraph', text: 'Сон' }])
  })

  it('reads a cell that holds prose as prose', async () => {
    const page = '<table><tr><td><h1>Plan</h1><p>First.</p></td><td>Second.</td></tr></table>'

    expect((await read('page.html', page)).map(({ kind }) => kind)).toEqual([
      'heading',
      'paragraph',
      'paragraph',
    ])
  })
})

describe('Markdown', () => {
  it('reads structure and drops addresses, hidden HTML and invisible characters', async () => {
    const blocks = await read(
      'note.md',
      '---\ntitle: Note\n---\n# Links\n\n[Open](https://example.org "say X") ![p](https://example.org/q)\n\n' +
        '<!-- say Y -->\n\nOats\u200b\u202e.\u{E0041}\u{E0042} Flag \u{1F3F4}\u{E0067}\u{E0062}\u{E007F}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
    )

    expect(blocks).toEqual([
      { kind: 'heading', level: 1, text: 'Links' },
      { kind: 'paragraph', text: 'Open' },
      { kind: 'paragraph', text: 'Oats. Flag \u{1F3F4}\u{E0067}\u{E0062}\u{E007F}' },
      { kind: 'table', text: 'a | b\n1 | 2' },
    ])
  })

  it('reads nesting of any depth', async () => {
    const blocks = await read('deep.md', `${'> '.repeat(20_000)}bottom`)

    expect(blocks.at(-1)?.text).toMatch(/bottom$/)
  })
})

describe('plain text', () => {
  it.each([
    ['UTF-8', Buffer.from('Größe')],
    ['UTF-8 with a mark', Buffer.from('\ufeffGröße')],
    ['UTF-16 with a mark', Buffer.from('\ufeffGröße', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('Größe', 'utf16le')],
    ['Windows-1252', Buffer.from('Gr\xf6\xdfe', 'latin1')],
  ])('is decoded from %s', async (_, bytes) => {
    expect(await read('note.txt', bytes)).toEqual([{ kind: 'paragraph', text: 'Größe' }])
  })

  it.each([
    [
      'windows-1251',
      'c2e0e6ede020f0e5e3f3ebfff0edeef1f2fc2c20e020ede520f1e8ebe0',
      'Важна регулярность, а не сила',
    ],
    [
      'koi8-r',
      'eec1decec9d4c520d320cdc1cccfc7cf20dbc1c7c12e20f7cfc4c120d5d4d2cfcd',
      'Начните с малого шага. Вода утром',
    ],
    ['shift_jis', '82c682c482e082e682ad96b082ea82dc82b582bd', 'とてもよく眠れました'],
  ])('is decoded from %s when its letters show', async (_, hex, text) => {
    const [block] = await read('note.txt', Buffer.from(hex, 'hex'))

    expect(block?.text).toBe(text)
  })

  it('is cut into blocks behind sentences, and never inside a character', async () => {
    const sentences = await read('long.txt', 'This sentence is in the way. '.repeat(2_000))
    const emoji = await read('emoji.txt', '👩🏽‍⚕️'.repeat(4_000))

    expect(sentences.every(({ text }) => text.length <= 8_000 && text.endsWith('way.'))).toBe(true)
    expect(emoji.every(({ text }) => text.length <= 8_000 && /^(👩🏽‍⚕️)+$/.test(text))).toBe(true)
  })
})

describe('subtitles', () => {
  it('keep speaker and time, joined to sentences', async () => {
    const blocks = await read(
      'call.vtt',
      'WEBVTT\n\nNOTE skip\n\n1\n00:02.000 --> 00:04.500 align:start\n<v Maya>Today it is <i>all</i> about the\n\n' +
        '00:04.500 --> 00:06.000\n<v Maya>week six <00:05.000>dip &amp; more.\n\n01:00:00.000 --> 01:00:01.250\n<v Jonas>Yes.</v>\n',
    )

    expect(blocks).toEqual([
      {
        kind: 'cue',
        text: 'Today it is all about the week six dip & more.',
        timecode: { startMs: 2_000, endMs: 6_000 },
        speaker: 'Maya',
      },
      { kind: 'cue', text: 'Yes.', timecode: { startMs: 3_600_000, endMs: 3_601_250 }, speaker: 'Jonas' },
    ])
  })

  it('are read from SRT with any line ends and without blank lines', async () => {
    const blocks = await read(
      'a.srt',
      '1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}Eins.\r\n2\r\n00:01:01,000 --> 00:01:02,500\r\nZwei.\r\n',
    )

    expect(blocks).toEqual([
      { kind: 'cue', text: 'Eins.', timecode: { startMs: 1_000, endMs: 2_000 } },
      { kind: 'cue', text: 'Zwei.', timecode: { startMs: 61_000, endMs: 62_500 } },
    ])
  })
})

describe('DOCX', () => {
  const STYLES = `<w:styles><w:style w:styleId="Berschrift2"><w:name w:val="heading 2"/></w:style>
    <w:style w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="Berschrift2"/></w:style></w:styles>`
  const NUMBERING = `<w:numbering><w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/>
    <w:numFmt w:val="decimal"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>`
  const NOTES = `<w:footnotes><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:t>no</w:t></w:r></w:p></w:footnote>
    <w:footnote w:id="2"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>`

  it('reads headings by style, lists with their numbers, and footnotes where they are set', async () => {
    const item = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    const docx = buildDocx(
      wordParagraph('Sleep', '<w:pStyle w:val="Own"/>') +
        wordParagraph('Wake', item) +
        wordParagraph('Rest', item) +
        '<w:p><w:r><w:t>Text</w:t><w:footnoteReference w:id="2"/></w:r></w:p>',
      [
        { name: 'word/styles.xml', content: STYLES },
        { name: 'word/numbering.xml', content: NUMBERING },
        { name: 'word/footnotes.xml', content: NOTES },
      ],
    )

    expect(await read('a.docx', docx)).toEqual([
      { kind: 'heading', level: 2, text: 'Sleep' },
      { kind: 'list', text: '1. Wake\n2. Rest' },
      { kind: 'paragraph', text: 'Text' },
      { kind: 'paragraph', text: 'A note.' },
    ])
  })

  it('leaves out rows that were deleted and runs whose style hides them', async () => {
    const cell = (text: string): string => `<w:tc>${wordParagraph(text)}</w:tc>`
    const styles =
      '<w:styles><w:style w:type="character" w:styleId="Hid"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    const docx = buildDocx(
      `<w:tbl><w:tr><w:trPr><w:del w:id="1"/></w:trPr>${cell('Canary')}${cell('gone')}</w:tr><w:tr>${cell('Mon')}${cell('8')}</w:tr></w:tbl>
       <w:p><w:r><w:rPr><w:rStyle w:val="Hid"/></w:rPr><w:t>Canary</w:t></w:r><w:r><w:t>Seen</w:t></w:r></w:p>`,
      [{ name: 'word/styles.xml', content: styles }],
    )

    expect((await read('a.docx', docx)).map(({ text }) => text)).toEqual(['Mon | 8', 'Seen'])
  })

  it('says a cell that spans rows in each of them, and begins lists where they say', async () => {
    const cell = (text: string, properties = ''): string =>
      `<w:tc><w:tcPr>${properties}</w:tcPr>${wordParagraph(text)}</w:tc>`
    const numbering = NUMBERING.replace(
      '</w:num></w:numbering>',
      '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num></w:numbering>',
    )
    const docx = buildDocx(
      `<w:tbl><w:tr>${cell('Mon', '<w:vMerge w:val="restart"/>')}${cell('8:00')}</w:tr><w:tr>${cell('', '<w:vMerge/>')}${cell('9:00')}</w:tr></w:tbl>` +
        wordParagraph('Fifth', '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'),
      [{ name: 'word/numbering.xml', content: numbering }],
    )

    expect((await read('a.docx', docx)).map(({ text }) => text)).toEqual([
      'Mon | 8:00\nMon | 9:00',
      '5. Fifth',
    ])
  })

  it('leaves out deleted, hidden, white and tiny text, and reads a text box once', async () => {
    const run = (properties: string, text: string): string =>
      `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`
    const box = `<w:txbxContent>${wordParagraph('Box')}</w:txbxContent>`
    const docx = buildDocx(
      `<w:p>${run('', 'Seen')}${run('<w:vanish/>', 'A')}${run('<w:color w:val="FFFFFF"/>', 'B')}${run('<w:sz w:val="2"/>', 'C')}
       <w:del><w:r><w:delText>D</w:delText></w:r></w:del><w:r><w:instrText>E</w:instrText></w:r>
       ${run('<w:color w:val="FFFFFF"/><w:shd w:fill="1F3864"/>', ' too')}</w:p>
       <w:p><w:r><mc:AlternateContent><mc:Choice>${box}</mc:Choice><mc:Fallback>${box}</mc:Fallback></mc:AlternateContent></w:r></w:p>`,
    )

    expect(await read('a.docx', docx)).toEqual([
      { kind: 'paragraph', text: 'Seen too' },
      { kind: 'paragraph', text: 'Box' },
    ])
  })

  it('repeats the header row in each block of a long table', async () => {
    const row = (cells: string[]): string =>
      `<w:tr>${cells.map((cell) => `<w:tc>${wordParagraph(cell)}</w:tc>`).join('')}</w:tr>`
    const rows = Array.from({ length: 45 }, (_, at) => row([`Day ${at}`, '8']))
    const blocks = await read('a.docx', buildDocx(`<w:tbl>${row(['Day', 'Reps'])}${rows.join('')}</w:tbl>`))

    expect(blocks.map(({ text }) => text.split('\n').length)).toEqual([21, 21, 6])
    expect(blocks.every(({ kind, text }) => kind === 'table' && text.startsWith('Day | Reps\nDay '))).toBe(
      true,
    )
  })
})
