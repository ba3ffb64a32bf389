import type { z } from 'zod'
import { AppError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'

/**
 * A webhook's body in a vendor's form.
 *
 * @throws {AppError} `request.malformed` with the paths that are wrong, never with what stands there.
 */
export function parseBody<Schema extends z.ZodType>(rawBody: Buffer, schema: Schema): z.output<Schema> {
  const body = parseJson(rawBody.toString('utf8'))
  if (body === undefined) throw new AppError('request.malformed', { reason: 'not JSON' })
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const paths = parsed.error.issues.slice(0, 5).map((issue) => issue.path.join('.'))
  throw new AppError('request.malformed', { paths })
}
