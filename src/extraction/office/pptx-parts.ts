import { BlockBuilder } from '../builder.ts'
import { BlockSink } from '../sink.ts'
import { foldLine } from '../text-cleaning.ts'
import { parseXml } from '../xml.ts'
import type { Archive } from '../zip.ts'
import { SlideWalk } from './pptx-slide.ts'

/** What the speaker notes below a slide, one text for each paragraph or list, the first marked as notes. */
export async function readNotes(archive: Archive, part: string): Promise<string[]> {
  const sink = new BlockSink(Number.POSITIVE_INFINITY)
  const builder = new BlockBuilder(sink)
  await parseXml(archive.read(part), new SlideWalk(builder))
  builder.end()
  const lines = sink.blocks.flatMap(({ text }) => text.split('\n')).map((line) => line.replace(/^ *- /, ''))
  return lines.length === 0 ? [] : [`Notes: ${lines.join('\n')}`]
}

/** Points of a diagram that hold no words of their own but how others are drawn. */
const DRAWN = new Set(['pres', 'parTrans', 'sibTrans'])

/** The words of a diagram, point by point in the order they were written. */
export async function readDiagram(archive: Archive, part: string): Promise<string[]> {
  const texts: string[] = []
  let isRead = false
  let isText = false
  let text = ''
  await parseXml(archive.read(part), {
    open: (name, { type = '' }) => {
      if (name === 'pt') {
        isRead = !DRAWN.has(type)
        text = ''
      } else if (name === 't') isText = true
      else if (name === 'p') text += ' '
    },
    text: (piece) => {
      if (isText && isRead) text += piece
    },
    close: (name) => {
      if (name === 'pt' && foldLine(text) !== '') texts.push(foldLine(text))
      // Both the frame of a text and its runs are called `t`; only runs hold characters.
      if (name === 't' || name === 'r') isText = false
    },
  })
  return texts
}
