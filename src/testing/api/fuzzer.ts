import { randomUUID } from 'node:crypto'
import type { JsonSchema } from '../../web/api/json-schema.ts'
import type { Parameter } from '../../web/api/openapi.ts'
import type { Random } from '../random.ts'
import type { ServedOperation } from './document.ts'
import type { RawRequest } from './raw-request.ts'
import { HOSTILE_TEXTS, hostileValue, pick, spoil, validValue } from './schema-values.ts'

/** What a caller has seen: a careful one builds the next request from it. */
export interface Memory {
  /** Ids by the name of the parameter they are for: `botId`. */
  ids: Map<string, string[]>
  /** The last answer of an address, so that it can be sent back changed. */
  answers: Map<string, unknown>
  /** The last short text under a name, so that `slug` and `expectedUpdatedAt` can be those of something. */
  texts: Map<string, string>
  /** The last file of a media type. */
  files: Map<string, Buffer>
}

const KEPT_IDS = 40

/** Makes requests of an operation: a third as described, a third nearly so, a third meant to break something. */
export function createApiFuzzer(random: Random, memory: Memory) {
  const chance = (share: number) => random() < share

  function anyId(): string {
    const lists = [...memory.ids.values()].filter((list) => list.length > 0)
    return chance(0.6) && lists.length > 0 ? pick(random, pick(random, lists)) : randomUUID()
  }

  function idFor(name: string): string {
    const own = memory.ids.get(name) ?? []
    if (own.length > 0 && chance(0.75)) return pick(random, own)
    return anyId()
  }

  function recall(name: string): string | undefined {
    const bare = name.replace(/^expected(.)/, (_, letter: string) => letter.toLowerCase())
    return memory.texts.get(bare)
  }

  function textFor({ name, schema }: Parameter, isHostile: boolean): string {
    if (isHostile) return chance(0.7) ? pick(random, HOSTILE_TEXTS) : asText(hostileValue(random))
    if (schema.format === 'uuid') return idFor(name)
    const seen = recall(name)
    if (seen !== undefined && chance(0.5)) return seen
    return String(validValue(schema, random, anyId))
  }

  async function build(operation: ServedOperation, key: string): Promise<RawRequest> {
    const mood = pick(random, ['valid', 'near', 'hostile'] as const)
    const { parameters, requestBody } = operation.described
    const of = (place: string) => parameters.filter((parameter) => parameter.in === place)
    const wrong = mood === 'valid' ? 0 : mood === 'near' ? 0.15 : 0.5
    let path = operation.path
    for (const parameter of of('path')) {
      path = path.replace(`{${parameter.name}}`, encodePart(textFor(parameter, chance(wrong / 2))))
    }
    const query = of('query')
      .filter(({ required }) => required || chance(0.4))
      .flatMap((parameter) => {
        const value = `${parameter.name}=${encodePart(textFor(parameter, chance(wrong)))}`
        return chance(wrong / 5) ? [value, value] : [value]
      })
    if (chance(wrong / 3))
      query.push(pick(random, ['a[b]=1', '%=%', 'limit=0', '__proto__[x]=1', 'cursor=%00']))
    const headers: RawRequest['headers'] = { authorization: `Bearer ${key}` }
    if (of('header').length > 0 && chance(0.3)) headers['idempotency-key'] = idempotencyKey(mood)
    const body = await bodyOf(operation, Object.entries(requestBody?.content ?? {})[0], mood, headers)
    const suffix = query.length > 0 ? `?${query.join('&')}` : ''
    return { method: operation.method, target: `/api/v1${path}${suffix}`, headers, body }
  }

  function idempotencyKey(mood: string): string {
    // Few keys, so that they meet again.
    return mood === 'hostile'
      ? pick(random, ['', 'a b', '\xff', 'x'.repeat(300)])
      : `k${Math.floor(random() * 40)}`
  }

  async function bodyOf(
    operation: ServedOperation,
    described: [string, { schema: JsonSchema }] | undefined,
    mood: string,
    headers: RawRequest['headers'],
  ): Promise<Buffer | undefined> {
    if (!described) return undefined
    const [mediaType, { schema }] = described
    if (mediaType === 'multipart/form-data') return multipart(schema, mood, headers)
    headers['content-type'] = mood === 'hostile' && chance(0.15) ? pick(random, MEDIA_TYPES) : mediaType
    if (mediaType !== 'application/json') {
      const known = memory.files.get(mediaType)
      return known && mood !== 'hostile' ? known : Buffer.from(pick(random, HOSTILE_TEXTS))
    }
    if (mood === 'hostile' && chance(0.3)) return Buffer.from(pick(random, BROKEN_JSON), 'latin1')
    const value = chance(0.5) ? changeKnown(operation, schema) : validValue(schema, random, anyId)
    if (mood === 'valid') return Buffer.from(JSON.stringify(value))
    const spoilt = mood === 'near' ? spoil(value, random) : spoil(spoil(value, random), random)
    return Buffer.from(JSON.stringify(chance(0.1) ? hostileValue(random) : spoilt) ?? '')
  }

  /** What the address said last, cut to what may be sent, with a field or two changed. */
  function changeKnown({ path }: ServedOperation, schema: JsonSchema): unknown {
    const answer = memory.answers.get(path)
    const fresh = validValue(schema, random, anyId)
    if (typeof answer !== 'object' || answer === null || typeof fresh !== 'object' || fresh === null)
      return fresh
    const kept = Object.entries(answer).filter(([name]) => schema.properties?.[name] && chance(0.9))
    const seen = Object.keys(fresh).flatMap((name) => {
      const text = recall(name)
      return text !== undefined && name.startsWith('expected') ? [[name, text]] : []
    })
    return { ...fresh, ...Object.fromEntries(kept), ...Object.fromEntries(seen) }
  }

  async function multipart(
    schema: JsonSchema,
    mood: string,
    headers: RawRequest['headers'],
  ): Promise<Buffer | undefined> {
    const form = new FormData()
    for (const [name, inner] of Object.entries(schema.properties ?? {})) {
      if (
        inner.format === 'binary' ||
        inner.contentEncoding ||
        inner.contentMediaType ||
        inner.type === 'array'
      ) {
        const fileName = mood === 'valid' ? 'notes.md' : pick(random, HOSTILE_TEXTS).slice(0, 2_000)
        form.append(name, new Blob([`# Notes\n\n${asText(hostileValue(random)).slice(0, 500)}`]), fileName)
      } else {
        form.append(name, asText(mood === 'valid' ? validValue(inner, random, anyId) : hostileValue(random)))
      }
    }
    const encoded = new Response(form)
    headers['content-type'] = encoded.headers.get('content-type') ?? ''
    const bytes = Buffer.from(await encoded.arrayBuffer())
    return mood === 'hostile' && chance(0.3) ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes
  }

  return { build }
}

