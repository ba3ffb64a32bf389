import { AppError } from '../../errors.ts'
import type { Reading, Source } from '../format.ts'
import { decodeText } from '../read-encoding.ts'
import type { BlockSink } from '../sink.ts'
import { foldText } from '../text-cleaning.ts'

/** Reads plain text: a blank line ends a paragraph. */
export function readText({ bytes }: Source, sink: BlockSink): Reading {
  const text = decodeText(bytes)
  if (text === undefined) throw new AppError('document.unsupported_type')
  readPlainText(text, sink)
  return {}
}

/** Puts the paragraphs of a text into the sink, keeping their lines. */
export function readPlainText(text: string, sink: BlockSink): void {
  for (const paragraph of text.replace(/\r\n?/g, '\n').split(/\n[^\S\n]*\n/)) {
    const folded = foldText(paragraph)
    if (folded !== '') sink.add({ kind: 'paragraph', text: folded })
  }
}
