import { parseXml, readAttribute } from '../xml.ts'

interface Level {
  format: string
  start: number
}

/** Counts list items as Word shows them. */
export interface DocxNumbering {
  /** The bullet or number of the next item at this depth, indented; '' for a list without marks. */
  next(numberingId: string, depth: number): string
}

const MAX_DEPTH = 8

/** Reads how each list is numbered; a list that is not described has bullets. */
export async function readDocxNumbering(pieces: AsyncIterable<Buffer>): Promise<DocxNumbering> {
  const abstracts = new Map<string, Map<number, Level>>()
  const lists = new Map<string, string>()
  /** Where a list begins anew though it is numbered like another, by list and depth. */
  const starts = new Map<string, number>()
  let levels: Map<number, Level> | undefined
  let level: Level | undefined
  let list = ''
  let depthAt = 0
  await parseXml(pieces, {
    open: (name, attributes) => {
      const value = readAttribute(attributes, 'val') ?? ''
      if (name === 'abstractNum') {
        levels = new Map()
        abstracts.set(readAttribute(attributes, 'abstractNumId') ?? '', levels)
      } else if (name === 'lvl') {
        level = { format: 'bullet', start: 1 }
        levels?.set(Number(readAttribute(attributes, 'ilvl')), level)
      } else if (name === 'numFmt' && level) level.format = value
      else if (name === 'start' && level) level.start = Number(value) || 0
      else if (name === 'num') list = readAttribute(attributes, 'numId') ?? ''
      else if (name === 'abstractNumId') lists.set(list, value)
      else if (name === 'lvlOverride') depthAt = Number(readAttribute(attributes, 'ilvl')) || 0
      else if (name === 'startOverride') starts.set(`${list} ${depthAt}`, Number(value) || 0)
    },
    close: (name) => {
      if (name === 'abstractNum') levels = undefined
      if (name === 'lvl') level = undefined
    },
  })

  const counts = new Map<string, number[]>()
  return {
    next(numberingId, depth) {
      const at = Math.min(Math.max(depth, 0), MAX_DEPTH)
      const level = abstracts.get(lists.get(numberingId) ?? '')?.get(at)
      const { format, start } = level ?? { format: 'bullet', start: 1 }
      const first = starts.get(`${numberingId} ${at}`) ?? start
      const count = counts.get(numberingId) ?? []
      count[at] = (count[at] ?? first - 1) + 1
      count.length = at + 1
      counts.set(numberingId, count)
      if (format === 'none') return ''
      return `${'  '.repeat(at)}${mark(format, count[at] ?? 1)} `
    },
  }
}

function mark(format: string, count: number): string {
  if (format === 'bullet') return '-'
  const letter = String.fromCharCode(97 + ((count - 1) % 26))
  if (format === 'lowerLetter') return `${letter}.`
  if (format === 'upperLetter') return `${letter.toUpperCase()}.`
  return `${count}.`
}
