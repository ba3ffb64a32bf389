import type { MemoryKind } from '../db/schema.ts'
import { cutQuote } from '../knowledge/citation.ts'
import { isInstructionLike, stripInvisible } from '../knowledge/instruction-like.ts'

export type { MemoryKind } from '../db/schema.ts'

/** Something a person told of themselves, in their own words. */
export interface Statement {
  kind: MemoryKind
  /** As it stands in their message, without its line breaks. */
  text: string
}

/** What happened at a time: said once, recalled where it fits. The other kinds hold until they are changed. */
const EPISODES: readonly MemoryKind[] = ['promise', 'breakthrough']

export function isEpisode({ kind }: Pick<Statement, 'kind'>): boolean {
  return EPISODES.includes(kind)
}

/** Longest statement kept: one thing, and a dozen of them fit a small model's prompt. */
export const MAX_STATEMENT_CHARS = 160

/**
 * A stretch of a message as it may be kept: on one line, bounded, without invisible characters. `undefined` for what
 * talks to a model instead of telling of a person, and for nothing.
 */
export function cleanStatement(text: string): string | undefined {
  const line = stripInvisible(text)
    .replace(/\s+/g, ' ')
    .replace(/^[\s,;:.!–—-]+|[\s,;:.!。！，、–—]+$/gu, '')
  if (!/\p{L}/u.test(line) || isInstructionLike(line)) return undefined
  return cutQuote(line, MAX_STATEMENT_CHARS)
}
