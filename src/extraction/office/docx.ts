import { BlockBuilder } from '../builder.ts'
import type { Reading, Source } from '../format.ts'
import type { BlockSink } from '../sink.ts'
import { parseXml } from '../xml.ts'
import { openArchive } from '../zip.ts'
import { readDocxNotes } from './docx-notes.ts'
import { readDocxNumbering } from './docx-numbering.ts'
import { readDocxStyles } from './docx-styles.ts'
import { DocxWalk } from './docx-walk.ts'
import { findMainPart, readCoreTitle } from './ooxml.ts'

const MAIN = /(wordprocessingml\.|word\.)\w+\.(main\+xml|macroEnabled)/

/**
 * Reads Word documents, transitional and strict: body, tables, lists, text
 * boxes, foot- and endnotes. Page heads and feet, comments, deleted and hidden
 * text are left out.
 */
export async function readDocx({ bytes, limits }: Source, sink: BlockSink): Promise<Reading> {
  const archive = await openArchive(bytes, limits)
  const main = await findMainPart(archive, MAIN, 'word/document.xml')
  const folder = main.slice(0, main.lastIndexOf('/') + 1)
  const walk = new DocxWalk(new BlockBuilder(sink), {
    styles: await readDocxStyles(archive.read(`${folder}styles.xml`)),
    numbering: await readDocxNumbering(archive.read(`${folder}numbering.xml`)),
    notes: {
      footnote: await readDocxNotes(archive.read(`${folder}footnotes.xml`)),
      endnote: await readDocxNotes(archive.read(`${folder}endnotes.xml`)),
    },
  })
  await parseXml(archive.read(main), walk)
  const title = await readCoreTitle(archive)
  return title === '' ? {} : { title }
}
