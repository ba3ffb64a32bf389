import type { Token, Tokens } from 'marked'
import { Lexer, Tokenizer } from 'marked'

/** Quotes and lists nest this deep at most; what lies deeper stands as text. marked recurses per level. */
const MAX_BLOCK_DEPTH = 16

/** Emphasis and link labels nest this deep at most; what lies deeper stands as text. */
const MAX_INLINE_DEPTH = 16

/**
 * Inline parsing looks from each marker through the rest of its paragraph, so
 * its work is about markers x characters: 50 ns each when all goes badly.
 * A paragraph beyond its share is parsed line by line; what is still beyond
 * it, or beyond the share of the whole document, stands as text.
 */
const MAX_LEAF_WORK = 4_000_000
const MAX_DOCUMENT_WORK = 10_000_000

/** marked looks for an e-mail address from each character of a word on: longer words are not looked at. */
const MAX_ADDRESS_CHARS = 2000

/**
 * Markdown (GFM) as marked's tokens, in bounded time and stack.
 *
 * There are no link definitions: `[1]` is a citation marker and nothing that
 * stands in an answer may turn it into a link.
 */
export function lexMarkdown(source: string): Token[] {
  return new BoundedLexer().lex(source)
}

class CitationSafeTokenizer extends Tokenizer {
  override def(): Tokens.Def | undefined {
    return undefined
  }
}

class BoundedLexer extends Lexer {
  #blockDepth = 0
  #inlineDepth = 0
  #workLeft = MAX_DOCUMENT_WORK

  constructor() {
    super({ gfm: true, tokenizer: new CitationSafeTokenizer() })
  }

  override blockTokens(source: string, tokens: Token[] = [], isClipped = false) {
    if (this.#blockDepth >= MAX_BLOCK_DEPTH) {
      tokens.push(literal(source))
      this.state.top = true
      return Object.assign(tokens, { links: {} })
    }
    this.#blockDepth++
    try {
      return Object.assign(super.blockTokens(source, tokens, isClipped), { links: {} })
    } finally {
      this.#blockDepth--
    }
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    if (this.#inlineDepth > 0) return this.#lexNested(source, tokens)
    if (this.#affords(source)) return this.#lexNested(source, tokens)
    for (const [index, line] of source.split('\n').entries()) {
      if (index > 0) tokens.push(literal('\n'))
      if (this.#affords(line)) this.#lexNested(line, tokens)
      else tokens.push(literal(line))
    }
    return tokens
  }

  #lexNested(source: string, tokens: Token[]): Token[] {
    if (this.#inlineDepth >= MAX_INLINE_DEPTH) {
      tokens.push(literal(source))
      return tokens
    }
    this.#inlineDepth++
    try {
      return super.inlineTokens(source, tokens)
    } finally {
      this.#inlineDepth--
    }
  }

  /** Takes the work of this text out of the document's share, when there is enough of it. */
  #affords(source: string): boolean {
    const work = source.length * (1 + countMarkers(source))
    if (work > MAX_LEAF_WORK || work > this.#workLeft || hasLongAddress(source)) return false
    this.#workLeft -= work
    return true
  }
}

function countMarkers(source: string): number {
  return source.match(/[*_~`[\]<(@]+|:\/\/|www\./g)?.length ?? 0
}

function hasLongAddress(source: string): boolean {
  if (!source.includes('@')) return false
  return source.split(/\s/).some((word) => word.length > MAX_ADDRESS_CHARS && word.includes('@'))
}

function literal(text: string): Tokens.Text {
  return { type: 'text', raw: text, text, escaped: true }
}
