import { measureTokens } from './chunk-units.ts'

/** A passage of the same section, by its place. */
export interface Neighbour {
  ordinal: number
  text: string
}

/** Passages read on either side. */
export const NEIGHBOURS = 1

/** What a model is given of one section: a passage and a good part of its surroundings. */
const CONTEXT_TOKENS = 800

/**
 * The passage with as much of its section around it as the budget takes, each word once although
 * passages overlap. The passage's own text stands in it verbatim.
 */
export function surround(passage: Neighbour, neighbours: readonly Neighbour[]): string {
  let context = passage.text
  const later = neighbours.filter(({ ordinal }) => ordinal > passage.ordinal)
  const earlier = neighbours.filter(({ ordinal }) => ordinal < passage.ordinal).reverse()
  for (const { text } of later) {
    const longer = joinOverlapping(context, text)
    if (measureTokens(longer) > CONTEXT_TOKENS) break
    context = longer
  }
  for (const { text } of earlier) {
    const longer = joinOverlapping(text, context)
    if (measureTokens(longer) > CONTEXT_TOKENS) break
    context = longer
  }
  return context
}

/** `before` and `after` as one text, what ends the one and begins the other written once. */
export function joinOverlapping(before: string, after: string): string {
  for (let length = Math.min(before.length, after.length); length > 0; length -= 1) {
    if (before.endsWith(after.slice(0, length))) return before + after.slice(length)
  }
  return `${before}\n\n${after}`
}