/** Remembers an answer, and the ids in it: `id` under `/bots/{botId}/documents` is a `documentId`. */
export function rememberAnswer(memory: Memory, { path, method }: ServedOperation, data: unknown): void {
  if (method === 'GET') memory.answers.set(path, data)
  const last = path
    .split('/')
    .filter((part) => part !== '' && !part.startsWith('{'))
    .at(-1)
  const own = `${(last ?? '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/s$/, '')}Id`
  visit(data, 0)

  function visit(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || depth > 4) return
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === 'string' && /^[0-9a-f-]{36}$/.test(inner)) add(name === 'id' ? own : name, inner)
      else if (typeof inner === 'string') memory.texts.set(name, inner.slice(0, 500))
      else visit(inner, depth + 1)
    }
  }

  function add(name: string, id: string): void {
    const ids = memory.ids.get(name) ?? []
    if (!ids.includes(id)) memory.ids.set(name, [id, ...ids].slice(0, KEPT_IDS))
  }
}

/** Text as it is, anything else as JSON. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** Percent-encoded, save now and then what is legal on the wire and breaks those who decode twice or not at all. */
function encodePart(text: string): string {
  const cut = text.slice(0, 3_000).toWellFormed()
  return cut === '%' ? '%' : encodeURIComponent(cut)
}

const MEDIA_TYPES = [
  'text/plain',
  'application/xml',
  'application/json; charset=utf-7',
  'multipart/form-data',
  '',
]

const BROKEN_JSON = [
  '',
  '{',
  '[',
  '"',
  'null',
  'nul',
  '{"a":}',
  '\xff\xfe',
  '{"a":1}{"b":2}',
  `${'['.repeat(5_000)}`,
  '1e400',
]
