import { BlockBuilder } from '../builder.ts'
import type { Reading, Source } from '../format.ts'
import { BlockSink } from '../sink.ts'
import { parseXml } from '../xml.ts'
import { type Archive, openArchive } from '../zip.ts'
import { findMainPart, listParts, readCoreTitle, readRelations } from './ooxml.ts'
import { readDiagram, readNotes } from './pptx-parts.ts'
import { SlideWalk } from './pptx-slide.ts'

const MAIN = /presentationml\.\w+\.main\+xml|powerpoint\.\w+\.macroEnabled/

/**
 * Reads slide decks in the order they are shown: of each slide its number and title as a heading, then its
 * text, tables, diagrams and the speaker's notes. Hidden slides, slide numbers, dates and feet are left out.
 */
export async function readPptx({ bytes, limits, onPage }: Source, sink: BlockSink): Promise<Reading> {
  const archive = await openArchive(bytes, limits)
  const main = await findMainPart(archive, MAIN, 'ppt/presentation.xml')
  const slides = await listParts(archive, main, 'sldId')
  for (const [index, { part }] of slides.entries()) {
    await readSlide(archive, part, { number: index + 1, sink })
    onPage?.({ done: index + 1, total: slides.length })
  }
  const title = await readCoreTitle(archive)
  // What PowerPoint calls every deck that nobody named.
  const isNamed = title !== '' && !/^PowerPoint/i.test(title)
  return { pages: slides.length, ...(isNamed && { title }) }
}

/** A slide without words is left out, with its number: there is nothing to quote. */
async function readSlide(
  archive: Archive,
  part: string,
  { number, sink }: { number: number; sink: BlockSink },
): Promise<void> {
  const body = new BlockSink(sink.limit)
  const builder = new BlockBuilder(body)
  const walk = new SlideWalk(builder)
  await parseXml(archive.read(part), walk)
  builder.end()
  if (walk.isHidden) return
  for (const { type, target } of (await readRelations(archive, part)).values()) {
    if (type === 'diagramData') for (const text of await readDiagram(archive, target)) addItem(builder, text)
    if (type === 'notesSlide') for (const text of await readNotes(archive, target)) addNote(builder, text)
  }
  builder.end()
  if (walk.title === '' && body.blocks.length === 0) return
  const heading = walk.title === '' ? `Slide ${number}` : `Slide ${number}: ${walk.title}`
  sink.add({ kind: 'heading', level: 1, text: heading })
  for (const block of body.blocks) sink.add(block)
}

function addItem(builder: BlockBuilder, text: string): void {
  builder.begin({ kind: 'list', marker: '- ' })
  builder.text(text)
  builder.flush()
}

function addNote(builder: BlockBuilder, text: string): void {
  builder.begin()
  builder.text(text)
  builder.flush()
}
