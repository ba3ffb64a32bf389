import type { ExtractLimits } from './limits.ts'
import type { BlockSink } from './sink.ts'

/** How far the reading of a file with pages has come. */
export interface PageProgress {
  done: number
  total: number
}

/** A file as a reader gets it. */
export interface Source {
  bytes: Buffer
  /** As uploaded, when known. A hint among kinds of text, never the judge of the type. */
  fileName?: string
  limits: ExtractLimits
  /** Told how many of the pages have been read; a reader of pages calls it after each. */
  onPage?: (progress: PageProgress) => void
  /** Reads the text on the picture of a page, where text recognition is at hand. */
  recognise?: (png: Buffer) => Promise<string>
}

/** What the type of a file is judged by. */
export interface Probe {
  head: Buffer
  isPdf: boolean
  /** The start of a text file, decoded, with `\n` line ends and no byte order mark; '' for any other. */
  text: string
  /** Of a zip container: the declared types of its parts (OOXML) and what it calls itself (EPUB, OpenDocument). */
  zip?: { contentTypes: string; mediaType: string }
  /** Of the name, lower case, without the dot: only tells one kind of text from another. */
  extension: string
}

/** A PDF may begin behind some rubbish; its readers look this far. */
/** What a reader learns beside the blocks it put into the sink. */
export interface Reading {
  title?: string
  pages?: number
}

/**
 * Reads one format into the sink, in reading order.
 *
 * @throws {AppError} a `document.*` code when the file cannot be read.
 */
export type Reader = (source: Source, sink: BlockSink) => Promise<Reading> | Reading
