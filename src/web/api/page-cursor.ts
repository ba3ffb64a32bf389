import { z } from 'zod'

/** The cursor of a list in the order of its ids: the last one of the page before. 18 digits always fit a bigint. */
export const IdCursor = z.string().regex(/^\d{1,18}$/, 'Must be the nextCursor of the page before')

export const IdPageQuery = z.object({
  cursor: IdCursor.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

/** Cuts a list that was read one longer than asked for, and names where the next page begins. */
export function cutPage<T extends { id: string }>(
  rows: T[],
  limit: number,
): { items: T[]; nextCursor: string | null } {
  const items = rows.slice(0, limit)
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}
