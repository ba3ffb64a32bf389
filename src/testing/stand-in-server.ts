import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseJson } from '../parse-json.ts'

/** Largest request a stand-in reads. The vendors' own limits are far lower. */
const MAX_BODY_BYTES = 1_048_576

/** What a proxy in front of a vendor answers when it cannot reach it. */
export const GATEWAY_PAGE = '<html>Bad Gateway</html>'

export interface StandInRequest {
  method: string
  path: string
  query: URLSearchParams
  authorization: string
  headers: IncomingHttpHeaders
  /** The body as it came, or empty when it is too long. */
  text: string
  /** The body parsed as JSON, or undefined. */
  body: unknown
}

/** How a stand-in meets a request: an answer in JSON or text, a torn connection, or silence. */
export type StandInAnswer =
  | { status: number; body: unknown; headers?: Record<string, string> }
  /** Bytes as they are, at the pace and for as long as they come; their number is not told. */
  | { status: number; stream: AsyncIterable<Uint8Array>; headers?: Record<string, string> }
  | { break: 'reset' | 'hang' }

export interface StandInServer {
  /** Without a trailing slash. */
  url: string
  close(): Promise<void>
}

/** A real HTTP server on a free loopback port that meets each request with what `meet` returns. */
export async function openStandInServer(
  meet: (request: StandInRequest) => StandInAnswer | Promise<StandInAnswer>,
): Promise<StandInServer> {
  const server = createServer((request, response) => {
    void handle(request, response, meet)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  meet: (request: StandInRequest) => StandInAnswer | Promise<StandInAnswer>,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stand-in')
  const text = await readText(request)
  const answer = await meet({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    authorization: request.headers.authorization ?? '',
    headers: request.headers,
    text,
    body: parseJson(text),
  })
  if ('break' in answer) {
    if (answer.break === 'reset') request.socket.resetAndDestroy()
    return
  }
  if ('stream' in answer) return sendStream(response, answer)
  const isText = typeof answer.body === 'string'
  const body = Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  response.writeHead(answer.status, {
    'content-type': isText ? 'text/html' : 'application/json',
    'content-length': body.length,
    ...answer.headers,
  })
  response.end(body)
}

async function sendStream(
  response: ServerResponse,
  { status, stream, headers }: Extract<StandInAnswer, { stream: unknown }>,
): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/octet-stream', ...headers })
  response.flushHeaders()
  // Whoever hung up wants no more of it.
  await pipeline(Readable.from(stream, { objectMode: false }), response).catch(() => {})
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += chunk.length
      if (size > MAX_BODY_BYTES) return ''
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch {
    return ''
  }
}

/** Trouble told in advance: each of the next requests takes one, then all is well again. */
export function createTroubles<Trouble>(): {
  plan(count: number, trouble: Trouble): void
  take(): Trouble | undefined
  clear(): void
} {
  const planned: Trouble[] = []
  return {
    plan: (count, trouble) => planned.push(...Array.from({ length: count }, () => trouble)),
    take: () => planned.shift(),
    clear: () => void planned.splice(0),
  }
}

/** Waits as long as asked; not at all when that is nothing, so that a fast stand-in stays fast. */
export async function delay(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms)
}
