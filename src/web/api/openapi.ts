import { z } from 'zod'
import { KEEP_MS } from '../../accounts/idempotency-key.ts'
import { describeSchema, type JsonSchema } from './json-schema.ts'
import type { Method, Operation, RawRoute } from './operation.ts'
import { API_VERSION } from './run-operation.ts'

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description?: string
  schema: JsonSchema
}

interface Content {
  [mediaType: string]: { schema: JsonSchema }
}

interface Reference {
  $ref: string
}

export interface DescribedOperation {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security: [{ apiKey: string[] }]
  parameters: Parameter[]
  requestBody?: { required: boolean; content: Content }
  responses: Record<
    string,
    Reference | { description: string; headers?: Record<string, Reference>; content: Content }
  >
}

/** The description of the API, in OpenAPI 3.1. */
export interface ApiDocument {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  servers: [{ url: string }]
  tags: { name: string }[]
  paths: Record<string, Partial<Record<Method, DescribedOperation>>>
  components: object
}

interface Described {
  operations: Operation[]
  rawRoutes: RawRoute[]
  publicUrl: string
}

/**
 * Describes the API from the schemas that its requests and answers are checked by, so that the two cannot differ.
 *
 * @throws {Error} naming the operation that cannot be described, or two of one id or one route.
 */
export function describeApi({ operations, rawRoutes, publicUrl }: Described): ApiDocument {
  const paths: ApiDocument['paths'] = {}
  const ids = new Set<string>()
  const add = (method: Method, path: string, described: DescribedOperation) => {
    const address = path.replace(/:(\w+)/g, '{$1}')
    paths[address] ??= {}
    if (ids.has(described.operationId) || paths[address][method]) {
      throw new Error(`The API has two of ${described.operationId} (${method} ${path}).`)
    }
    ids.add(described.operationId)
    paths[address][method] = described
  }
  for (const operation of operations)
    add(
      operation.method,
      operation.path,
      naming(operation.id, () => describeOperation(operation)),
    )
  for (const route of rawRoutes)
    add(
      route.method,
      route.path,
      naming(route.describe.id, () => describeRawRoute(route)),
    )
  const tags = new Set([
    ...operations.map(({ tag }) => tag),
    ...rawRoutes.map(({ describe }) => describe.tag),
  ])
  return {
    openapi: '3.1.0',
    info: { title: 'Cornerman API', version: API_VERSION, description: INTRODUCTION },
    servers: [{ url: `${publicUrl}/api/v1` }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: COMPONENTS,
  }
}

function naming<T>(id: string, describe: () => T): T {
  try {
    return describe()
  } catch (cause) {
    throw new Error(`The operation ${id} cannot be described.`, { cause })
  }
}

function describeOperation(operation: Operation): DescribedOperation {
  const { id, method, tag, summary, scope, status, params, query, body, answer } = operation
  const keyed: Parameter[] = method === 'get' ? [] : [IDEMPOTENCY_KEY]
  return {
    ...head({ id, tag, summary, scope }),
    parameters: [...parametersOf('path', params), ...parametersOf('query', query), ...keyed],
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: describeSchema(body, 'input') } },
      },
    }),
    responses: {
      [status]: success('application/json', envelope(describeSchema(answer, 'output'))),
      ...failures(),
    },
  }
}

function describeRawRoute({ scope, describe }: RawRoute): DescribedOperation {
  const { id, tag, summary, params, query, body, answer } = describe
  const content =
    'schema' in answer
      ? success('application/json', envelope(describeSchema(answer.schema, 'output')))
      : success(answer.mediaType, { type: 'string', contentEncoding: 'binary' })
  return {
    ...head({ id, tag, summary, scope }),
    parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
    ...(body && { requestBody: { required: true, content: { [body.mediaType]: { schema: body.schema } } } }),
    responses: { [answer.status]: content, ...failures() },
  }
}

type Head = Pick<Operation, 'id' | 'tag' | 'summary' | 'scope'>

