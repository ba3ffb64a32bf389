import { isVisible, type StyledText, sliceStyled, trimStyled } from './markdown-text.ts'
import type { ChatText } from './render-chat.ts'

export interface SplitLimits {
  /** Longest part, in UTF-16 units of its text plus its {@link SplitLimits.extra}. */
  limit: number
  /** Longest last part, where something else must fit beside it. */
  lastLimit?: number
  /** Units a channel's markup adds at each character, by offset. */
  extra?: Uint16Array
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })
const sentences = new Intl.Segmenter('und', { granularity: 'sentence' })
const words = new Intl.Segmenter('und', { granularity: 'word' })

/**
 * Cuts a message into as few parts as whole words allow, and among these cuts
 * takes the best: between blocks, else between list items, lines, sentences,
 * words. Only a word longer than a part is cut inside, between graphemes; only
 * a grapheme longer than a part between characters.
 *
 * No part is without visible text or with white space at an end; together they
 * hold all the text.
 */
export function splitChat(chat: ChatText, limits: SplitLimits): StyledText[] {
  const cutter = createCutter(chat, limits)
  const parts: StyledText[] = []
  let start = skipSpace(chat.text, 0)
  let left = cutter.countParts(start)
  while (start < chat.text.length) {
    const end = cutter.chooseCut(start, left - 1)
    const part = trimStyled(sliceStyled(chat, start, end))
    if (isVisible(part.text)) parts.push(part)
    start = skipSpace(chat.text, end)
    left = Math.max(1, left - 1)
  }
  return parts
}

/** How many parts {@link splitChat} makes, at most. */
export function countParts(chat: ChatText, limits: SplitLimits): number {
  return createCutter(chat, limits).countParts(skipSpace(chat.text, 0))
}

interface Cutter {
  /** Parts needed from here on when words alone are kept whole. */
  countParts(from: number): number
  /** Where the part from `start` ends, if after it `partsLeft` parts may follow. */
  chooseCut(start: number, partsLeft: number): number
}

function createCutter(chat: ChatText, { limit, lastLimit = limit, extra }: SplitLimits): Cutter {
  const { text } = chat
  const costs = sumCosts(text, extra)
  const end = text.trimEnd().length
  const places = createPlaces(chat)
  const costOf = (from: number, to: number) => (costs[to] ?? 0) - (costs[from] ?? 0)

  /** The last offset up to which a part from `start` is within the limit. */
  function reach(start: number): number {
    // The whole rest must not go into a part that is too long to be the last.
    const bound = costOf(start, end) <= limit ? end - 1 : end
    let [low, high] = [start, bound]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (costOf(start, middle) <= limit) low = middle
      else high = middle - 1
    }
    return Math.max(low, start + 1)
  }

  const isLast = (start: number) => start >= end || costOf(start, end) <= lastLimit

  function countParts(from: number): number {
    let count = 1
    for (let start = from; !isLast(start); count++)
      start = skipSpace(text, places.wordCut(start, reach(start)))
    return count
  }

  function chooseCut(start: number, partsLeft: number): number {
    if (isLast(start)) return text.length
    const far = reach(start)
    // White space after the furthest character is trimmed, so a cut may lie beyond it.
    const beyond = skipSpace(text, far)
    for (const cut of places.structureCuts(start, beyond)) {
      if (countParts(skipSpace(text, cut)) <= partsLeft) return cut
    }
    return places.wordCut(start, far)
  }

  return { countParts, chooseCut }
}

function createPlaces({ text, blockStarts, itemStarts }: ChatText) {
  const graphemeAt = graphemes.segment(text)
  const sentenceAt = sentences.segment(text)
  const wordAt = words.segment(text)
  const isBoundary = (at: number) => at >= text.length || graphemeAt.containing(at)?.index === at
  // A mark may sit on a space: trimming that space must not leave the mark alone.
  const isWhole = (at: number) => isBoundary(at) && isBoundary(skipSpace(text, at))

  /** Cuts after `start` and up to `far`, the best first. */
  function structureCuts(start: number, far: number): number[] {
    const cuts = [
      blockStarts.findLast((at) => at <= far) ?? 0,
      itemStarts.findLast((at) => at <= far) ?? 0,
      text.lastIndexOf('\n', far - 1) + 1,
      far >= text.length ? 0 : (sentenceAt.containing(far)?.index ?? 0),
    ]
    return cuts.filter((cut) => cut > start && cut < text.length && isWhole(cut))
  }

  function wordCut(start: number, far: number): number {
    if (/\s/.test(text.charAt(far)) && isWhole(far)) return far
    for (let at = far; at > start; at--) {
      // A word longer than half a part is cut inside rather than sent in a part of its own.
      if (at < start + (far - start) / 2) break
      if (/\s/.test(text.charAt(at - 1)) && isWhole(at)) return at
    }
    const word = wordAt.containing(far)?.index ?? 0
    if (word > start && isWhole(word)) return word
    for (let at = far; at > start; at = graphemeAt.containing(at - 1)?.index ?? 0) {
      if (isWhole(at)) return at
    }
    return isLowSurrogate(text, far) ? Math.max(far - 1, start + 2) : far
  }

  return { structureCuts, wordCut }
}

/** Running sum of what the text up to each offset takes. */
function sumCosts(text: string, extra: Uint16Array | undefined): Uint32Array {
  const sums = new Uint32Array(text.length + 1)
  for (let at = 0; at < text.length; at++) sums[at + 1] = (sums[at] ?? 0) + 1 + (extra?.[at] ?? 0)
  return sums
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text.charAt(at))) at++
  return at
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit < 0xe000
}
