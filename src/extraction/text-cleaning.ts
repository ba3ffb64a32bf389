/**
 * Characters that no reader sees: C0 and C1 controls, zero-width space and
 * joiner marks, direction overrides, soft hyphens, byte order marks,
 * noncharacters. U+200C and U+200D stay: Persian, Hindi and emoji need them.
 */
const INVISIBLE =
  /[[\p{Cc}--[\t\n]]\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gv

/** Unicode tag characters spell invisible ASCII; only a flag (after a black flag) may use them. */
const TAGS = /(\u{1F3F4}[\u{E0020}-\u{E007F}]+)|[\u{E0000}-\u{E007F}]+/gu

const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029\f]/g

/** Text as a reader sees it: NFC, `\n` line ends, without invisible characters or lone surrogates. */
export function cleanText(text: string): string {
  const visible = text.replace(LINE_ENDS, '\n').replace(INVISIBLE, '')
  return (visible.includes('\u{DB40}') ? visible.replace(TAGS, '$1') : visible)
    .toWellFormed()
    .normalize('NFC')
}

/** Beyond these letters, and white space one by one, there is something to mend; most texts hold nothing else. */
const UNTIDY = /[^\n\x20-\x7e\xa1-\xac\xae-\u017f\u2010-\u2027]|[ \n]{2}/

/** {@link cleanText} with each line's white space folded, blank lines dropped and the ends trimmed. */
export function foldText(text: string): string {
  if (!UNTIDY.test(text)) return text.trim()
  return cleanText(text)
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n\s*/g, '\n')
    .trim()
}

/** {@link foldText} on a single line. */
export function foldLine(text: string): string {
  return foldText(text).replaceAll('\n', ' ')
}

const SEGMENTER = new Intl.Segmenter()
const WINDOW = 400

/**
 * Cuts text into parts of at most `size` UTF-16 units: behind a sentence where
 * one ends near the border, else at white space, else between two graphemes.
 */
export function splitText(text: string, size: number): string[] {
  const parts: string[] = []
  let start = 0
  while (text.length - start > size) {
    const end = findCut(text, start, start + size)
    parts.push(text.slice(start, end).trim())
    start = end
  }
  return [...parts, text.slice(start).trim()].filter((part) => part !== '')
}

function findCut(text: string, start: number, limit: number): number {
  const from = Math.max(start + 1, limit - WINDOW)
  const tail = text.slice(from, limit)
  const sentence = tail.search(/[.!?。!?…]["'”»)]*\s(?!.*[.!?。!?…]["'”»)]*\s)/s)
  if (sentence >= 0) return from + sentence + (/\s/.exec(tail.slice(sentence))?.index ?? 0)
  const space = tail.search(/\s\S*$/)
  if (space >= 0) return from + space
  const last = [...SEGMENTER.segment(text.slice(from, limit + WINDOW))].findLast(
    ({ index }) => from + index <= limit && index > 0,
  )
  return last ? from + last.index : limit
}