function head({ id, tag, summary, scope }: Head) {
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: scope ? `Needs a key with the scope \`${scope}\`.` : 'Any key may.',
    security: [{ apiKey: scope ? [scope] : [] }] satisfies [{ apiKey: string[] }],
  }
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): Parameter[] {
  if (!schema) return []
  const { properties, required = [] } = describeSchema(schema, 'input')
  if (!properties) throw new Error(`Its ${place} is no object.`)
  return Object.entries(properties).map(([name, { description, ...inner }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: inner,
  }))
}

function success(mediaType: string, schema: JsonSchema) {
  return {
    description: 'Done.',
    headers: Object.fromEntries(
      Object.keys(RATE_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
    ),
    content: { [mediaType]: { schema } },
  }
}

function envelope(schema: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: {
      success: { type: 'boolean', const: true },
      data: schema,
      timestamp: { type: 'string', format: 'date-time' },
      version: { type: 'string', const: API_VERSION },
    },
    required: ['success', 'data', 'timestamp', 'version'],
    additionalProperties: false,
  }
}

function failures(): Record<string, Reference> {
  const statuses = [...Object.keys(FAILURES), 'default']
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${responseName(status)}` }]),
  )
}

function responseName(status: string): string {
  return status === 'default' ? 'Failure' : `Failure${status}`
}

const FAILURES: Record<string, string> = {
  400: 'The request cannot be read: no valid JSON, a broken address.',
  401: 'No key, or one that is unknown, revoked or past its time.',
  403: 'The key lacks the scope.',
  404: 'There is no such thing, or it is not yours.',
  409: 'It does not go with how things stand, or the first request with this Idempotency-Key is still at work.',
  413: 'The body is larger than allowed.',
  415: 'The body is no JSON.',
  422: 'Values do not fit (`details.issues` names each), or the Idempotency-Key came with another request.',
  429: 'Too many requests with this key. `Retry-After` says how many seconds to wait.',
}

const Failure = z.strictObject({
  success: z.literal(false),
  error: z.strictObject({
    code: z
      .string()
      .regex(/^[a-z_]+\.[a-z_]+$/)
      .describe('Stable: what a program acts on.'),
    message: z.string().describe('What is wrong and what to do, for people.'),
    details: z
      .looseObject({
        issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
      })
      .describe('Ids and bounds; `issues` names each value that does not fit.'),
  }),
  timestamp: z.iso.datetime(),
})

const RATE_HEADERS = {
  'RateLimit-Limit': 'Requests this key may make a minute.',
  'RateLimit-Remaining': 'Requests left in this minute.',
  'RateLimit-Reset': 'Seconds until the next minute begins.',
}

const IDEMPOTENCY_KEY: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A key of your own, new for each change: a repeat with it changes nothing and gets the first answer.',
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
}

const FAILURE_CONTENT = { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } }

const COMPONENTS = {
  securitySchemes: {
    apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, made under Account, API.' },
  },
  schemas: { Failure: describeSchema(Failure, 'output') },
  headers: Object.fromEntries(
    Object.entries(RATE_HEADERS).map(([name, description]) => [
      name,
      { description, schema: { type: 'integer' } },
    ]),
  ),
  responses: Object.fromEntries(
    Object.entries({ ...FAILURES, default: 'Any other failure.' }).map(([status, description]) => [
      responseName(status),
      { description, content: FAILURE_CONTENT },
    ]),
  ),
}

const INTRODUCTION = [
  'Everything the pages do, for your own programs.',
  'Requests and answers are JSON in UTF-8; times are ISO 8601 in UTC. Send your key as `Authorization: Bearer KEY`. Each operation names the scope the key needs.',
  'A list comes page by page: `limit` says how many, `nextCursor` of one page is `cursor` of the next, and null on the last.',
  `A change may carry an \`Idempotency-Key\`. For ${KEEP_MS / 3_600_000} hours a repeat with the same key is not carried out again: it gets the first answer, marked \`Idempotency-Replayed: true\`.`,
  'Every answer says in `RateLimit-*` headers how much of the minute is left to the key.',
].join('\n\n')
