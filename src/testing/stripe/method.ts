import { z } from 'zod'
import type { StripeParams } from './form.ts'
import type { StripeState } from './state.ts'

export interface StripeCall {
  id: string
  params: StripeParams
}

/** One address of the API. */
export interface StripeMethod {
  method: 'GET' | 'POST' | 'DELETE'
  path: RegExp
  /** The published definition of its params; without one, the names it takes beside paging and `expand`. */
  params?: string
  takes?: string[]
  run: (state: StripeState, call: StripeCall) => unknown
}

const text = (value: unknown) => z.string().optional().parse(value)

/** One page of a list, newest first, by the vendor's cursors and its range of `created`. */
export function pageOf<T extends { id: string; created: number }>(
  all: T[],
  params: StripeParams,
  isWanted: (entry: T) => boolean = () => true,
) {
  const range = z.record(z.string(), z.coerce.number()).safeParse(params.created).data ?? {}
  const wanted = all.filter((entry) => isWanted(entry) && isWithin(entry.created, range))
  const after = text(params.starting_after)
  const start = after === undefined ? 0 : wanted.findIndex(({ id }) => id === after) + 1
  const limit = Number(params.limit ?? 10)
  const data = wanted.slice(start, start + limit)
  return { object: 'list', url: '/v1', has_more: start + limit < wanted.length, data }
}

function isWithin(created: number, range: Record<string, number>): boolean {
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range
  return created > gt && created >= gte && created < lt && created <= lte
}

export function withoutExpand({ expand: _, ...params }: StripeParams): StripeParams {
  return params
}
