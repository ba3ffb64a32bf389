import { exampleOf, type JsonSchema, nameType } from './json-schema.ts'
import type { ApiDocument, DescribedOperation, Parameter } from './openapi.ts'

/** One line of a table: a parameter or a field, nested ones as `items[].id`. */
interface Row {
  name: string
  /** Where it is sent: path, query, header; empty for fields. */
  place: string
  type: string
  isRequired: boolean
  description: string
}

/** An operation as people read it. */
export interface ReferenceEntry {
  id: string
  method: string
  path: string
  summary: string
  scope: string
  parameters: Row[]
  fields: Row[]
  answer: Row[]
  status: string
  /** Undefined where the answer is a file. */
  answerExample: string | undefined
  curl: string
}

export interface ReferenceGroup {
  tag: string
  slug: string
  entries: ReferenceEntry[]
}

/** Fields nested deeper are left to the JSON example. */
const MAX_DEPTH = 4

/** The document as pages: its operations by tag, in its own order. */
export function readReference(document: ApiDocument): ReferenceGroup[] {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, described })),
  )
  const [{ url }] = document.servers
  return document.tags.map(({ name }) => ({
    tag: name,
    slug: name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, ''),
    entries: operations
      .filter(({ described }) => described.tags.includes(name))
      .map(({ path, method, described }) => readEntry({ path, method, url }, described)),
  }))
}

function readEntry(
  { path, method, url }: { path: string; method: string; url: string },
  described: DescribedOperation,
): ReferenceEntry {
  const [[status, response] = ['200', undefined]] = Object.entries(described.responses)
  const content = response && 'content' in response ? response.content['application/json'] : undefined
  const body = Object.entries(described.requestBody?.content ?? {})[0]
  return {
    id: described.operationId,
    method: method.toUpperCase(),
    path: `/api/v1${path}`,
    summary: described.summary,
    scope: described.security[0].apiKey[0] ?? 'any key',
    parameters: described.parameters.map(readParameter),
    fields: body ? readFields(body[1].schema) : [],
    answer: content ? readFields(content.schema.properties?.data ?? {}) : [],
    status,
    answerExample: content && present(exampleOf(content.schema)),
    curl: presentCurl({ method, address: `${url}${path}`, parameters: described.parameters, body }),
  }
}

function readParameter({ name, in: place, required, description, schema }: Parameter): Row {
  return { name, place, type: nameValue(schema), isRequired: required, description: plain(description) }
}

function readFields(schema: JsonSchema, prefix = '', depth = 0): Row[] {
  const object = innerObject(schema)
  if (!object || depth >= MAX_DEPTH) return []
  const { properties = {}, required = [] } = object
  const start = prefix + (schema.type === 'array' ? '[]' : '')
  return Object.entries(properties).flatMap(([name, inner]) => {
    const path = start ? `${start}.${name}` : name
    const row = {
      name: path,
      place: '',
      type: nameValue(inner),
      isRequired: required.includes(name),
      description: plain(inner.description),
    }
    return [row, ...readFields(inner, path, depth + 1)]
  })
}

function nameValue(schema: JsonSchema): string {
  const { default: fallback } = schema
  const isShort = fallback !== undefined && typeof fallback !== 'object'
  return isShort ? `${nameType(schema)}; ${fallback} if left out` : nameType(schema)
}

/** Without the marks around code, which stay in the machine's description. */
function plain(description = ''): string {
  return description.replaceAll('`', '')
}

/** The object whose fields are to be told: itself, a list's element, or the one choice that is an object. */
function innerObject(schema: JsonSchema): JsonSchema | undefined {
  if (schema.properties) return schema
  if (schema.items) return innerObject(schema.items)
  return (schema.anyOf ?? schema.oneOf)?.find(({ properties }) => properties !== undefined)
}

interface CurlParts {
  method: string
  address: string
  parameters: Parameter[]
  body: [string, { schema: JsonSchema }] | undefined
}

function presentCurl({ method, address, parameters, body }: CurlParts): string {
  const lines = [`curl '${address}'`, `-H "Authorization: Bearer $CORNERMAN_KEY"`]
  if (method !== 'get') lines.splice(1, 0, `-X ${method.toUpperCase()}`)
  if (parameters.some(({ in: place }) => place === 'header')) lines.push(`-H "Idempotency-Key: $(uuidgen)"`)
  const [mediaType, content] = body ?? []
  if (mediaType === 'application/json' && content) {
    const example = present(exampleOf(content.schema)).replaceAll("'", "'\\''")
    lines.push(`-H 'Content-Type: application/json'`, `-d '${example}'`)
  } else if (mediaType === 'multipart/form-data') {
    lines.push(`-F 'file=@notes.pdf'`)
  } else if (mediaType !== undefined) {
    lines.push(`-H 'Content-Type: ${mediaType}'`, '--data-binary @notes.pdf')
  }
  return lines.join(' \\\n  ')
}

function present(example: unknown): string {
  return JSON.stringify(example, undefined, 2)
}
