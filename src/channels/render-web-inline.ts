import type { Citation } from './channel.ts'
import { escapeHtml } from './escape-html.ts'
import type { Span, Style, StyledText } from './markdown-text.ts'

/** Text with its spans as HTML; [n] of a known citation as a button, except in code and links. */
export function renderInlineHtml({ text, spans }: StyledText, known: Map<number, Citation>): string {
  const shown = spans.filter(({ start, end }) => end > start)
  const edges = [...new Set([0, text.length, ...shown.flatMap(({ start, end }) => [start, end])])]
  const ordered = edges.toSorted((one, other) => one - other)
  let html = ''
  let open: Span[] = []
  for (const [index, at] of ordered.entries()) {
    const ending = open.filter(({ end }) => end <= at)
    html += ending.toReversed().map(closeTag).join('')
    open = open.filter(({ end }) => end > at)
    const starting = shown.filter(({ start }) => start === at).toSorted((one, other) => other.end - one.end)
    html += starting.map(openTag).join('')
    open = [...open, ...starting]
    const next = ordered[index + 1] ?? text.length
    const isLiteral = open.some(({ style }) => style.type === 'code' || style.type === 'link')
    html += writeText(text.slice(at, next), isLiteral ? new Map() : known)
  }
  return html
}

function writeText(text: string, known: Map<number, Citation>): string {
  return escapeHtml(text)
    .replaceAll('\n', '<br>')
    .replace(/\[(\d{1,3})\]/g, (marker, digits: string) => {
      const citation = known.get(Number(digits))
      return citation ? writeCitation(citation) : marker
    })
}

function writeCitation({ n, document, locator }: Citation): string {
  const label = escapeHtml([`[${n}]`, document, locator].filter(Boolean).join(' '))
  return `<button type="button" class="cite" data-n="${n}" aria-expanded="false" aria-label="${label}">[${n}]</button>`
}

const TAGS: Record<Exclude<Style['type'], 'link'>, string> = {
  bold: 'strong',
  italic: 'em',
  strike: 's',
  code: 'code',
  pre: 'code',
  quote: 'q',
}

function openTag({ style }: Span): string {
  if (style.type !== 'link') return `<${TAGS[style.type]}>`
  return `<a href="${escapeHtml(style.url)}" rel="noopener nofollow" target="_blank">`
}

function closeTag({ style }: Span): string {
  return `</${style.type === 'link' ? 'a' : TAGS[style.type]}>`
}
