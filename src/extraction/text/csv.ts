import { AppError } from '../../errors.ts'
import type { Reading, Source } from '../format.ts'
import { decodeText } from '../read-encoding.ts'
import { RowText } from '../row-text.ts'
import type { BlockSink } from '../sink.ts'

const DELIMITERS = [',', ';', '\t', '|']

/** How much is looked at to find what separates the cells. */
const SAMPLE_CHARACTERS = 16_384

/** A number, a date or a time of day: what no column is named. */
const VALUE = /^[-+(]?[$€£¥]?\s?\d[\d.,:/\s-]*[%)€$£¥]?$/

/** Reads tables kept as text: cells apart by comma, semicolon, tab or bar, quoted where they hold one. */
export function readCsv({ bytes }: Source, sink: BlockSink): Reading {
  const decoded = decodeText(bytes)
  if (decoded === undefined) throw new AppError('document.unsupported_type')
  const { text, delimiter, skipped } = readPreamble(decoded)
  const rows = new RowText(sink)
  let number = skipped
  for (const cells of listRows(text, delimiter)) {
    number += 1
    rows.add(
      number,
      cells.map((cell) => ({ text: cell, isValue: VALUE.test(cell.trim()) })),
    )
  }
  rows.end()
  return {}
}

/** Excel writes the separator into a first line of its own where it is another than the usual one. */
function readPreamble(text: string): { text: string; delimiter: string; skipped: number } {
  const told = /^sep=(.)\r?\n/.exec(text)
  if (told?.[1]) return { text: text.slice(told[0].length), delimiter: told[1], skipped: 1 }
  return { text, delimiter: findDelimiter(text.slice(0, SAMPLE_CHARACTERS)), skipped: 0 }
}

/** The one that cuts most lines into as many cells as the first. */
function findDelimiter(sample: string): string {
  const scores = DELIMITERS.map((delimiter) => {
    const widths = [...listRows(sample, delimiter)].map((cells) => cells.length)
    const [first = 1] = widths
    return { delimiter, score: first > 1 ? widths.filter((width) => width === first).length : 0 }
  })
  return scores.reduce((best, it) => (it.score > best.score ? it : best)).delimiter
}

/** Rows as RFC 4180 has them, and as programs write them: any line end, a quote inside a bare cell. */
function* listRows(text: string, delimiter: string): Generator<string[]> {
  let cells: string[] = []
  let at = 0
  while (at < text.length) {
    const { cell, end } = readCell(text, at, delimiter)
    cells.push(cell)
    at = end + 1
    if (text[end] === delimiter) {
      if (at === text.length) cells.push('')
      continue
    }
    if (text[end] === '\r' && text[at] === '\n') at += 1
    yield cells
    cells = []
  }
  if (cells.length > 0) yield cells
}

function readCell(text: string, start: number, delimiter: string): { cell: string; end: number } {
  let at = start
  let cell = ''
  if (text[at] === '"') {
    for (at += 1; ; ) {
      const quote = text.indexOf('"', at)
      // A quote that is never closed is a mere sign.
      if (quote < 0) return readBare(text, start, delimiter)
      cell += text.slice(at, quote)
      at = quote + 1
      if (text[at] !== '"') break
      cell += '"'
      at += 1
    }
  }
  const { cell: rest, end } = readBare(text, at, delimiter)
  return { cell: cell + rest, end }
}

function readBare(text: string, start: number, delimiter: string): { cell: string; end: number } {
  let end = start
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end += 1
  return { cell: text.slice(start, end), end }
}
