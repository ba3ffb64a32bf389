import { AppError } from '../../errors.ts'
import { BlockBuilder } from '../builder.ts'
import type { Reading, Source } from '../format.ts'
import type { BlockSink } from '../sink.ts'
import { foldLine } from '../text-cleaning.ts'
import { listRtfTokens } from './rtf-tokens.ts'
import { RtfWalk } from './rtf-walk.ts'

/**
 * Reads Rich Text: paragraphs, headings by their outline level, lists, tables. Pictures, embedded objects,
 * page heads and feet, hidden and deleted text are left out.
 *
 * @throws {AppError} `document.damaged` when it ends before its groups are closed.
 */
export function readRtf({ bytes }: Source, sink: BlockSink): Reading {
  const builder = new BlockBuilder(sink)
  const walk = new RtfWalk(builder)
  for (const token of listRtfTokens(bytes)) walk.take(token)
  if (!walk.isClosed) throw new AppError('document.damaged', { reason: 'open group' })
  builder.end()
  const title = foldLine(walk.title)
  return title === '' ? {} : { title }
}
