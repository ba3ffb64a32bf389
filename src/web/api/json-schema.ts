import { z } from 'zod'

/** A JSON Schema of the 2020-12 draft, as far as our schemas use it. */
export interface JsonSchema {
  type?: string | string[]
  format?: string
  description?: string
  const?: unknown
  enum?: unknown[]
  default?: unknown
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  pattern?: string
  [keyword: string]: unknown
}

/**
 * Describes a zod schema: `input` is what a caller may send, `output` what we answer.
 *
 * @throws when the schema holds what JSON cannot say: a Date, a transform without a schema after it.
 */
export function describeSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      // The format says it already; zod's own patterns for dates and ids are longer than what they describe.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    },
  })
  return described as JsonSchema
}

const SAMPLES: Record<string, string> = {
  uuid: '3f2b8a1e-5c47-4d7a-9a51-0c6f7d1e2b90',
  'date-time': '2026-11-21T09:30:00.000Z',
  date: '2026-11-21',
  email: 'ana@example.com',
  uri: 'https://example.com',
}

/** A value that the schema allows, for people to read. */
export function exampleOf(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.default !== undefined) return schema.default
  const [choice] = schema.anyOf ?? schema.oneOf ?? []
  if (choice) return exampleOf(choice)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(exampleOf))
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') return exampleObject(schema)
  if (type === 'array') return schema.items ? [exampleOf(schema.items)] : []
  if (type === 'string') return exampleText(schema)
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1
  return type === 'boolean' ? true : null
}

function exampleObject({ properties = {} }: JsonSchema): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, exampleOf(inner)]))
}

function exampleText({ format, minLength = 0 }: JsonSchema): string {
  const text = (format !== undefined && SAMPLES[format]) || '…'
  return text.padEnd(minLength, '…')
}

/** A schema in a few words, for a table: `text, 1 to 80 characters`, `list of id`. */
export function nameType(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const)
  if (schema.enum) return schema.enum.map(String).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map(nameType))].join(' or ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => nameType({ type })).join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? nameType(schema.items) : 'anything'}`
  return `${nameScalar(schema)}${nameBounds(schema)}`
}

const SCALARS: Record<string, string> = {
  'date-time': 'time',
  uuid: 'id',
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
  null: 'null',
}

function nameScalar({ format, type }: JsonSchema): string {
  if (format !== undefined) return SCALARS[format] ?? format
  return SCALARS[String(type)] ?? 'anything'
}

function nameBounds({ minimum, maximum, minLength, maxLength }: JsonSchema): string {
  const [low, high] = [minimum ?? minLength, maximum ?? maxLength]
  const unit = (minLength ?? maxLength) === undefined ? '' : ' characters'
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}${unit}`
  if (high !== undefined) return `, at most ${high}${unit}`
  return low !== undefined ? `, at least ${low}${unit}` : ''
}
