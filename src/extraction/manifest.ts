import { z } from 'zod'
import type { Extraction } from './block.ts'

/** A file of a test folder and what should come out of it. Without an outcome it is only read. */
export const ManifestRow = z.object({
  file: z.string().min(1),
  outcome: z.exactOptional(z.enum(['text', 'refuse', 'text-or-refuse', 'no-text'])),
  contains: z.array(z.string()).default([]),
  not_contains: z.array(z.string()).default([]),
})
export type ManifestRow = z.infer<typeof ManifestRow>

/**
 * Compares what came out with what was expected, after NFKC and white-space
 * folding.
 *
 * @returns '' when it is as expected, else what is wrong; `undefined` when
 *   nothing was expected.
 */
export function judgeExtraction(
  { outcome, contains, not_contains }: ManifestRow,
  extraction: Extraction | undefined,
  error: string | undefined,
): string | undefined {
  if (outcome === undefined) return undefined
  if (!extraction) return judgeRefusal(outcome, error)
  if (outcome === 'refuse' || outcome === 'no-text') return 'read instead of refused'
  const text = fold(extraction.blocks.map((block) => block.text).join('\n'))
  if (text.trim() === '') return 'no text, yet no refusal'
  const missing = contains.filter((part) => !text.includes(fold(part)))
  const unwanted = not_contains.filter((part) => text.includes(part))
  return [
    ...missing.map((part) => `lacks ${JSON.stringify(part)}`),
    ...unwanted.map((part) => `holds ${JSON.stringify(part)}`),
  ].join(', ')
}

function judgeRefusal(outcome: ManifestRow['outcome'], error: string | undefined): string {
  if (!error?.startsWith('document.')) return `failed without a code of its own: ${error}`
  if (outcome === 'text') return `refused with ${error}`
  if (outcome === 'no-text' && error !== 'document.no_text')
    return `refused with ${error} instead of document.no_text`
  return ''
}

function fold(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ')
}
