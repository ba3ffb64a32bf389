import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { z } from 'zod'

/** Where the vendors' specifications lie: beside the repository, or in SHARED_DIR. */
export const SHARED_DIR = process.env.SHARED_DIR ?? fileURLToPath(new URL('../../../shared', import.meta.url))

const SPECS_DIR = join(SHARED_DIR, 'specs')

/** False where the specifications are not at hand; what needs them is then skipped, with this as the reason. */
export const HAS_SPECS = existsSync(SPECS_DIR)

export interface VendorSpec {
  /** The check of one definition, or of the whole file. */
  check(definition?: string): Check
}

/** Compiling takes a second, so it is done once a process. */
const opened = new Map<string, VendorSpec>()

/** Why a value does not fit, in one line; undefined when it fits. */
export type Check = (value: unknown) => string | undefined

/** A file of the specifications, for example `telegram/errors.json`. */
export function readSpec(path: string): unknown {
  return JSON.parse(readFileSync(join(SPECS_DIR, path), 'utf8'))
}

/**
 * A specification's definitions as checks, each compiled when it is first
 * asked for. Without the specifications every check passes.
 */
export function openSpec(path: string): VendorSpec {
  const known = opened.get(path)
  if (known) return known
  const spec = HAS_SPECS ? compileSpec(path) : { check: () => () => undefined }
  opened.set(path, spec)
  return spec
}

function compileSpec(path: string): VendorSpec {
  // `strict: false`: the files carry annotations of their own (x-...).
  const ajv = new Ajv2020({ strict: false, allErrors: false })
  addFormats.default(ajv)
  ajv.addFormat('decimal', /^-?\d+(\.\d+)?$/)
  ajv.addSchema(z.looseObject({}).parse(readSpec(path)), 'spec')
  return {
    check(definition) {
      const validate = ajv.getSchema(definition === undefined ? 'spec' : `spec#/$defs/${definition}`)
      if (!validate) throw new Error(`${path} does not define ${definition}`)
      return (value) => (validate(value) ? undefined : explain(validate))
    },
  }
}

function explain({ errors }: ValidateFunction): string {
  const [error] = errors ?? []
  return error
    ? `${error.instancePath || '/'} ${error.message ?? ''} ${JSON.stringify(error.params)}`
    : 'invalid'
}
