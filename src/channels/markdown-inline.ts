import type { Token, Tokens } from 'marked'
import { joinStyled, type Style, type StyledText, wrapStyled } from './markdown-text.ts'

/** Longer addresses are not made into links: no channel promises to take them. */
const MAX_URL_CHARS = 2048

/** Reads the inside of a paragraph, heading or cell. Citation markers like [1] stay as they are. */
export function readInline(tokens: Token[]): StyledText {
  return joinStyled(tokens.map((token) => readToken(token as InlineToken)))
}

// marked's Token includes a catch-all of `any`; this is the closed set its inline lexer makes.
type InlineToken =
  | Tokens.Text
  | Tokens.Escape
  | Tokens.Tag
  | Tokens.Strong
  | Tokens.Em
  | Tokens.Del
  | Tokens.Codespan
  | Tokens.Br
  | Tokens.Link
  | Tokens.Image
  | Tokens.Checkbox

function readToken(token: InlineToken): StyledText {
  switch (token.type) {
    case 'strong':
      return wrapStyled(readInline(token.tokens), { type: 'bold' })
    case 'em':
      return wrapStyled(readInline(token.tokens), { type: 'italic' })
    case 'del':
      return wrapStyled(readInline(token.tokens), { type: 'strike' })
    case 'codespan':
      return wrapStyled(plain(token.text), { type: 'code' })
    case 'br':
      return plain('\n')
    case 'link':
      return readLink(token)
    case 'image':
      return readImage(token)
    case 'html':
      return plain(/^<br\s*\/?>$/i.test(token.text) ? '\n' : token.text)
    case 'escape':
      return plain(token.text)
    case 'text':
      return readText(token)
    default:
      return plain('')
  }
}

function readText({ text, tokens, escaped }: Tokens.Text): StyledText {
  if (tokens) return readInline(tokens)
  return plain(escaped ? text : decodeEntities(text).replace(/[ \t]*\n[ \t]*/g, '\n'))
}

function readLink({ href, tokens, autolink }: Tokens.Link): StyledText {
  if (autolink) return linked(readInline(tokens), href, false)
  const label = readInline(tokens)
  // A model may link its citation marker; the reader is to see the marker all the same.
  if (/^\d+$/.test(label.text)) return linked(plain(`[${label.text}]`), href, true)
  return linked(label, href, true)
}

function readImage({ href, tokens }: Tokens.Image): StyledText {
  const { text } = readInline(tokens)
  return linked(plain(text), href, true)
}

function linked(label: StyledText, href: string, isLabelled: boolean): StyledText {
  const url = readUrl(href)
  if (url === undefined) return label
  const address = url.replace(/^mailto:/i, '')
  if (label.text.trim() === '') return wrapStyled(plain(address), link(url, false))
  const inner = { text: label.text, spans: label.spans.filter(({ style }) => style.type !== 'link') }
  return wrapStyled(inner, link(url, isLabelled && label.text !== url && label.text !== address))
}

function link(url: string, isLabelled: boolean): Style {
  return { type: 'link', url, isLabelled }
}

function readUrl(href: string): string | undefined {
  const url = decodeEntities(href).trim()
  if (!/^(?:https?:\/\/|mailto:|tg:)[^\s<>"`]+$/i.test(url) || url.length > MAX_URL_CHARS) return undefined
  return URL.canParse(url) ? url : undefined
}

function plain(text: string): StyledText {
  return { text, spans: [] }
}

const ENTITIES: Record<string, string> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00A0', shy: '\u00AD' },
  ...{ hellip: '…', mdash: '—', ndash: '–', bull: '•', middot: '·', times: '×', deg: '°' },
  ...{ euro: '€', pound: '£', copy: '©', reg: '®', trade: '™', frac12: '½', plusmn: '±' },
  ...{ laquo: '«', raquo: '»', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”' },
  ...{ larr: '←', rarr: '→', le: '≤', ge: '≥', ne: '≠' },
}

/** marked leaves named character references to the browser; these are the ones models write. */
function decodeEntities(text: string): string {
  return text.replace(/&([a-z]+\d{0,2});/g, (whole, name: string) =>
    Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole,
  )
}
