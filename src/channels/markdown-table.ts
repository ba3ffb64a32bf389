import { joinStyled, type StyledText, wrapStyled } from './markdown-text.ts'

/** Columns of fixed-width text a phone shows without breaking a line. */
const MAX_TABLE_COLUMNS = 36

const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/

/** A text, since a pattern is read with its file, and all emoji in one take 20 ms. */
const WIDE_CHARACTER =
  '\\p{Script=Han}|\\p{Script=Hiragana}|\\p{Script=Katakana}|\\p{Script=Hangul}|\\p{RGI_Emoji}'
let wideCharacter: RegExp | undefined

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

/**
 * A table for a chat, where there are none. A narrow one is aligned fixed-width
 * text; a wide one, or one read from right to left (which fixed widths put in
 * disorder), a line per row. Every cell's text stands once, in reading order.
 */
export function layoutTable(header: StyledText[], rows: StyledText[][], bullet: string): StyledText {
  const all = [header, ...rows].map((row) => row.map((cell) => cell.text.replace(/\s+/g, ' ')))
  const widths = header.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))))
  const width = widths.reduce((sum, it) => sum + it, 0) + 2 * (widths.length - 1)
  const isNarrow = width <= MAX_TABLE_COLUMNS && !all.some((row) => row.some((it) => RIGHT_TO_LEFT.test(it)))
  return isNarrow ? layoutAligned(all, widths) : layoutRows(header, rows, bullet)
}

function layoutAligned(rows: string[][], widths: number[]): StyledText {
  const lines = rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return cell + ' '.repeat(width - widthOf(cell))
      })
      .join('  ')
      .trimEnd(),
  )
  const [head = '', ...body] = lines
  const text = [head, widths.map((width) => '─'.repeat(width)).join('  '), ...body].join('\n')
  return wrapStyled({ text, spans: [] }, { type: 'pre' })
}

function layoutRows(header: StyledText[], rows: StyledText[][], bullet: string): StyledText {
  const head = wrapStyled(joinCells(header), { type: 'bold' })
  const body = rows.flatMap((row) => {
    const [first, ...others] = row
    if (!first) return []
    return [plain(`\n${bullet} `), joinCells([wrapStyled(flat(first), { type: 'bold' }), ...others])]
  })
  return joinStyled([head, ...body])
}

function joinCells(cells: StyledText[]): StyledText {
  return joinStyled(
    cells.flatMap((cell, index) => {
      const shown = cell.text === '' ? plain('–') : flat(cell)
      return index === 0 ? [shown] : [plain(' · '), shown]
    }),
  )
}

/** On one line; a line end and a space are the same length, so spans stay in place. */
function flat({ text, spans }: StyledText): StyledText {
  return { text: text.replaceAll('\n', ' '), spans }
}

/** In columns; of a text too wide for a table only that it is too wide. */
function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  wideCharacter ??= new RegExp(WIDE_CHARACTER, 'v')
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    width += wideCharacter.test(segment) ? 2 : 1
    if (width > MAX_TABLE_COLUMNS) break
  }
  return width
}

function plain(text: string): StyledText {
  return { text, spans: [] }
}
