import { z } from 'zod'
import { Block } from './block.ts'

/**
 * What parent and child say to each other. The file's bytes follow the job over
 * the child's standard input: the child never sees a path.
 */
export const ExtractJob = z.strictObject({
  sizeBytes: z.number().int().nonnegative(),
  fileName: z.exactOptional(z.string()),
  /** True when pictures of pages may be sent for text recognition. */
  canRecognise: z.boolean(),
  limits: z.strictObject({
    inputBytes: z.number(),
    inflatedBytes: z.number(),
    zipEntries: z.number(),
    textCharacters: z.number(),
    memoryMegabytes: z.number(),
    timeoutMs: z.number(),
  }),
})
export type ExtractJob = z.infer<typeof ExtractJob>

/** The answer to a picture. */
export const Recognised = z.strictObject({ recognised: z.string() })

/** What a child is told. */
export const ExtractOrder = z.union([Recognised, ExtractJob])

/** A picture of a page at most: A3 in noise, in base64. */
const MAX_PICTURE_CHARACTERS = 32_000_000

/** Why a child refuses a file. Ends by force (time, memory) are for the parent to tell. */
export const RefusalCode = z.enum([
  'document.empty_file',
  'document.no_text',
  'document.encrypted',
  'document.damaged',
  'document.unsupported_type',
  'document.legacy_office',
  'document.too_large',
  'document.inflated_too_large',
  'document.extraction_out_of_memory',
  'document.extraction_failed',
])
export type RefusalCode = z.infer<typeof RefusalCode>

/** A child hears untrusted files, so what it says is checked like anything from outside. */
export const ExtractReport = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('blocks'), blocks: z.array(Block) }),
  z.strictObject({ type: z.literal('pages'), done: z.int().nonnegative(), total: z.int().nonnegative() }),
  z.strictObject({ type: z.literal('picture'), png: z.string().max(MAX_PICTURE_CHARACTERS) }),
  z.strictObject({
    type: z.literal('done'),
    mediaType: z.string(),
    title: z.exactOptional(z.string()),
    pages: z.exactOptional(z.number().int().nonnegative()),
    characters: z.number().int().nonnegative(),
  }),
  z.strictObject({ type: z.literal('refused'), code: RefusalCode, detail: z.exactOptional(z.string()) }),
])
export type ExtractReport = z.infer<typeof ExtractReport>
