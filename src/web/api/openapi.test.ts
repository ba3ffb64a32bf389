import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { describeSchema, exampleOf, nameType } from './json-schema.ts'
import { describeApi } from './openapi.ts'
import { defineOperation, Instant, PageQuery, pageOf } from './operation.ts'
import { readReference } from './reference.ts'

const about = { tag: 'Bots', summary: 'List bots', scope: 'bots:read', role: 'viewer' } as const
const Bot = z.object({ id: z.uuid(), name: z.string().max(80), at: Instant, note: z.string().nullable() })

const list = defineOperation({
  ...{ ...about, id: 'listBots', method: 'get', path: '/bots' },
  query: PageQuery,
  answer: pageOf(Bot),
  handle: async () => ({ items: [], nextCursor: null }),
})
const rename = defineOperation({
  ...{ ...about, id: 'renameBot', method: 'patch', path: '/bots/:botId' },
  params: z.object({ botId: z.uuid() }),
  body: z.object({ name: z.string().min(1).max(80) }),
  answer: Bot,
  handle: async () => ({ id: 'b', name: 'n', at: new Date(), note: null }),
})
const describeThese = (operations: Parameters<typeof describeApi>[0]['operations']) =>
  describeApi({ operations, rawRoutes: [], publicUrl: 'https://coach.example' })

describe('describeApi', () => {
  const document = describeThese([list, rename])

  it('names each parameter, with its bounds, where it is sent', () => {
    expect(document.paths['/bots']?.get?.parameters).toEqual([
      { name: 'cursor', in: 'query', required: false, schema: { type: 'string', maxLength: 200 } },
      {
        ...{ name: 'limit', in: 'query', required: false },
        schema: { type: 'integer', minimum: 1, maximum: 100, default: 25 },
      },
    ])
    const change = document.paths['/bots/{botId}']?.patch
    expect(change?.parameters.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
      'path botId',
      'header Idempotency-Key',
    ])
    expect(change?.requestBody?.required).toBe(true)
  })

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path)
    expect(references.length).toBeGreaterThan(10)
    for (const reference of references) {
      let at: unknown = document
      for (const name of reference?.split('/') ?? []) at = Reflect.get(Object(at), name)
      expect(at, reference).toBeDefined()
    }
  })

  it('takes no two of one name or one route', () => {
    expect(() => describeThese([list, list])).toThrow('two of listBots')
  })

  it('tells which operation cannot be described', () => {
    const wrong = defineOperation({
      ...{ ...about, id: 'wrong', method: 'get', path: '/wrong' },
      answer: z.object({ at: z.date() }),
      handle: async () => ({ at: new Date() }),
    })
    expect(() => describeThese([wrong])).toThrow('The operation wrong cannot be described.')
  })

  it('can be read by people: fields by path, an example that the schema allows, a command to copy', () => {
    const [group] = readReference(document)
    const [listed, changed] = group?.entries ?? []

    expect(group?.slug).toBe('bots')
    expect(listed?.answer.map(({ name, type }) => [name, type])).toContainEqual(['items[].at', 'time'])
    expect(listed?.answer.map(({ name, type }) => [name, type])).toContainEqual([
      'items[].note',
      'text or null',
    ])
    expect(changed?.curl).toContain("curl 'https://coach.example/api/v1/bots/{botId}'")
    expect(changed?.curl).toContain('-X PATCH')
    const described = rename.body && describeSchema(rename.body, 'input')
    expect(rename.body?.safeParse(exampleOf(described ?? {})).success).toBe(true)
  })
})

describe('nameType', () => {
  it.each([
    [z.string().min(1).max(80), 'text, 1 to 80 characters'],
    [z.array(z.uuid()), 'list of id'],
    [z.enum(['strict', 'adaptive']), 'strict | adaptive'],
    [z.boolean().nullable(), 'true or false or null'],
  ])('tells %# in a few words', (schema, words) => {
    expect(nameType(describeSchema(schema, 'output'))).toBe(words)
  })
})
