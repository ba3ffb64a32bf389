import type { Reading, Source } from '../format.ts'
import { RowText } from '../row-text.ts'
import type { BlockSink } from '../sink.ts'
import { parseXml } from '../xml.ts'
import { openArchive } from '../zip.ts'
import { findMainPart, listParts, readCoreTitle } from './ooxml.ts'
import { SheetWalk } from './xlsx-sheet.ts'
import { readSharedStrings } from './xlsx-strings.ts'
import { readCellStyles } from './xlsx-styles.ts'

const MAIN = /spreadsheetml\.(sheet|template)\.main\+xml|excel\.(sheet|template)\.macroEnabled\.main/

/**
 * Reads workbooks sheet by sheet, each row as a line of `Column: value`. Of a formula its last result is
 * read, as the sheet shows it; nothing is ever computed. Hidden sheets, rows and columns are left out.
 */
export async function readXlsx({ bytes, limits }: Source, sink: BlockSink): Promise<Reading> {
  const archive = await openArchive(bytes, limits)
  const main = await findMainPart(archive, MAIN, 'xl/workbook.xml')
  const folder = main.slice(0, main.lastIndexOf('/') + 1)
  const strings = await readSharedStrings(archive.read(`${folder}sharedStrings.xml`))
  const styles = await readCellStyles(archive.read(`${folder}styles.xml`))
  const isFrom1904 = await readsFrom1904(archive.read(main))
  for (const { part, attributes } of await listParts(archive, main, 'sheet')) {
    if (/hidden/i.test(attributes.state ?? '')) continue
    const rows = new RowText(sink, attributes.name)
    await parseXml(archive.read(part), new SheetWalk(rows, { strings, styles, isFrom1904 }))
    rows.end()
  }
  const title = await readCoreTitle(archive)
  return title === '' ? {} : { title }
}

/** Days are counted from 1900, in books from old Macs from 1904. */
async function readsFrom1904(pieces: AsyncIterable<Buffer>): Promise<boolean> {
  let isFrom1904 = false
  await parseXml(pieces, {
    open: (name, { date1904 = '' }) => {
      if (name === 'workbookPr') isFrom1904 = /^(1|true)$/.test(date1904)
    },
  })
  return isFrom1904
}
