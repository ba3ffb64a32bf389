import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { HAS_SPECS, readSpec } from '../vendor-spec.ts'

export type StripeParams = Record<string, unknown>

/** Bodies and queries of the vendor's form encoding (`a[b][0]=c`) as nested values; every leaf is text. */
export function decodeStripeForm(fields: URLSearchParams): StripeParams {
  const root: Record<string, unknown> = {}
  for (const [name, value] of fields) {
    const path = name.replaceAll(']', '').split('[')
    const last = path.pop() ?? ''
    let place = root
    for (const step of path) {
      const next = z.record(z.string(), z.unknown()).safeParse(place[step]).data ?? {}
      place[step] = next
      place = next
    }
    // `a[]=b` names no index.
    place[last === '' ? String(Object.keys(place).length) : last] = value
  }
  return z.record(z.string(), z.unknown()).parse(listsOf(root))
}

/** Records whose keys count from 0 are lists. */
function listsOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, listsOf(inner)] as const)
  const isList = entries.length > 0 && entries.every(([name], index) => name === String(index))
  return isList ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

/** Reads params against a definition: typed as the schema says, or the reason why they do not fit. */
export type ReadStripeParams = (
  definition: string,
  params: StripeParams,
) => { params: StripeParams } | { reason: string; param: string }

const SPEC = 'stripe/request-params.2026-10-28.endive.schema.json'

let opened: ReadStripeParams | undefined

/**
 * The published request bodies as checks. On the wire all is text, so numbers and truths are read from it
 * as far as the schema asks for them. Without the specification everything fits.
 */
export function openStripeParams(): ReadStripeParams {
  opened ??= HAS_SPECS ? compile() : (_definition, params) => ({ params })
  return opened
}

function compile(): ReadStripeParams {
  const ajv = new Ajv2020({ strict: false, coerceTypes: true })
  ajv.addFormat('decimal', /^-?\d+(\.\d+)?$/)
  ajv.addSchema(z.looseObject({}).parse(readSpec(SPEC)), 'params')
  return (definition, params) => {
    const validate = ajv.getSchema(`params#/$defs/${definition}`)
    if (!validate) throw new Error(`${SPEC} does not define ${definition}`)
    const read = structuredClone(params)
    if (validate(read)) return { params: read }
    const [error] = validate.errors ?? []
    const param = error?.instancePath ?? ''
    return { param, reason: `${param} ${error?.message ?? ''} ${JSON.stringify(error?.params ?? {})}` }
  }
}
