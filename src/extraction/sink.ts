import { AppError } from '../errors.ts'
import type { Block } from './block.ts'
import { splitText } from './text-cleaning.ts'

/** A block longer than this is cut: it bounds each message between processes and what chunking holds at once. */
const MAX_BLOCK_CHARACTERS = 8_000

/** A library of paragraphs, or 300 hours of subtitles; each block costs memory whatever it holds. */
const MAX_BLOCKS = 400_000

/** Collects blocks, drops empty ones, cuts giant ones and keeps the bound on text. */
export class BlockSink {
  readonly blocks: Block[] = []
  characters = 0
  readonly limit: number

  constructor(limitCharacters: number) {
    this.limit = limitCharacters
  }

  /** @throws {AppError} `document.too_large` when the file's text, or the number of its pieces, exceeds the bound. */
  add(block: Block): void {
    if (block.text.trim() === '') return
    this.characters += block.text.length
    if (this.characters > this.limit) {
      throw new AppError('document.too_large', { limitCharacters: this.limit })
    }
    if (this.blocks.length >= MAX_BLOCKS)
      throw new AppError('document.too_large', { limitBlocks: MAX_BLOCKS })
    for (const text of this.#cut(block.text)) this.blocks.push({ ...block, text })
  }

  #cut(text: string): string[] {
    return text.length <= MAX_BLOCK_CHARACTERS ? [text] : splitText(text, MAX_BLOCK_CHARACTERS)
  }
}
