import type { Block, Container } from './markdown.ts'
import { layoutTable } from './markdown-table.ts'
import { indentStyled, joinStyled, type Span, type StyledText, wrapStyled } from './markdown-text.ts'

/** A whole message as it reads in a chat. */
export interface ChatText extends StyledText {
  /** Offsets at which a new block begins: the best places to cut. */
  blockStarts: number[]
  /** Offsets at which a list item begins: the next best. */
  itemStarts: number[]
}

export interface ChatForm {
  bullet: string
  /** True for a link whose address must stand beside its label. */
  isAddressShown(url: string): boolean
}

const INDENT = '   '
const RULE = '———'

/** Lays Blocks out as the lines of a chat message: bullets, numbers, indents and gaps become text. */
export function layoutChat(blocks: Block[], form: ChatForm): ChatText {
  const chat: ChatText = { text: '', spans: [], blockStarts: [], itemStarts: [] }
  const parts: StyledText[] = []
  const quotes = new Map<Container, Span>()
  const shown = new Set<Container>()
  let length = 0
  for (const [index, block] of blocks.entries()) {
    const previous = blocks[index - 1]
    const gap = previous ? gapBetween(previous, block) : ''
    const start = length + gap.length
    if (previous && previous.kind !== 'heading') {
      const starts = gap.length > 1 ? chat.blockStarts : chat.itemStarts
      starts.push(start)
    }
    const styled = layoutBlock(block, shown, form)
    parts.push({ text: gap, spans: [] }, styled)
    length = start + styled.text.length
    extendQuote(quotes, block, { start, end: length })
  }
  const { text, spans } = joinStyled(parts)
  return { ...chat, text, spans: [...quotes.values(), ...spans].filter(({ start, end }) => end > start) }
}

/** Chats have quotes of one level: the outermost holds all. */
function extendQuote(
  quotes: Map<Container, Span>,
  { path }: Block,
  { start, end }: { start: number; end: number },
): void {
  const quote = path.find(({ type }) => type === 'quote')
  if (!quote) return
  quotes.set(quote, { start: quotes.get(quote)?.start ?? start, end, style: { type: 'quote' } })
}

function gapBetween(previous: Block, next: Block): string {
  if (previous.kind === 'heading') return '\n'
  const shared = next.path.filter((container, depth) => container === previous.path[depth])
  const following = next.path[shared.length]
  // A list within an item begins on the line after the item's own words.
  if (shared.at(-1)?.type === 'item' && following?.type === 'list' && !isRich(previous)) return '\n'
  const list = shared.findLast((container) => container.type === 'list')
  const isInSameQuote = shared.at(-1)?.type === 'quote'
  return list && !list.isLoose && !isInSameQuote ? '\n' : '\n\n'
}

function isRich({ kind }: Block): boolean {
  return kind === 'code' || kind === 'table'
}

function layoutBlock(block: Block, shown: Set<Container>, form: ChatForm): StyledText {
  const { lead, indent } = layoutMarkers(block.path, shown, form.bullet)
  const body = layoutBody(block, form)
  if (isRich(block)) {
    const head = lead.trim() === '' ? '' : `${lead.trimEnd()}\n`
    return joinStyled([{ text: head, spans: [] }, body])
  }
  const lines = joinStyled([{ text: lead, spans: [] }, indentStyled(body, indent)])
  return body.text === '' ? { text: lines.text.trimEnd(), spans: [] } : lines
}

/** The markers of the items that begin with this block, and the indent of its other lines. */
function layoutMarkers(
  path: Container[],
  shown: Set<Container>,
  bullet: string,
): { lead: string; indent: string } {
  const items = path.filter((container) => container.type === 'item')
  const fresh = items.filter((item) => !shown.has(item))
  for (const item of fresh) shown.add(item)
  const depth = items.length - fresh.length
  const markers = fresh.map((item) => `${item.marker ?? bullet} `).join('')
  const indent = INDENT.repeat(items.length)
  return { lead: fresh.length > 0 ? INDENT.repeat(depth) + markers : indent, indent }
}

function layoutBody(block: Block, form: ChatForm): StyledText {
  switch (block.kind) {
    case 'paragraph':
      return showAddresses(block.content, form)
    case 'heading':
      return wrapStyled(showAddresses(block.content, form), { type: 'bold' })
    case 'code': {
      const language = block.language === undefined ? {} : { language: block.language }
      return wrapStyled({ text: block.text, spans: [] }, { type: 'pre', ...language })
    }
    case 'table': {
      const showAll = (row: StyledText[]) => row.map((cell) => showAddresses(cell, form))
      return layoutTable(showAll(block.header), block.rows.map(showAll), form.bullet)
    }
    case 'rule':
      return { text: RULE, spans: [] }
  }
}

/** Writes `label (address)` for the links whose address cannot hide behind the label. */
function showAddresses({ text, spans }: StyledText, { isAddressShown }: ChatForm): StyledText {
  let styled: StyledText = { text, spans }
  const links = spans.filter(({ style }) => style.type === 'link' && isAddressShown(style.url))
  for (const span of links.toSorted((one, other) => other.end - one.end)) {
    if (span.style.type !== 'link') continue
    const spot = span.end
    const added = span.style.isLabelled ? ` (${span.style.url.replace(/^mailto:/i, '')})` : ''
    styled = insertAfter(styled, span, { text: added, at: spot })
  }
  return styled
}

function insertAfter(styled: StyledText, link: Span, added: { text: string; at: number }): StyledText {
  const { text, at } = added
  const move = (offset: number) => (offset > at ? offset + text.length : offset)
  return {
    text: styled.text.slice(0, at) + text + styled.text.slice(at),
    spans: styled.spans
      .filter((span) => span !== link)
      .map((span) => ({
        start: span.start >= at ? span.start + text.length : span.start,
        end: move(span.end),
        style: span.style,
      })),
  }
}
