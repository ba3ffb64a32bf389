import { AppError } from '../errors.ts'
import { BlockBuilder } from './builder.ts'
import { readDocxNotes } from './docx-notes.ts'
import { readDocxNumbering } from './docx-numbering.ts'
import { readDocxStyles } from './docx-styles.ts'
import { DocxWalk } from './docx-walk.ts'
import type { Reading, Source } from './format.ts'
import type { BlockSink } from './sink.ts'
import { foldLine } from './text-cleaning.ts'
import { parseXml } from './xml.ts'
import { type Archive, openArchive } from './zip.ts'

/**
 * Reads Word documents, transitional and strict: body, tables, lists, text
 * boxes, foot- and endnotes. Page heads and feet, comments, deleted and hidden
 * text are left out.
 */
export async function readDocx({ bytes, limits }: Source, sink: BlockSink): Promise<Reading> {
  const archive = await openArchive(bytes, limits)
  const main = await findMain(archive)
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
  const title = await readTitle(archive)
  return title === '' ? {} : { title }
}

/** The main part is named by the container's types; Word itself always uses the same place. */
async function findMain(archive: Archive): Promise<string> {
  let main = ''
  await parseXml(archive.read('[Content_Types].xml'), {
    open: (_, { PartName: name = '', ContentType: type = '' }) => {
      if (main === '' && /(wordprocessingml\.|word\.)\w+\.(main\+xml|macroEnabled)/.test(type))
        main = name.slice(1)
    },
  })
  const found = [main, 'word/document.xml'].find((name) => archive.has(name))
  if (!found) throw new AppError('document.damaged')
  return found
}

async function readTitle(archive: Archive): Promise<string> {
  let isTitle = false
  let title = ''
  await parseXml(archive.read('docProps/core.xml'), {
    open: (name) => {
      isTitle = name === 'title'
    },
    text: (text) => {
      if (isTitle) title += text
    },
    close: () => {
      isTitle = false
    },
  })
  return foldLine(title)
}
