import type { Citation, OutboundMessage, Photo } from './channel.ts'
import { escapeHtml } from './escape-html.ts'
import { type Block, type Container, parseMarkdown } from './markdown.ts'
import { renderInlineHtml } from './render-web-inline.ts'

/**
 * A message as safe HTML: every character of it is escaped and only our own
 * tags stand, so neither a model nor a document can put in a script, a picture
 * or a style. A photo is one of ours, from our own address. [n] becomes a button that opens the citation of that number.
 */
export function renderWeb({ markdown, citations, photo }: OutboundMessage): string {
  const known = new Map(citations.map((citation) => [citation.n, citation]))
  let html = photo ? renderPhoto(photo) : ''
  let open: Container[] = []
  for (const block of parseMarkdown(markdown)) {
    const shared = countShared(open, block.path)
    const fresh = block.path.slice(shared)
    html += closeAll(open.slice(shared)) + openAll(fresh) + writeBlock(block, known, fresh.length > 0)
    open = block.path
  }
  return html + closeAll(open)
}

/** By its path alone: whatever name this page is reached by, the photo is beside it. */
function renderPhoto({ url, alt }: Photo): string {
  if (!URL.canParse(url)) return ''
  const { pathname } = new URL(url)
  return `<p class="photo"><img src="${escapeHtml(pathname)}" alt="${escapeHtml(alt)}" loading="lazy"></p>`
}

function countShared(open: Container[], path: Container[]): number {
  const different = path.findIndex((container, depth) => container !== open[depth])
  return different === -1 ? path.length : different
}

function openAll(containers: Container[]): string {
  return containers.map(openTag).join('')
}

function closeAll(containers: Container[]): string {
  return containers
    .toReversed()
    .map((container) => `</${tagOf(container)}>`)
    .join('')
}

function tagOf(container: Container): string {
  if (container.type === 'quote') return 'blockquote'
  if (container.type === 'item') return 'li'
  return container.isOrdered ? 'ol' : 'ul'
}

function openTag(container: Container): string {
  const { type } = container
  if (type === 'list' && container.isOrdered && container.start !== 1)
    return `<ol start="${container.start}">`
  const box = type === 'item' ? (/[☐☑]/.exec(container.marker ?? '')?.[0] ?? '') : ''
  return `<${tagOf(container)}>${box === '' ? '' : `${box} `}`
}

function writeBlock(block: Block, known: Map<number, Citation>, isFirst: boolean): string {
  switch (block.kind) {
    case 'paragraph':
      return writeParagraph(renderInlineHtml(block.content, known), isFirst && isInTightItem(block))
    case 'heading': {
      // The page itself has the first two levels.
      const tag = `h${Math.min(block.level + 2, 6)}`
      return `<${tag}>${renderInlineHtml(block.content, known)}</${tag}>`
    }
    case 'code': {
      const language = block.language === undefined ? '' : ` data-language="${escapeHtml(block.language)}"`
      return `<pre dir="ltr"><code${language}>${escapeHtml(block.text)}</code></pre>`
    }
    case 'table':
      return writeTable(block, known)
    case 'rule':
      return '<hr>'
  }
}

function writeParagraph(html: string, isBare: boolean): string {
  return isBare ? html : `<p dir="auto">${html}</p>`
}

function isInTightItem({ path }: Block): boolean {
  const list = path.at(-2)
  return path.at(-1)?.type === 'item' && list?.type === 'list' && !list.isLoose
}

function writeTable(table: Extract<Block, { kind: 'table' }>, known: Map<number, Citation>): string {
  const writeRow = (cells: typeof table.header, tag: string) =>
    `<tr>${cells.map((cell) => `<${tag} dir="auto">${renderInlineHtml(cell, known)}</${tag}>`).join('')}</tr>`
  const head = writeRow(table.header, 'th')
  const body = table.rows.map((row) => writeRow(row, 'td')).join('')
  return `<table><thead>${head}</thead><tbody>${body}</tbody></table>`
}
