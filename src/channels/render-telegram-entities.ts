import type { Span, Style, StyledText } from './markdown-text.ts'

/** A stretch of formatted text, as the Bot API has it. Offsets and lengths are UTF-16 units. */
export type TelegramEntity = { offset: number; length: number } & (
  | { type: 'bold' | 'italic' | 'strikethrough' | 'code' | 'blockquote' }
  | { type: 'pre'; language?: string }
  | { type: 'text_link'; url: string }
)

/** Beyond this many the Bot API drops what comes last: the least important go before it does. */
const MAX_ENTITIES = 100

/** The order in which formatting is kept when there is too much of it. */
const RANKS = ['pre', 'text_link', 'blockquote', 'code', 'bold', 'italic', 'strikethrough'] as const

/** Of stretches that are equal, the one that holds the others comes first. */
const NESTING = ['blockquote', 'bold', 'italic', 'strikethrough', 'text_link', 'code', 'pre'] as const

type Mark = Pick<Span, 'start' | 'end'>

/**
 * The formatting of one part by Telegram's rules: whole within whole or apart,
 * nothing within code and code within nothing but a quote, no kind within
 * itself, no white space at either end, at most a hundred.
 */
export function buildEntities({ text, spans }: StyledText): TelegramEntity[] {
  const links = spans.filter(({ style }) => isShownAsLink(style))
  // Code cannot stand in a link; a link that works is worth more than its looks.
  const codes = ofType(spans, 'code').filter((code) => !links.some((link) => doOverlap(link, code)))
  const pres = ofType(spans, 'pre')
  const literals = [...pres, ...codes]
  const apart = (type: Style['type']) => subtract(merge(ofType(spans, type)), literals)
  const entities = [
    ...pres.map((span) => toEntity(span, preOf(span.style))),
    ...links.map((span) => toEntity(span, { type: 'text_link', url: urlOf(span.style) })),
    ...merge(ofType(spans, 'quote')).map((mark) => toEntity(mark, { type: 'blockquote' })),
    ...merge(codes).map((mark) => toEntity(mark, { type: 'code' })),
    ...apart('bold').map((mark) => toEntity(mark, { type: 'bold' })),
    ...apart('italic').map((mark) => toEntity(mark, { type: 'italic' })),
    ...apart('strike').map((mark) => toEntity(mark, { type: 'strikethrough' })),
  ]
  const trimmed = entities.map((entity) => trimEntity(text, entity)).filter(({ length }) => length > 0)
  return keepImportant(trimmed).toSorted(
    (one, other) =>
      one.offset - other.offset ||
      other.length - one.length ||
      NESTING.indexOf(one.type) - NESTING.indexOf(other.type),
  )
}

function keepImportant(entities: TelegramEntity[]): TelegramEntity[] {
  if (entities.length <= MAX_ENTITIES) return entities
  return entities
    .toSorted((one, other) => rankOf(one) - rankOf(other) || one.offset - other.offset)
    .slice(0, MAX_ENTITIES)
}

function rankOf({ type }: TelegramEntity): number {
  return RANKS.indexOf(type)
}

// An address that stands in the text is made a link by every Telegram app itself.
function isShownAsLink(style: Style): boolean {
  return style.type === 'link' && style.isLabelled && /^(?:https?|tg):/i.test(style.url)
}

function ofType(spans: Span[], type: Style['type']): Span[] {
  return spans.filter(({ style }) => style.type === type)
}

function urlOf(style: Style): string {
  return style.type === 'link' ? style.url : ''
}

function preOf(style: Style): { type: 'pre'; language?: string } {
  const language = style.type === 'pre' ? style.language : undefined
  return { type: 'pre', ...(language === undefined ? {} : { language }) }
}

type Kind<T> = T extends unknown ? Omit<T, 'offset' | 'length'> : never

function toEntity({ start, end }: Mark, kind: Kind<TelegramEntity>): TelegramEntity {
  return { ...kind, offset: start, length: end - start }
}

function doOverlap(one: Mark, other: Mark): boolean {
  return one.start < other.end && other.start < one.end
}

/** Marks that overlap or hold each other, as one. */
function merge(marks: Mark[]): Mark[] {
  const merged: Mark[] = []
  for (const { start, end } of marks.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/** What of the marks lies outside the holes. */
function subtract(marks: Mark[], holes: Mark[]): Mark[] {
  const ordered = holes.toSorted((one, other) => one.start - other.start)
  return marks.flatMap((mark) => {
    const pieces: Mark[] = []
    let start = mark.start
    for (const hole of ordered) {
      if (hole.end <= start || hole.start >= mark.end) continue
      if (hole.start > start) pieces.push({ start, end: hole.start })
      start = hole.end
    }
    return start < mark.end ? [...pieces, { start, end: mark.end }] : pieces
  })
}

function trimEntity(text: string, entity: TelegramEntity): TelegramEntity {
  const inside = text.slice(entity.offset, entity.offset + entity.length)
  // The indent of the first line of code belongs to the code.
  const lead = entity.type === 'pre' ? 0 : inside.length - inside.trimStart().length
  return { ...entity, offset: entity.offset + lead, length: Math.max(0, inside.trimEnd().length - lead) }
}
