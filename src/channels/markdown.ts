import type { Token, Tokens } from 'marked'
import { readInline } from './markdown-inline.ts'
import { lexMarkdown } from './markdown-lexer.ts'
import { cleanText, type StyledText, trimStyled } from './markdown-text.ts'

/**
 * Longer Markdown is read as plain paragraphs, with no formatting and no
 * letter lost: twice the longest answer we let a model write.
 */
export const MAX_MARKDOWN_CHARS = 40_000

/** More lines, too: marked reads a list in time that grows with lines x characters. */
const MAX_MARKDOWN_LINES = 3_000

/** What a Block stands in, outermost first. Blocks of one container share the same object. */
export type Container =
  | { type: 'quote' }
  | { type: 'list'; isOrdered: boolean; start: number; isLoose: boolean }
  /** `marker` is the number or check mark; without one it is a bullet, in the channel's form. */
  | { type: 'item'; marker?: string }

/** One piece of a document, in no channel's form. */
export type Block = { path: Container[] } & (
  | { kind: 'paragraph'; content: StyledText }
  | { kind: 'heading'; level: number; content: StyledText }
  | { kind: 'code'; text: string; language?: string }
  | { kind: 'table'; header: StyledText[]; rows: StyledText[][] }
  | { kind: 'rule' }
)

/**
 * Reads a model's Markdown as a flat list of Blocks, the one tree every channel
 * is rendered from.
 *
 * All text survives: HTML tags stand as text, links with a scheme other than
 * http, https, mailto or tg keep their label, an image becomes its description
 * with a link. Never throws and never takes long, whatever comes in.
 */
export function parseMarkdown(markdown: string): Block[] {
  const source = cleanText(markdown)
  if (source.length > MAX_MARKDOWN_CHARS || countLines(source) > MAX_MARKDOWN_LINES) return readPlain(source)
  try {
    return readBlocks(lexMarkdown(source), [])
  } catch {
    // marked gives up on some input by throwing; the reader still gets every word.
    return readPlain(source)
  }
}

function countLines(source: string): number {
  let lines = 1
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) lines++
  return lines
}

function readPlain(source: string): Block[] {
  return source
    .split(/\n{2,}/)
    .filter((text) => text.trim() !== '')
    .map((text) => ({ kind: 'paragraph', path: [], content: trimStyled({ text, spans: [] }) }))
}

function readBlocks(tokens: Token[], path: Container[]): Block[] {
  return tokens.flatMap((token) => readBlock(token as BlockToken, path))
}

// marked's Token includes a catch-all of `any`; this is the closed set its block lexer makes.
type BlockToken =
  | Tokens.Space
  | Tokens.Checkbox
  | Tokens.Paragraph
  | Tokens.Text
  | Tokens.Heading
  | Tokens.HTML
  | Tokens.Code
  | Tokens.Blockquote
  | Tokens.List
  | Tokens.Table
  | Tokens.Hr

function readBlock(token: BlockToken, path: Container[]): Block[] {
  switch (token.type) {
    case 'paragraph':
      return readParagraph(readInline(token.tokens), path)
    case 'text':
      return readParagraph(readInline([token]), path)
    case 'html':
      return readParagraph({ text: token.text, spans: [] }, path)
    case 'heading': {
      const content = trimStyled(readInline(token.tokens))
      return content.text === '' ? [] : [{ kind: 'heading', path, level: token.depth, content }]
    }
    case 'code':
      return readCode(token, path)
    case 'blockquote':
      return readBlocks(token.tokens, [...path, { type: 'quote' }])
    case 'list':
      return readList(token, path)
    case 'table':
      return [readTable(token, path)]
    case 'hr':
      return [{ kind: 'rule', path }]
    default:
      return []
  }
}

function readParagraph(styled: StyledText, path: Container[]): Block[] {
  const content = trimStyled(styled)
  return content.text === '' ? [] : [{ kind: 'paragraph', path, content }]
}

function readCode({ text, lang }: Tokens.Code, path: Container[]): Block[] {
  const code = text.replace(/^(?:[ \t]*\n)+/, '').trimEnd()
  if (code.trim() === '') return []
  const language = /^[\w+#.-]{1,32}/.exec(lang ?? '')?.[0]
  return [{ kind: 'code', path, text: code, ...(language === undefined ? {} : { language }) }]
}

function readList({ items, ordered, start, loose }: Tokens.List, path: Container[]): Block[] {
  const first = start === '' ? 1 : start
  const list: Container = { type: 'list', isOrdered: ordered, start: first, isLoose: loose }
  return items.flatMap((item, index) => {
    const marker = markerOf(item, ordered ? first + index : undefined)
    const inside: Container[] = [...path, list, { type: 'item', ...(marker === '' ? {} : { marker }) }]
    const blocks = readBlocks(item.tokens, inside)
    // An empty item still shows its bullet or number.
    return blocks.length > 0
      ? blocks
      : [{ kind: 'paragraph', path: inside, content: { text: '', spans: [] } } satisfies Block]
  })
}

function markerOf(item: Tokens.ListItem, number: number | undefined): string {
  const delimiter = /^\s*\d+\)/.test(item.raw) ? ')' : '.'
  const box = item.task ? (item.checked ? '☑' : '☐') : ''
  return [number === undefined ? '' : `${number}${delimiter}`, box].filter(Boolean).join(' ')
}

function readTable({ header, rows }: Tokens.Table, path: Container[]): Block {
  const readCell = ({ tokens }: Tokens.TableCell) => trimStyled(readInline(tokens))
  return { kind: 'table', path, header: header.map(readCell), rows: rows.map((row) => row.map(readCell)) }
}
