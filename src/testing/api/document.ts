import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { ApiDocument, DescribedOperation } from '../../web/api/openapi.ts'

/** One operation of a served description, as a caller that knows nothing else reads it. */
export interface ServedOperation {
  id: string
  method: string
  /** Below /api/v1, with `{botId}`. */
  path: string
  scope: string | undefined
  described: DescribedOperation
}

export interface ServedAnswer {
  status: number
  mediaType: string
  body: string
}

/** The description an app serves, and whether an answer keeps to it. */
export interface ServedDocument {
  document: ApiDocument
  operations: ServedOperation[]
  /** What is wrong with the answer, in words; undefined when it is as described. */
  findMismatch(operation: ServedOperation, answer: ServedAnswer): string | undefined
}

const DOCUMENT = 'api'

/** Reads `/api/v1/openapi.json` of a running app. */
export async function readServedDocument(url: string): Promise<ServedDocument> {
  const response = await fetch(`${url}/api/v1/openapi.json`)
  const document: ApiDocument = JSON.parse(await response.text())
  const ajv = new Ajv2020.default({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema(document, DOCUMENT)

  function findMismatch(operation: ServedOperation, { status, mediaType, body }: ServedAnswer) {
    const { responses } = operation.described
    const name = String(status) in responses ? String(status) : 'default'
    const place = locate(operation, name)
    const wanted = mediaTypesAt(document, place)
    const given = mediaType.split(';')[0]?.trim() ?? ''
    if (!wanted.includes(given)) return `${status} came as ${given || 'nothing'}, not as ${wanted.join(', ')}`
    if (given !== 'application/json') return undefined
    const validate = ajv.getSchema(
      `${DOCUMENT}#/${[...place, 'content', given, 'schema'].map(escapePointer).join('/')}`,
    )
    if (!validate) return `${status} has no schema`
    return validate(JSON.parse(body)) ? undefined : `${status}: ${ajv.errorsText(validate.errors)}`
  }

  return { document, operations: listOperations(document), findMismatch }
}

function listOperations(document: ApiDocument): ServedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      id: described.operationId,
      method: method.toUpperCase(),
      path,
      scope: described.security[0].apiKey[0],
      described,
    })),
  )
}

/** Where the answer of a status is described: in the operation, or where it refers to. */
function locate({ path, method, described }: ServedOperation, status: string): string[] {
  const response = described.responses[status]
  if (response && '$ref' in response) return response.$ref.replace('#/', '').split('/')
  return ['paths', path, method.toLowerCase(), 'responses', status]
}

function mediaTypesAt(document: ApiDocument, place: string[]): string[] {
  let at: unknown = document
  for (const name of [...place, 'content']) {
    at =
      typeof at === 'object' && at !== null
        ? Object.entries(at).find(([key]) => key === name)?.[1]
        : undefined
  }
  return typeof at === 'object' && at !== null ? Object.keys(at) : []
}

/** JSON pointer in a URI fragment. */
function escapePointer(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
}
