import type { ServedOperation } from '../api/document.ts'
import { validValue } from '../api/schema-values.ts'
import { createRandom } from '../random.ts'
import type { MountedRoute } from './mounted-routes.ts'
import { formBody, multipartBody, type WallBody, type WallRequest } from './request.ts'
import { type TenantIds, WORD_PARAMETERS } from './tenant-ids.ts'

/** One request made twice: with ids of another creator, and with ids that nobody has. */
export interface WallCase {
  name: string
  foreign: Omit<WallRequest, 'headers'>
  unknown: Omit<WallRequest, 'headers'>
}

/** Whose ids a case is made of. */
export interface WallIds {
  mine: TenantIds
  theirs: TenantIds
  nobodys: TenantIds
}

/** Puts ids into a path like `/bots/:botId`. @throws {Error} for a parameter nobody has named yet. */
export function fillPath(path: string, idsOf: (name: string) => TenantIds): string {
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = WORD_PARAMETERS[name] ?? idsOf(name)[name]
    if (value === undefined)
      throw new Error(`No id for :${name} of ${path}: name it in testing/wall/tenant-ids.ts.`)
    return value
  })
}

/** `/bots/{botId}` of a description as `/api/v1/bots/:botId`. */
export function toMounted(path: string): string {
  return `/api/v1${path.replace(/\{(\w+)\}/g, ':$1')}`
}

/** A page or an action with every mix of own and foreign ids. */
export function pageCases({ method, path }: MountedRoute, ids: WallIds): WallCase[] {
  const bodies = method === 'GET' ? [undefined] : [formBody(), multipartBody()]
  return bodies.flatMap((body) => addressCases({ method, path }, ids, body))
}

/** An operation with every mix of ids in its path, and with foreign ids in its body where it takes any. */
export function operationCases(operation: ServedOperation, ids: WallIds): WallCase[] {
  const { method } = operation
  const path = toMounted(operation.path)
  const bodyOf = (each: TenantIds) => jsonBody(operation, each)
  const ofPath = addressCases({ method, path }, ids, bodyOf(ids.mine))
  const [foreign, unknown] = [bodyOf(ids.theirs), bodyOf(ids.nobodys)]
  if (foreign?.bytes === unknown?.bytes) return ofPath
  const own = { method, path: fillPath(path, () => ids.mine) }
  const name = `${method} ${path} with foreign ids in the body`
  return [...ofPath, { name, foreign: { ...own, body: foreign }, unknown: { ...own, body: unknown } }]
}

function addressCases(
  { method, path }: MountedRoute,
  { mine, theirs, nobodys }: WallIds,
  body: WallBody | undefined,
): WallCase[] {
  return mixNames(path).map((foreign) => ({
    name: `${method} ${path} with foreign ${[...foreign].join(', ')}`,
    foreign: { method, path: fillPath(path, (name) => (foreign.has(name) ? theirs : mine)), body },
    unknown: { method, path: fillPath(path, (name) => (foreign.has(name) ? nobodys : mine)), body },
  }))
}

/** Every choice of the ids in a path that has at least one. */
function mixNames(path: string): Set<string>[] {
  const all = [...path.matchAll(/:(\w+)/g)].flatMap(([, name]) => name ?? [])
  const names = [...new Set(all)].filter((name) => !(name in WORD_PARAMETERS))
  return Array.from(
    { length: 2 ** names.length - 1 },
    (_, at) => new Set(names.filter((_, index) => ((at + 1) >> index) & 1)),
  )
}

function jsonBody({ described }: ServedOperation, ids: TenantIds): WallBody | undefined {
  const [content] = Object.entries(described.requestBody?.content ?? {})
  if (!content) return undefined
  const [mediaType, { schema }] = content
  if (mediaType !== 'application/json') return multipartBody()
  const value = validValue(schema, createRandom(1), () => PLACEHOLDER)
  return { type: mediaType, bytes: JSON.stringify(putIds(value, ids)) }
}

const PLACEHOLDER = '11111111-1111-4111-8111-111111111111'

function putIds(value: unknown, ids: TenantIds, name = ''): unknown {
  if (value === PLACEHOLDER) return ids[name.replace(/s$/, '')] ?? ids.documentId
  if (Array.isArray(value)) return value.map((each) => putIds(each, ids, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, putIds(inner, ids, key)]))
}
