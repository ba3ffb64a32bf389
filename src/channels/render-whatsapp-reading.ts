/** The characters that open and close formatting: bold, italic, struck through. */
const MARKERS = ['*', '_', '~'] as const

export interface Stretch {
  start: number
  /** Not included. */
  end: number
}

const FENCE = /```([\s\S]+?)```/g
const INLINE_CODE = /`[^`\n]+`/g
// Apps make links before they look for formatting.
const ADDRESS = /\bhttps?:\/\/[^\s`]*[^\s`*_~.,;:!?)\]]/gi
const PART_OF_WORD = /[\p{L}\p{N}\p{M}]/u

/**
 * The text a reader sees of a WhatsApp message: its markup taken away, list
 * dashes as bullets.
 *
 * WhatsApp publishes no grammar. This reading takes for formatting all that any
 * app might, so text that survives it unharmed is safe everywhere.
 */
export function stripWhatsapp(text: string): string {
  let stripped = ''
  let end = 0
  for (const fence of text.matchAll(FENCE)) {
    stripped += stripLines(text.slice(end, fence.index)) + (fence[1] ?? '')
    end = fence.index + fence[0].length
  }
  return stripped + stripLines(text.slice(end))
}

function stripLines(text: string): string {
  return text
    .split('\n')
    .map((line) => stripLine(line.replace(/^> /, '')).replace(/^(\s*)[-*](?= )/, '$1•'))
    .join('\n')
}

/** A line without the markers that WhatsApp would act on. */
export function stripLine(line: string): string {
  const pairs = [...findInlineCode(line), ...findFormatting(line)]
  const removed = new Set(pairs.flatMap(({ start, end }) => [start, end - 1]))
  let stripped = ''
  let at = 0
  for (const marker of [...removed].toSorted((one, other) => one - other)) {
    stripped += line.slice(at, marker)
    at = marker + 1
  }
  return stripped + line.slice(at)
}

export function findInlineCode(line: string): Stretch[] {
  return [...line.matchAll(INLINE_CODE)].map(({ 0: code, index }) => ({
    start: index,
    end: index + code.length,
  }))
}

/** What stands between a pair of equal markers, with the markers, outside code and addresses. */
export function findFormatting(line: string): Stretch[] {
  const hidden = hideLiteral(line)
  return MARKERS.flatMap((marker) => findPairs(hidden, marker))
}

/** The line with code and addresses as words of the same length: their markers mean nothing. */
function hideLiteral(line: string): string {
  return line
    .replace(INLINE_CODE, (code) => `\`${'x'.repeat(code.length - 2)}\``)
    .replace(ADDRESS, (address) => 'x'.repeat(address.length))
}

function findPairs(line: string, marker: string): Stretch[] {
  const pairs: Stretch[] = []
  const closers = findClosers(line, marker)
  let next = 0
  for (let at = line.indexOf(marker); at !== -1; at = line.indexOf(marker, at + 1)) {
    if (!canOpen(line, at)) continue
    while (next < closers.length && (closers[next] ?? 0) <= at + 1) next++
    const closer = closers[next]
    if (closer === undefined) break
    pairs.push({ start: at, end: closer + 1 })
    at = closer
  }
  return pairs
}

function findClosers(line: string, marker: string): number[] {
  const closers: number[] = []
  for (let at = line.indexOf(marker); at !== -1; at = line.indexOf(marker, at + 1)) {
    if (canClose(line, at)) closers.push(at)
  }
  return closers
}

/** True when a marker here has no word right before it and no space right after. */
function canOpen(line: string, at: number): boolean {
  const after = line.charAt(at + 1)
  return after !== '' && !/\s/.test(after) && !isWordBefore(line, at)
}

function canClose(line: string, at: number): boolean {
  const before = line.charAt(at - 1)
  return before !== '' && !/\s/.test(before) && !isWordAt(line, at + 1)
}

/** True when the character that ends at this offset is part of a word. */
export function isWordBefore(line: string, at: number): boolean {
  const isPair = /[\uDC00-\uDFFF]/.test(line.charAt(at - 1))
  return PART_OF_WORD.test(line.slice(Math.max(0, at - (isPair ? 2 : 1)), at))
}

/** True when the character that begins at this offset is part of a word. */
export function isWordAt(line: string, at: number): boolean {
  const point = line.codePointAt(at)
  return point !== undefined && PART_OF_WORD.test(String.fromCodePoint(point))
}
