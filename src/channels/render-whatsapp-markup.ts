import { type Span, type Style, type StyledText, sliceStyled } from './markdown-text.ts'
import {
  findFormatting,
  findInlineCode,
  isWordAt,
  isWordBefore,
  type Stretch,
  stripLine,
} from './render-whatsapp-reading.ts'

const SIGNS: Partial<Record<Style['type'], string>> = { bold: '*', italic: '_', strike: '~', code: '`' }

const FENCE = '```'

/** Stands in for a backtick that would end or begin code: code has no escape. */
const BACKTICK_LOOKALIKE = 'ˋ'

/** Units a part's markup may need beyond {@link markupCosts}, where a cut reopens formatting. */
export const MARKUP_RESERVE = 24

/**
 * Text with WhatsApp's markup. Where formatting would not be taken as meant
 * (inside a word, around its own marker) it is left out; where plain text would
 * be taken for formatting, it is shown as code, so no character is ever lost.
 */
export function writeMarkup(styled: StyledText): string {
  const pres = styled.spans
    .filter(({ style }) => style.type === 'pre')
    .toSorted((one, other) => one.start - other.start)
  let written = ''
  let at = 0
  for (const { start, end } of pres) {
    written += writeLines(sliceStyled(styled, at, start)) + writeFence(styled.text.slice(start, end))
    at = end
  }
  return written + writeLines(sliceStyled(styled, at, styled.text.length))
}

/** The most units {@link writeMarkup} adds, put at the characters it adds them to. */
export function markupCosts({ text, spans }: StyledText): Uint16Array {
  const costs = new Uint16Array(text.length)
  const add = (at: number, units: number) => {
    costs[at] = (costs[at] ?? 0) + units
  }
  for (const { start, end, style } of spans) {
    if (style.type === 'pre') add(start, 2 * FENCE.length)
    else if (style.type !== 'link') for (const at of lineStarts(text, start, end)) add(at, 2)
  }
  // Plain text that would be taken for formatting is put between two backticks.
  for (const { index } of text.matchAll(/[*_~`>]/g)) add(index, 2)
  return costs
}

/** Formatting ends with the line, and is opened anew in the next. */
function lineStarts(text: string, start: number, end: number): number[] {
  const starts = [start]
  for (let at = text.indexOf('\n', start); at !== -1 && at + 1 < end; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1)
  }
  return starts
}

function writeFence(code: string): string {
  const edges = /^`+|`+$|`{3,}/g
  return FENCE + code.replace(edges, (ticks) => BACKTICK_LOOKALIKE.repeat(ticks.length)) + FENCE
}

function writeLines(styled: StyledText): string {
  const ends = [...styled.text.matchAll(/\n|$/g)].map(({ index }) => index)
  const lines = ends.map((end, index) => {
    const line = sliceStyled(styled, index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, end)
    // At either end an empty line is only the line end beside fenced code.
    const isEdge = line.text === '' && (index === 0 || index === ends.length - 1)
    const isQuoted = !isEdge && line.spans.some(({ style }) => style.type === 'quote')
    return (isQuoted ? '> ' : '') + writeLine(line, isQuoted)
  })
  return lines.join('\n')
}

function writeLine({ text, spans }: StyledText, isQuoted: boolean): string {
  if (text.trim() === '') return text
  const accidents: Stretch[] = findFormatting(text)
  if (!isQuoted && text.startsWith('> ')) accidents.push({ start: 0, end: 1 })
  const codes = mergeStretches([...readCodes(text, spans), ...accidents]).filter(
    ({ start, end }) => text.slice(start, end).trim() !== '',
  )
  const meant = spans.filter((span) => isWritable(text, span, codes))
  for (const marks of [[...meant, ...codes.map(toCode)], codes.map(toCode), [toCode(wholeOf(text))]]) {
    const line = applyMarks(text, marks)
    if (stripLine(line) === hideBackticks(text, marks)) return line
  }
  return text
}

/** Code as meant, and pairs of stray backticks, which would be taken for code. */
function readCodes(text: string, spans: Span[]): Stretch[] {
  const meant = spans.filter(({ style }) => style.type === 'code')
  const stray = findInlineCode(text).filter(
    (pair) => !meant.some((code) => code.start < pair.end && pair.start < code.end),
  )
  return [...meant, ...stray]
}

function toCode({ start, end }: Stretch): Span {
  return { start, end, style: { type: 'code' } }
}

function wholeOf(text: string): Stretch {
  return { start: text.length - text.trimStart().length, end: text.trimEnd().length }
}

function mergeStretches(stretches: Stretch[]): Stretch[] {
  const merged: Stretch[] = []
  for (const { start, end } of stretches.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/** True when WhatsApp would take this formatting as it is meant. */
function isWritable(text: string, { start, end, style }: Span, codes: Stretch[]): boolean {
  const sign = SIGNS[style.type]
  if (sign === undefined || style.type === 'code') return false
  const inside = text.slice(start, end)
  if (inside.trim() === '' || inside.includes(sign)) return false
  if (codes.some((code) => start > code.start && start < code.end)) return false
  if (codes.some((code) => end > code.start && end < code.end)) return false
  return !isWordBefore(text, start) && !isWordAt(text, end)
}

/** Puts signs around the marks, those that hold others outermost and none next to a space. */
function applyMarks(text: string, marks: Span[]): string {
  const signsAt = new Map<number, string>()
  const put = (at: number, sign: string, isOpening: boolean) => {
    const there = signsAt.get(at) ?? ''
    signsAt.set(at, isOpening ? there + sign : sign + there)
  }
  const shown = hideBackticks(text, marks)
  for (const { start, end, style } of marks.toSorted(isOuterFirst)) {
    const inside = text.slice(start, end)
    const lead = inside.length - inside.trimStart().length
    const sign = SIGNS[style.type] ?? ''
    put(start + lead, sign, true)
    put(start + inside.trimEnd().length, sign, false)
  }
  let written = ''
  let at = 0
  for (const [spot, signs] of [...signsAt].toSorted(([one], [other]) => one - other)) {
    written += shown.slice(at, spot) + signs
    at = spot
  }
  return written + shown.slice(at)
}

function isOuterFirst(one: Span, other: Span): number {
  const length = (span: Span) => span.end - span.start
  const depth = (span: Span) => (span.style.type === 'code' ? 1 : 0)
  return one.start - other.start || length(other) - length(one) || depth(one) - depth(other)
}

/** The text as it is to be read: with look-alikes where a backtick would open or end code. */
function hideBackticks(text: string, marks: Span[]): string {
  const isRisky =
    marks.some(({ style }) => style.type === 'code') ||
    findInlineCode(text).length > 0 ||
    text.includes(FENCE)
  return isRisky ? text.replaceAll('`', BACKTICK_LOOKALIKE) : text
}
