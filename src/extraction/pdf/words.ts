import type { Line } from './lines.ts'

/** Words such as "twelve-week", to keep their hyphen when one of them is broken at it. */
export function collectHyphenated(paragraphs: { lines: Line[] }[]): Set<string> {
  const words = new Set<string>()
  for (const { lines } of paragraphs) {
    for (const { text } of lines) {
      if (!/[-\u2010]/.test(text)) continue
      for (const [word] of text.matchAll(/\p{L}+[-\u2010]\p{L}+/gu)) words.add(word.toLowerCase())
    }
  }
  return words
}

const BROKEN = /(\p{L}+)[-\u2010\u00ad]$/u

/** The lines as one text, with words that were broken at the end of a line made whole. */
export function joinText(lines: Line[], hyphenated: Set<string>): string {
  const parts: string[] = []
  let last = ''
  for (const { text: next } of lines) {
    const word = endsBroken(last) && BROKEN.exec(last.slice(-MAX_WORD))?.[1]
    const rest = word && /^\p{Ll}+/u.exec(next)?.[0]
    if (rest) {
      parts.push(parts.pop()?.slice(0, -1) ?? '', hyphenated.has(`${word}-${rest}`.toLowerCase()) ? '-' : '')
    } else if (last !== '' && !isUnspaced(last, next)) parts.push(' ')
    parts.push(next)
    last = next
  }
  return parts.join('')
}

/** No word is longer; it keeps the search for one short. */
const MAX_WORD = 60

/** True when the line ends inside a word. */
export function endsBroken(text: string): boolean {
  return /[-\u2010\u00ad]$/.test(text.slice(-1))
}

/** Chinese and Japanese lines join without a space. */
function isUnspaced(text: string, next: string): boolean {
  const cjk = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]/
  return cjk.test(text.slice(-1)) && cjk.test(next.slice(0, 1))
}
