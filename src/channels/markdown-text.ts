/** How a stretch of text is to look, in no channel's form. */
export type Style =
  | { type: 'bold' | 'italic' | 'strike' | 'code' | 'quote' }
  | { type: 'pre'; language?: string }
  | { type: 'link'; url: string; isLabelled: boolean }

/** `start` and `end` are UTF-16 offsets into the text, `end` not included. */
export interface Span {
  start: number
  end: number
  style: Style
}

/** Text with the looks of its stretches. Spans may nest; they never overlap in part. */
export interface StyledText {
  text: string
  spans: Span[]
}

/** Puts parts one after the other, moving their spans along. */
export function joinStyled(parts: StyledText[]): StyledText {
  const spans: Span[] = []
  let text = ''
  for (const part of parts) {
    const offset = text.length
    for (const { start, end, style } of part.spans) {
      spans.push({ start: start + offset, end: end + offset, style })
    }
    text += part.text
  }
  return { text, spans }
}

/** The stretch from `start` to `end`, with the spans that reach into it cut to fit. */
export function sliceStyled({ text, spans }: StyledText, start: number, end: number): StyledText {
  return {
    text: text.slice(start, end),
    spans: spans
      .filter((span) => span.start < end && span.end > start)
      .map(({ style, ...span }) => ({
        start: Math.max(span.start, start) - start,
        end: Math.min(span.end, end) - start,
        style,
      })),
  }
}

/** Without white space at either end. */
export function trimStyled(styled: StyledText): StyledText {
  const start = styled.text.length - styled.text.trimStart().length
  const end = styled.text.trimEnd().length
  return start === 0 && end === styled.text.length ? styled : sliceStyled(styled, start, Math.max(start, end))
}

/** The same text with one more style over all of it. */
export function wrapStyled({ text, spans }: StyledText, style: Style): StyledText {
  return text === '' ? { text, spans } : { text, spans: [{ start: 0, end: text.length, style }, ...spans] }
}

/** Each line with `indent` before it, except the first. */
export function indentStyled(styled: StyledText, indent: string): StyledText {
  if (indent === '' || !styled.text.includes('\n')) return styled
  const parts: StyledText[] = []
  let start = 0
  for (let end = styled.text.indexOf('\n'); end !== -1; end = styled.text.indexOf('\n', start)) {
    parts.push(sliceStyled(styled, start, end + 1), { text: indent, spans: [] })
    start = end + 1
  }
  parts.push(sliceStyled(styled, start, styled.text.length))
  return joinStyled(parts)
}

/** True when a reader would see anything: white space, format and filler characters alone show nothing. */
export function isVisible(text: string): boolean {
  return /[^\s\p{Cc}\p{Cf}\p{Mn}\u115F\u1160\u2800\u3164\uFFA0]/u.test(text)
}

/** Parsers take time quadratic in the width of a gap; no reader tells a wider one from this. */
const MAX_GAP_CHARS = 100

/**
 * The text without what no reader should get: half surrogate pairs, control
 * characters, and the direction overrides that can make words read other than
 * they are written (Telegram removes those too). Line ends become `\n`, and no
 * gap is wider than {@link MAX_GAP_CHARS}.
 */
export function cleanText(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E]/g, '')
      .replace(/[^\S\n]{2,}|\n{2,}/g, (gap) => gap.slice(0, MAX_GAP_CHARS))
  )
}
