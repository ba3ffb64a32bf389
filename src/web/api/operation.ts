import type { RequestHandler } from 'express'
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
  'billing:read',
  'billing:write',
  'account:read',
  'account:write',
] as const
export type ApiScope = (typeof SCOPES)[number]

type Schema = z.ZodType
type Output<S extends Schema | undefined> = S extends Schema ? z.output<S> : undefined

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

interface Inputs<P extends Schema | undefined, Q extends Schema | undefined, B extends Schema | undefined> {
  actor: Actor
  params: Output<P>
  query: Output<Q>
  body: Output<B>
  /** Runs once the change is committed: nudges, clean-up. A failure of it is logged and changes no answer. */
  afterCommit: (work: () => Promise<void> | void) => void
}

/** One call of an operation, its inputs checked. */
export interface Call<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
> extends Inputs<P, Q, B> {
  /** Within the Creator's wall; committed when the handler resolves. */
  trx: Transaction<Database>
}

/** A call of an operation that waits on a vendor or a model: no transaction is open around it. */
export interface LongCall<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
> extends Inputs<P, Q, B> {
  /** A transaction within the Creator's wall, for each short step of the work. */
  within: <T>(work: (trx: Transaction<Database>) => Promise<T>) => Promise<T>
  /** Aborts when the caller hangs up or the server stops. */
  signal: AbortSignal
}

interface Description<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  A extends Schema,
> {
  /** `listDocuments`: unique, and the method's name in generated clients. */
  id: string
  method: Method
  /** Below /api/v1, parameters as `:botId`. */
  path: string
  tag: string
  summary: string
  /** Undefined: any key may. */
  scope: ApiScope | undefined
  /** Least role of who acts. */
  role: Role
  params?: P
  query?: Q
  body?: B
  /** Of `data` in the answer. */
  answer: A
  /** 200 unless said otherwise. */
  status?: 200 | 201 | 202
  /** The answer holds a secret that is shown once: it is never kept for a repeat of the request. */
  isAnswerSecret?: boolean
}

type Drafted = 'params' | 'query' | 'body' | 'status' | 'isAnswerSecret'

/** One operation of the REST API: its route, its description in OpenAPI and its checks all come from here. */
export interface Operation extends Omit<Description<Schema, Schema, Schema, Schema>, Drafted> {
  params: Schema | undefined
  query: Schema | undefined
  body: Schema | undefined
  status: 200 | 201 | 202
  isAnswerSecret: boolean
  run:
    | { kind: 'within'; handle(call: Call<Schema, Schema, Schema>): Promise<unknown> }
    | { kind: 'long'; handle(call: LongCall<Schema, Schema, Schema>): Promise<unknown> }
}

/** An operation whose handler works in one transaction within the Creator's wall. */
export function defineOperation<
  A extends Schema,
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(draft: Description<P, Q, B, A> & { handle(call: Call<P, Q, B>): Promise<z.input<A>> }): Operation {
  // The server hands over what these very schemas have read.
  return {
    ...describe(draft),
    run: { kind: 'within', handle: (call) => draft.handle(call as Call<P, Q, B>) },
  }
}

/** An operation that waits on a vendor or a model; it opens its own short transactions by `within`. */
export function defineLongOperation<
  A extends Schema,
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(draft: Description<P, Q, B, A> & { handle(call: LongCall<P, Q, B>): Promise<z.input<A>> }): Operation {
  return {
    ...describe(draft),
    run: { kind: 'long', handle: (call) => draft.handle(call as LongCall<P, Q, B>) },
  }
}

function describe<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  A extends Schema,
>(draft: Description<P, Q, B, A>) {
  const { id, method, path, tag, summary, scope, role, answer } = draft
  return {
    ...{ id, method, path, tag, summary, scope, role, answer },
    params: draft.params && strict(draft.params),
    query: draft.query && strict(draft.query),
    body: draft.body && strict(draft.body),
    status: draft.status ?? 200,
    isAnswerSecret: draft.isAnswerSecret ?? false,
  }
}

/** A misspelt field is an error to tell, not one to pass over. */
function strict(schema: Schema): Schema {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema
}

/**
 * A route whose body or answer is no JSON: an upload, a download. Key, limits, scope, role, path and query are
 * checked before its handler runs, which finds who asks by `actorOf(res)`; the rest is the handler's own.
 */
export interface RawRoute {
  method: Method
  /** Below /api/v1, parameters as `:botId`. */
  path: string
  scope: ApiScope | undefined
  role: Role
  describe: {
    id: string
    tag: string
    summary: string
    params?: Schema
    query?: Schema
    /** Media type of the body, and its schema where it has fields: `multipart/form-data`. */
    body?: { mediaType: string; schema: Record<string, unknown> }
    /** Of `data` for JSON in the envelope; a media type alone for a file. */
    answer: { status: 200 | 201 | 202; schema: Schema } | { status: 200; mediaType: string }
  }
  handler: RequestHandler
}

/** A time in an answer: a Date from us, ISO 8601 in UTC for the caller. */
export const Instant = z
  .date()
  .transform((date) => date.toISOString())
  .pipe(z.iso.datetime())

/** How a list is asked for page by page: `cursor` is the `nextCursor` of the page before. */
export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

/** One page of a list. */
export function pageOf<S extends Schema>(item: S) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}
