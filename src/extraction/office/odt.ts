import { AppError } from '../../errors.ts'
import { BlockBuilder } from '../builder.ts'
import type { Reading, Source } from '../format.ts'
import type { BlockSink } from '../sink.ts'
import { parseXml } from '../xml.ts'
import { openArchive } from '../zip.ts'
import { OdtWalk } from './odt-walk.ts'
import { readCoreTitle } from './ooxml.ts'

/**
 * Reads OpenDocument texts: headings, paragraphs, lists, tables, text frames and notes. Page heads and feet,
 * comments, deleted and hidden text and the table of contents are left out.
 *
 * @throws {AppError} `document.encrypted`, `document.damaged`
 */
export async function readOdt({ bytes, limits }: Source, sink: BlockSink): Promise<Reading> {
  const archive = await openArchive(bytes, limits)
  if ((await archive.readText('META-INF/manifest.xml')).includes('encryption-data')) {
    throw new AppError('document.encrypted')
  }
  if (!archive.has('content.xml')) throw new AppError('document.damaged')
  const builder = new BlockBuilder(sink)
  await parseXml(archive.read('content.xml'), new OdtWalk(builder))
  builder.end()
  const title = await readCoreTitle(archive, 'meta.xml')
  return title === '' ? {} : { title }
}
