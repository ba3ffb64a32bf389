import fc from 'fast-check'
import type { JsonSchema } from '../../web/api/json-schema.ts'
import type { Random } from '../random.ts'

export function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[Math.floor(random() * list.length)]
  if (chosen === undefined) throw new Error('There is nothing to pick from.')
  return chosen
}

/** What breaks programs: other scripts, markup, quotes, numbers at the edge, words that mean something. */
export const HOSTILE_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}',
  '\ud800',
  '\udfff\ud800',
  '\uFEFF\u202Eevil',
  'Ā'.repeat(300),
  'x'.repeat(70_000),
  "' OR '1'='1",
  "'; DROP TABLE bot; --",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a template engine would carry out.
  '{{7*7}} ${7*7} <%= 7*7 %>',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '../../../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '/dev/null',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data/',
  'x\r\nSet-Cookie: a=b',
  '=HYPERLINK("http://example.com")',
  '%00%0d%0a',
  '%',
  '\\',
  '`id`',
  '$(id)',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-0',
  '1e309',
  '9223372036854775808',
  '0x41',
  '2026-02-30T25:61:61Z',
  '+275760-09-13T00:00:00.001Z',
  '-271821-04-20T00:00:00Z',
  '0000-00-00',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'eyJhIjoxfQ',
  Buffer.from(JSON.stringify(['2026-13-45 99:99:99', '00000000-0000-0000-0000-000000000000'])).toString(
    'base64url',
  ),
  Buffer.from(JSON.stringify(['1', '00000000-0000-0000-0000-000000000000'])).toString('base64url'),
  '(((((((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+',
]

const HOSTILE_VALUES: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e308,
  [],
  {},
  [null],
  [[[[[]]]]],
  { toString: 'x', constructor: {}, length: -1 },
  Array.from({ length: 2_000 }, (_, index) => index),
  JSON.parse('{"__proto__":{"isAdmin":true}}'),
]

/** A value of the kind a schema asks for, at and between its bounds. */
export function validValue(schema: JsonSchema, random: Random, idOf: () => string): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return pick(random, schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return validValue(pick(random, choices), random, idOf)
  const type = Array.isArray(schema.type) ? pick(random, schema.type) : schema.type
  if (type === 'object') return validObject(schema, random, idOf)
  if (type === 'array') {
    const least = schema.minItems ?? 0
    const count = least + Math.floor(random() * (Math.min(schema.maxItems ?? 4, least + 4) - least + 1))
    return Array.from({ length: count }, () => validValue(schema.items ?? {}, random, idOf))
  }
  if (type === 'integer' || type === 'number') return validNumber(schema, random)
  if (type === 'boolean') return random() < 0.5
  return type === 'null' ? null : validText(schema, random, idOf)
}

function validObject(schema: JsonSchema, random: Random, idOf: () => string): Record<string, unknown> {
  const { properties = {}, required = [], additionalProperties } = schema
  const made = Object.entries(properties)
    .filter(([name]) => required.includes(name) || random() < 0.6)
    .map(([name, inner]) => [name, validValue(inner, random, idOf)])
  if (typeof additionalProperties === 'object' && random() < 0.7) {
    made.push([pick(random, ['en', 'de', 'ar', 'a']), validValue(additionalProperties, random, idOf)])
  }
  return Object.fromEntries(made)
}

function validNumber(schema: JsonSchema, random: Random): number {
  const low = schema.minimum ?? 0
  const high = schema.maximum ?? low + 1_000
  const between = low + random() * (high - low)
  return pick(random, [low, high, schema.type === 'integer' ? Math.round(between) : between])
}

const WORDS = [
  'breath',
  'weekly plan',
  'Übung',
  '睡眠',
  'التنفس',
  'a & b <c>',
  "coach's",
  '🥊 ring',
  '- list\n- two',
]

function validText(schema: JsonSchema, random: Random, idOf: () => string): string {
  const { format, pattern, minLength = 0, maxLength = 200 } = schema
  if (format === 'uuid') return idOf()
  if (format === 'date-time') return new Date(Date.UTC(2026, 0, 1) + random() * 1e11).toISOString()
  if (format === 'date') return new Date(Date.UTC(2026, 0, 1) + random() * 1e11).toISOString().slice(0, 10)
  if (format === 'email') return `p${Math.floor(random() * 1e6)}@example.com`
  if (format === 'uri') return pick(random, ['https://example.com/a', 'http://127.0.0.1:1/'])
  if (pattern !== undefined) return matchingText(pattern, random).slice(0, maxLength)
  const text = Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, WORDS)).join(' ')
  const cut = random() < 0.1 ? text.padEnd(Math.min(maxLength, 5_000), 'ö') : text
  return cut.slice(0, maxLength).toWellFormed().padEnd(minLength, 'x')
}

const matching = new Map<string, fc.Arbitrary<string>>()

/** A text of the pattern. Those of zod's that look around are beyond the generator: then a word will do. */
function matchingText(pattern: string, random: Random): string {
  const [word] = WORDS
  try {
    const texts = matching.get(pattern) ?? fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: 60 })
    matching.set(pattern, texts)
    return fc.sample(texts, { numRuns: 1, seed: Math.floor(random() * 2 ** 31) })[0] ?? ''
  } catch {
    return word ?? ''
  }
}

/** Any value at all, most of them wrong wherever they are put. */
export function hostileValue(random: Random): unknown {
  return random() < 0.6 ? pick(random, HOSTILE_TEXTS) : pick(random, HOSTILE_VALUES)
}

/** The same value with one thing in it changed: a field gone, added or of another kind. */
export function spoil(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random() < 0.7) {
    const at = Math.floor(random() * value.length)
    return value.map((each, index) => (index === at ? spoil(each, random) : each))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return hostileValue(random)
  const entries = Object.entries(value)
  const roll = random()
  if (roll < 0.15 || entries.length === 0)
    return {
      ...value,
      [pick(random, ['extra', '__proto__', 'id', 'creatorId', 'creator_id'])]: hostileValue(random),
    }
  const [name, inner] = pick(random, entries)
  if (roll < 0.3) return Object.fromEntries(entries.filter(([each]) => each !== name))
  return { ...value, [name]: random() < 0.6 ? spoil(inner, random) : hostileValue(random) }
}
