import type { ErrorCode } from '../../errors.ts'
import type { ExtractLimits } from '../limits.ts'

/**
 * What a child is told. The bytes of the file follow the job over its standard input: it never sees a path.
 *
 * Plain types: who tells is the very process that started the child, and what checks data from outside would be a
 * third of what every child has to load before it can read.
 */
export type ExtractOrder = ExtractJob | Recognised

/** A file to read. */
export interface ExtractJob {
  sizeBytes: number
  fileName: string
  /** True when pictures of pages may be sent for text recognition. */
  canRecognise: boolean
  limits: ExtractLimits
}

/** The answer to a picture. */
export interface Recognised {
  recognised: string
}

/** Why a child refuses a file. Ends by force (time, memory) are for the parent to tell. */
export const REFUSALS = [
  'document.empty_file',
  'document.no_text',
  'document.encrypted',
  'document.damaged',
  'document.unsupported_type',
  'document.legacy_office',
  'document.too_large',
  'document.inflated_too_large',
  'document.dynamic_form',
  'document.extraction_out_of_memory',
  'document.extraction_failed',
] as const satisfies ErrorCode[]
export type Refusal = (typeof REFUSALS)[number]
