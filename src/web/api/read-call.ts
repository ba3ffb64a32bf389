import { createHash } from 'node:crypto'
import type { Request } from 'express'
import type { z } from 'zod'
import { AppError } from '../../errors.ts'

/** What does not fit: where (`body.name`, `query.limit`, `Idempotency-Key`), and why. */
export interface RequestIssue {
  path: string
  message: string
}

type Place = 'params' | 'query' | 'body'
type Schemas = Record<Place, z.ZodType | undefined>

/** More than any value of ours is nested; what is deeper would only exhaust the stack of those who walk it. */
const MAX_DEPTH = 32
const MAX_ISSUES = 20

/**
 * Reads path, query and body by their schemas.
 *
 * @throws {AppError} `request.invalid` whose `details.issues` name each value that does not fit,
 * `request.unsupported_type` for a body that is no JSON.
 */
export function readCall(req: Request, schemas: Schemas): Record<Place, unknown> {
  if (schemas.body && req.body === undefined && hasBody(req)) throw new AppError('request.unsupported_type')
  const given: Record<Place, unknown> = {
    params: req.params,
    query: { ...req.query },
    body: req.body ?? {},
  }
  const issues: RequestIssue[] = []
  const read = (place: Place) => {
    const schema = schemas[place]
    if (!schema) return undefined
    const unstorable = findUnstorable(given[place], place)
    if (unstorable) return issues.push(unstorable)
    const parsed = schema.safeParse(given[place])
    if (!parsed.success) issues.push(...parsed.error.issues.map((issue) => present(place, issue)))
    return parsed.data
  }
  const call = { params: read('params'), query: read('query'), body: read('body') }
  if (issues.length > 0) throw new AppError('request.invalid', { issues: issues.slice(0, MAX_ISSUES) })
  return call
}

/** The Idempotency-Key of the request. @throws {AppError} `request.invalid` when it is not 1 to 255 visible ASCII characters. */
export function readIdempotencyKey(req: Request): string | undefined {
  const key = req.get('Idempotency-Key')
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  const message = 'Must be 1 to 255 visible ASCII characters'
  throw new AppError('request.invalid', { issues: [{ path: 'Idempotency-Key', message }] })
}

/** Tells requests apart, so that one Idempotency-Key serves one request. */
export function hashRequest(req: Request): Buffer {
  return createHash('sha256')
    .update(`${req.method} ${req.originalUrl}\n${JSON.stringify(req.body ?? {})}`)
    .digest()
}

function hasBody(req: Request): boolean {
  return req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0
}

function present(place: Place, { path, message }: z.core.$ZodIssue): RequestIssue {
  return { path: [place, ...path.map(String)].join('.'), message }
}

/**
 * What PostgreSQL keeps in no text and no JSON: a NUL, half of a surrogate pair. Refused here once, for every
 * operation; so is what is nested too deep.
 */
function findUnstorable(value: unknown, path: string, depth = 0): RequestIssue | undefined {
  if (typeof value === 'string') {
    const isStorable = !value.includes('\0') && value.isWellFormed()
    return isStorable ? undefined : { path, message: 'Must be well-formed Unicode without NUL' }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= MAX_DEPTH) return { path, message: `Must be nested no deeper than ${MAX_DEPTH} levels` }
  for (const [name, inner] of Object.entries(value)) {
    const found =
      findUnstorable(name, path) ?? findUnstorable(inner, `${path}.${name.slice(0, 100)}`, depth + 1)
    if (found) return found
  }
  return undefined
}
