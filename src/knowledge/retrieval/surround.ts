import { measureTokens } from '../intake/chunk-units.ts'
import { sentencesOf } from '../words/sentences.ts'

/** A passage of the same section, by its place. */
export interface Neighbour {
  ordinal: number
  text: string
}

/** Passages read on either side. */
export const NEIGHBOURS = 1

/** What a model is given of one section: a passage and what stands right before and behind it. */
const CONTEXT_TOKENS = 800

/**
 * The passage with as much of its section around it as the budget takes, in whole sentences, each once
 * although passages overlap. The passage's own text stands in it verbatim.
 */
export function surround(passage: Neighbour, neighbours: readonly Neighbour[]): string {
  const before = neighbours.find(({ ordinal }) => ordinal === passage.ordinal - 1)?.text ?? ''
  const after = neighbours.find(({ ordinal }) => ordinal === passage.ordinal + 1)?.text ?? ''
  const room = Math.max(0, CONTEXT_TOKENS - measureTokens(passage.text))
  const newBefore = before.slice(0, before.length - overlapOf(before, passage.text))
  const newAfter = after.slice(overlapOf(passage.text, after))
  // What goes on matters a little more than what went before.
  const behind = takeFirst(newAfter, Math.max(room / 2, room - measureTokens(newBefore)))
  const ahead = takeLast(newBefore, room - measureTokens(behind))
  return ahead + passage.text + behind
}

/** Length of the text that ends `before` and begins `after`. */
function overlapOf(before: string, after: string): number {
  const head = after.slice(0, HEAD_CHARACTERS)
  const from = Math.max(0, before.length - after.length)
  for (let at = before.indexOf(head, from); at >= 0; at = before.indexOf(head, at + 1)) {
    if (after.startsWith(before.slice(at))) return before.length - at
  }
  for (let length = Math.min(before.length, head.length); length > 0; length -= 1) {
    if (before.endsWith(head.slice(0, length))) return length
  }
  return 0
}

/** Few places of a text go on like these; tried one by one, all the lengths there may be took most of the time. */
const HEAD_CHARACTERS = 24

function takeFirst(text: string, tokens: number): string {
  let end = 0
  for (const sentence of sentencesOf(text)) {
    const next = sentence.start + sentence.text.length
    if (measureTokens(text.slice(0, next)) > tokens) break
    end = next
  }
  return joined('', text.slice(0, end))
}

function takeLast(text: string, tokens: number): string {
  let start = text.length
  for (const sentence of sentencesOf(text).reverse()) {
    if (measureTokens(text.slice(sentence.start)) > tokens) break
    start = sentence.start
  }
  return joined(text.slice(start), '')
}

/** Passages are trimmed: the space between them is gone and is put back here. */
function joined(ahead: string, behind: string): string {
  if (ahead !== '') return /\s$/.test(ahead) ? ahead : `${ahead}\n`
  return behind === '' || /^\s/.test(behind) ? behind : `\n${behind}`
}
