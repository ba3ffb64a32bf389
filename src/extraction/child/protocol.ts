import { z } from 'zod'
import { Block } from '../block.ts'
import { REFUSALS } from './order.ts'

/** A picture of a page at most: A3 in noise, in base64. */
const MAX_PICTURE_CHARACTERS = 32_000_000

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
  z.strictObject({ type: z.literal('refused'), code: z.enum(REFUSALS), detail: z.exactOptional(z.string()) }),
])
export type ExtractReport = z.infer<typeof ExtractReport>
