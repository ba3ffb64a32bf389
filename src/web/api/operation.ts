import type { Transaction } from 'kysely'
import { z } from 'zod'
import type { Actor, Role } from '../../accounts/access.ts'
import type { Database } from '../../db/schema.ts'

/** What an API key may be given: `<resource>:read` or `<resource>:write`. */
export const SCOPES = [
  'bots:read',
  'bots:write',
  'knowledge:read',
  'knowledge:write',
  'channels:read',
  'channels:write',
  'chats:read',
  'chats:write',
  'gaps:read',
  'gaps:write',
  'insights:read',
  'account:read',
  'account:write',
] as const
export type ApiScope = (typeof SCOPES)[number]

type Schema = z.ZodType
type Output<S extends Schema | undefined> = S extends Schema ? z.output<S> : undefined

/** One call of an operation, its inputs checked. */
export interface Call<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
> {
  actor: Actor
  /** Within the Creator's wall; committed when the handler resolves. */
  trx: Transaction<Database>
  params: Output<P>
  query: Output<Q>
  body: Output<B>
  /** Runs once the transaction is committed: nudges, clean-up. */
  afterCommit: (work: () => Promise<void> | void) => void
}

interface OperationDraft<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  A extends Schema,
> {
  /** `listDocuments`: unique, and the method's name in generated clients. */
  id: string
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below /api/v1, parameters as `:botId`. */
  path: string
  tag: string
  summary: string
  scope: ApiScope
  /** Least role of who acts. */
  role: Role
  params?: P
  query?: Q
  body?: B
  /** Of `data` in the answer. */
  answer: A
  /** 200 unless said otherwise. */
  status?: 200 | 201 | 202
  handle(call: Call<P, Q, B>): Promise<z.input<A>>
}

/** One operation of the REST API: its route, its description in OpenAPI and its checks all come from here. */
export interface Operation {
  id: string
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  path: string
  tag: string
  summary: string
  scope: ApiScope
  role: Role
  params: Schema | undefined
  query: Schema | undefined
  body: Schema | undefined
  answer: Schema
  status: 200 | 201 | 202
  handle(call: {
    actor: Actor
    trx: Transaction<Database>
    params: unknown
    query: unknown
    body: unknown
    afterCommit: (work: () => Promise<void> | void) => void
  }): Promise<unknown>
}

/** Types a handler by its schemas. */
export function defineOperation<
  A extends Schema,
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(draft: OperationDraft<P, Q, B, A>): Operation {
  return {
    ...draft,
    params: draft.params,
    query: draft.query,
    body: draft.body,
    status: draft.status ?? 200,
    // The server hands over what these very schemas have read.
    handle: (call) => draft.handle(call as Call<P, Q, B>),
  }
}

/** How a list is asked for page by page: `cursor` is the `nextCursor` of the page before. */
export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

/** One page of a list. */
export function pageOf<S extends Schema>(item: S) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}
