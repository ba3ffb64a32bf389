import type { Block } from '../../extraction/block.ts'

/** The smallest piece chunking moves as a whole: a sentence, a row, a cue. */
export interface Unit {
  /** What stands between it and the piece before it in the same passage. */
  gap: string
  text: string
  tokens: number
  page: number | undefined
  startMs: number | undefined
  /** Of a table's row: the row that names the columns. */
  header?: Unit
}

const SENTENCES = new Intl.Segmenter('und', { granularity: 'sentence' })
const GRAPHEMES = new Intl.Segmenter('und', { granularity: 'grapheme' })

/**
 * Tokens of a text, guessed by its letters, the same on every machine: four of ASCII, two and a half of any other
 * alphabet, one and a third of Chinese or Japanese. That is a little too many for the vocabularies multilingual
 * models use. Counting bytes made it half as many again for Hindi and Thai, whose pages then fell into passages
 * too short to hold a question's words together (XQuAD by keywords, nDCG@10: Thai .976, now .979).
 */
export function measureTokens(text: string): number {
  if (Buffer.byteLength(text) === text.length) return text.length * ASCII_TOKENS
  let tokens = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    tokens += unit < 0x80 ? ASCII_TOKENS : unit < FIRST_IDEOGRAPH ? ALPHABET_TOKENS : IDEOGRAPH_TOKENS
  }
  return tokens
}

const ASCII_TOKENS = 1 / 4
const ALPHABET_TOKENS = 2 / 5
const IDEOGRAPH_TOKENS = 3 / 4

/** From here on Unicode holds the scripts of East Asia, and halves of what lies beyond 16 bits. */
const FIRST_IDEOGRAPH = 0x2e80

/** The units of a section in reading order, none longer than `maxTokens`. */
export function* cutUnits(blocks: readonly Block[], maxTokens: number): Generator<Unit> {
  let before: Block | undefined
  for (const block of blocks) {
    const isNewSpeaker = block.speaker !== undefined && block.speaker !== before?.speaker
    const text = isNewSpeaker ? `${block.speaker}: ${block.text}` : block.text
    const [first, ...rest] = cutBlock({ ...block, text }, maxTokens)
    if (first) yield { ...first, gap: gapBefore(block, before) }
    yield* rest
    before = block
  }
}

function gapBefore(block: Block, before: Block | undefined): string {
  if (before === undefined) return ''
  return before.kind === block.kind && (block.kind === 'list' || block.kind === 'cue') ? '\n' : '\n\n'
}

function cutBlock(block: Block, maxTokens: number): Unit[] {
  const whole = toUnit(block, block.text, '')
  if (block.kind === 'table' && whole.tokens > maxTokens) return cutTable(block, maxTokens)
  if ((block.kind === 'table' || block.kind === 'cue') && whole.tokens <= maxTokens) return [whole]
  const lines = block.text.split('\n')
  return lines.flatMap((line, at) => cutLine(block, line, at === 0 ? '' : '\n', maxTokens))
}

function cutTable(block: Block, maxTokens: number): Unit[] {
  const [first = '', ...rows] = block.text.split('\n')
  const [header, ...more] = cutLine(block, first, '', maxTokens / 2)
  const body = rows.flatMap((row) => cutLine(block, row, '\n', maxTokens / 2))
  if (!header || more.length > 0) return [...(header ? [header] : []), ...more, ...body]
  return [header, ...body.map((unit) => ({ ...unit, header }))]
}

/** Sentences as they stand, with the space behind them, so that joined again they are the line. */
function cutLine(block: Block, line: string, gap: string, maxTokens: number): Unit[] {
  const sentences = [...SENTENCES.segment(line)].map(({ segment }) => segment)
  const pieces = sentences.flatMap((sentence) => cutLong(sentence, maxTokens))
  return pieces.map((piece, at) => toUnit(block, piece, at === 0 ? gap : ''))
}

/** A sentence longer than a passage is cut at white space, and where there is none, between graphemes. */
function cutLong(sentence: string, maxTokens: number): string[] {
  if (measureTokens(sentence) <= maxTokens) return [sentence]
  return pack(sentence.match(/\s*\S+\s*/gu) ?? [sentence], maxTokens, (word) =>
    pack(
      [...GRAPHEMES.segment(word)].map(({ segment }) => segment),
      maxTokens,
      (grapheme) => [grapheme],
    ),
  )
}

function pack(parts: string[], maxTokens: number, cutFurther: (part: string) => string[]): string[] {
  const packed: string[] = []
  let open = ''
  let tokens = 0
  for (const part of parts) {
    const size = measureTokens(part)
    if (open !== '' && tokens + size > maxTokens) {
      packed.push(open)
      open = ''
      tokens = 0
    }
    if (size > maxTokens) packed.push(...cutFurther(part))
    else {
      open += part
      tokens += size
    }
  }
  return open === '' ? packed : [...packed, open]
}

function toUnit({ page, timecode }: Block, text: string, gap: string): Unit {
  return { gap, text, tokens: measureTokens(text), page, startMs: timecode?.startMs }
}
