import { randomUUID } from 'node:crypto'
import { createApiKey } from '../../accounts/api-key.ts'
import { SCOPES } from '../../web/api/operation.ts'
import type { TestApp } from '../app.ts'

/** A program that calls the API with a key of its own. */
export interface ApiCaller {
  key: string
  keyId: string
  /** Asks below /api/v1; a body is sent as JSON. The key can be replaced by a header. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>
}

export interface ApiAnswer {
  status: number
  headers: Headers
  /** The envelope; its fields are checked by who reads them. */
  json: { success: boolean; data?: unknown; error?: { code: string; details: Record<string, unknown> } }
}

/** A key of the Creator, of every scope unless said otherwise. */
export async function openApiCaller(
  { app, url }: Pick<TestApp, 'app' | 'url'>,
  creatorId: string,
  scopes: readonly string[] = SCOPES,
): Promise<ApiCaller> {
  const owner = { creatorId, memberId: undefined, apiKeyId: undefined, name: 'Test', role: 'owner' } as const
  const { key, row } = await createApiKey(
    app.installation.db,
    { ...owner, isOperator: false, ip: undefined },
    { name: `key ${randomUUID().slice(0, 8)}`, scopes },
  )
  return {
    key,
    keyId: row.id,
    async call(method, path, body, headers = {}) {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, json: text ? JSON.parse(text) : {} }
    },
  }
}
