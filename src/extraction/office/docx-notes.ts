import { parseXml, readAttribute } from '../xml.ts'

/** Reads the texts of foot- or endnotes by their id, without the separators Word keeps among them. */
export async function readDocxNotes(pieces: AsyncIterable<Buffer>): Promise<Map<string, string>> {
  const notes = new Map<string, string>()
  let id: string | undefined
  let isText = false
  await parseXml(pieces, {
    open: (name, attributes) => {
      if (name === 'footnote' || name === 'endnote') {
        const isSeparator = (readAttribute(attributes, 'type') ?? 'normal') !== 'normal'
        id = isSeparator ? undefined : readAttribute(attributes, 'id')
      } else if (name === 't') isText = true
      else if (id !== undefined && (name === 'p' || name === 'tab' || name === 'br')) {
        notes.set(id, `${notes.get(id) ?? ''} `)
      }
    },
    text: (text) => {
      if (isText && id !== undefined) notes.set(id, (notes.get(id) ?? '') + text)
    },
    close: (name) => {
      if (name === 't') isText = false
    },
  })
  return notes
}
