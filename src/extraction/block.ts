import { z } from 'zod'

/** A piece of a Document as its author set it: the unit that chunking starts from. */
export const Block = z.strictObject({
  kind: z.enum(['heading', 'paragraph', 'list', 'table', 'code', 'cue']),
  /** Never empty, normalised (NFC), free of markup and of invisible characters. */
  text: z.string().min(1),
  /** Of a heading: 1 to 6. */
  level: z.exactOptional(z.number().int().min(1).max(6)),
  /** Counted from 1, where the format has pages. */
  page: z.exactOptional(z.number().int().min(1)),
  /** Of a cue: where it is spoken. */
  timecode: z.exactOptional(z.strictObject({ startMs: z.number(), endMs: z.number() })),
  /** Of a cue: who speaks, when the file says so. */
  speaker: z.exactOptional(z.string().min(1)),
})
export type Block = z.infer<typeof Block>

/** What a file holds for a reader. `blocks` is never empty: a file without text is refused instead. */
export interface Extraction {
  /** Found by looking at the content, whatever the file's name says. */
  mediaType: string
  title?: string
  blocks: Block[]
  /** Absent where the format has no pages. */
  pages?: number
  /** Length of all block texts together, in UTF-16 units. */
  characters: number
}
