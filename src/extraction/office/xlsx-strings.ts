import { parseXml } from '../xml.ts'

/** The texts that cells name by their number, without the readings above Japanese ones. */
export async function readSharedStrings(pieces: AsyncIterable<Buffer>): Promise<string[]> {
  const strings: string[] = []
  let text: string[] = []
  let isText = false
  let readings = 0
  await parseXml(pieces, {
    open: (name) => {
      if (name === 'si') text = []
      else if (name === 'rPh') readings += 1
      else if (name === 't') isText = readings === 0
    },
    text: (piece) => {
      if (isText) text.push(piece)
    },
    close: (name) => {
      if (name === 't') isText = false
      else if (name === 'rPh') readings -= 1
      else if (name === 'si') strings.push(text.join(''))
    },
  })
  return strings
}
