import { Marked } from 'marked'
import { AppError } from '../../errors.ts'
import type { Reading, Source } from '../format.ts'
import { readHtmlText } from '../markup/html.ts'
import { decodeText } from '../read-encoding.ts'
import type { BlockSink } from '../sink.ts'
import { foldLine } from '../text-cleaning.ts'
import { readPlainText } from './text.ts'

/** YAML between dashes, as most programs write it, or TOML between plus signs. */
const FRONT_MATTER = /^(?:---\n([\s\S]{0,20000}?)\n(?:---|\.\.\.)|\+{3}\n([\s\S]{0,20000}?)\n\+{3})\s*\n/

/**
 * Reads Markdown by way of the HTML it stands for, so that HTML inside it is
 * judged like any page: what a reader would not see is left out, link targets
 * and picture addresses too.
 */
export function readMarkdown({ bytes }: Source, sink: BlockSink): Reading {
  const decoded = decodeText(bytes)
  if (decoded === undefined) throw new AppError('document.damaged')
  const text = decoded.replace(/\r\n?/g, '\n').replace(/^\ufeff/, '')
  const matter = FRONT_MATTER.exec(text)
  const body = matter ? text.slice(matter[0].length) : text
  const html = render(body)
  if (html === undefined) readPlainText(body, sink)
  else readHtmlText(html, sink)
  const title =
    readTitle(matter?.[1] ?? matter?.[2]) ??
    sink.blocks.find(({ kind, level }) => kind === 'heading' && level === 1)?.text
  return title ? { title } : {}
}

/** `undefined` for Markdown nested deeper than the parser's stack: it is still readable as plain text. */
function render(markdown: string): string | undefined {
  try {
    return new Marked({ async: false, gfm: true }).parse(markdown, { async: false })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readTitle(matter: string | undefined): string | undefined {
  const line = matter && /^title\s*[:=]\s*(.+)$/m.exec(matter)?.[1]
  return line ? foldLine(line.replace(/^(["'])(.*)\1\s*$/, '$2')) : undefined
}
