import type { ChoiceButton, Citation, LinkButton } from './channel.ts'
import type { Block, Container } from './markdown.ts'
import { cleanText, joinStyled, type StyledText, wrapStyled } from './markdown-text.ts'

/** A quote shown under its source; longer ones are cut at a word. */
const MAX_QUOTE_UNITS = 160

/** The sources of an answer as the last lines of its text: `[1] Document · page 4`, perhaps with the quote. */
export function buildSourceBlocks(citations: Citation[], { hasQuotes }: { hasQuotes: boolean }): Block[] {
  return buildList(
    citations.map((citation) => ({
      marker: `[${citation.n}]`,
      content: hasQuotes
        ? joinStyled([describeSource(citation), describeQuote(citation)])
        : describeSource(citation),
    })),
  )
}

/** Addresses that are no buttons here, a line each. */
export function buildLinkBlocks(links: LinkButton[]): Block[] {
  return buildList(
    links.map(({ label, url }) => ({ marker: '-', content: plain(`${onOneLine(label)}: ${url}`) })),
  )
}

/** Choices that are no buttons here, as numbered lines. */
export function buildChoiceBlocks(buttons: ChoiceButton[]): Block[] {
  return buildList(
    buttons.map(({ label }, index) => ({ marker: `${index + 1}.`, content: plain(onOneLine(label)) })),
  )
}

function buildList(items: { marker: string; content: StyledText }[]): Block[] {
  const list: Container = { type: 'list', isOrdered: true, start: 1, isLoose: false }
  return items.map(({ marker, content }) => ({
    kind: 'paragraph',
    path: [list, { type: 'item', marker }],
    content,
  }))
}

function describeSource({ document, locator }: Citation): StyledText {
  return plain([onOneLine(document), onOneLine(locator)].filter(Boolean).join(' · '))
}

function describeQuote({ quote }: Citation): StyledText {
  const shown = shorten(onOneLine(quote))
  return shown === '' ? plain('') : joinStyled([plain('\n'), wrapStyled(plain(shown), { type: 'italic' })])
}

function shorten(quote: string): string {
  if (quote.length <= MAX_QUOTE_UNITS) return quote
  const cut = quote.lastIndexOf(' ', MAX_QUOTE_UNITS)
  // Without a space near the end (Chinese, Japanese) a character is the place to cut.
  const head = quote.slice(0, cut > MAX_QUOTE_UNITS / 2 ? cut : MAX_QUOTE_UNITS).toWellFormed()
  return `${head.replace(/\uFFFD$/, '').trimEnd()}…`
}

function onOneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim()
}

function plain(text: string): StyledText {
  return { text, spans: [] }
}
