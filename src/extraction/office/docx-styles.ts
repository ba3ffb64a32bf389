import { parseXml, readAttribute } from '../xml.ts'

/** What a paragraph style says about the paragraphs that wear it. */
export interface DocxStyle {
  /** Of a heading: 1 to 6. */
  level?: number
  /** Of a list: which numbering it uses. */
  numberingId?: string
  /** An entry of a table of contents: it repeats what stands elsewhere. */
  isContents: boolean
  isHidden: boolean
}

interface RawStyle {
  name: string
  basedOn?: string
  outline?: number
  numberingId?: string
  isHidden: boolean
}

/** Styles inherit from one another; a chain longer than this is a loop. */
const MAX_CHAIN = 20

/** Reads which styles mean headings, lists and hidden text, by name, outline level and inheritance. */
export async function readDocxStyles(pieces: AsyncIterable<Buffer>): Promise<Map<string, DocxStyle>> {
  const raw = new Map<string, RawStyle>()
  let style: RawStyle | undefined
  await parseXml(pieces, {
    open: (name, attributes) => {
      const value = readAttribute(attributes, 'val') ?? ''
      if (name === 'style') {
        style = { name: '', isHidden: false }
        raw.set(readAttribute(attributes, 'styleId') ?? '', style)
      } else if (!style) return
      else if (name === 'name') style.name = value.toLowerCase()
      else if (name === 'basedOn') style.basedOn = value
      else if (name === 'outlineLvl') style.outline = Number(value)
      else if (name === 'numId') style.numberingId = value
      else if (name === 'vanish') style.isHidden = value !== '0' && value !== 'false'
    },
    close: (name) => {
      if (name === 'style') style = undefined
    },
  })
  return new Map([...raw].map(([id, own]) => [id, resolve(own, raw)]))
}

function resolve(own: RawStyle, all: Map<string, RawStyle>): DocxStyle {
  const chain: RawStyle[] = []
  for (let at: RawStyle | undefined = own; at && chain.length < MAX_CHAIN; ) {
    chain.push(at)
    at = at.basedOn === undefined ? undefined : all.get(at.basedOn)
  }
  const level = firstDefined(chain.map(readLevel))
  const numberingId = firstDefined(chain.map((style) => style.numberingId))
  return {
    ...(level !== undefined && { level }),
    ...(numberingId !== undefined && numberingId !== '0' && { numberingId }),
    isContents: chain.some(({ name }) => /^toc \d$/.test(name)),
    isHidden: chain.some(({ isHidden }) => isHidden),
  }
}

/** Word keeps the English names of its own styles in every language. */
function readLevel({ name, outline }: RawStyle): number | undefined {
  if (name === 'title') return 1
  if (name === 'subtitle') return 2
  const named = /^heading (\d)$/.exec(name)?.[1]
  const level = named ? Number(named) : outline === undefined ? undefined : outline + 1
  return level !== undefined && level >= 1 && level <= 9 ? Math.min(level, 6) : undefined
}

function firstDefined<T>(values: (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined)
}
