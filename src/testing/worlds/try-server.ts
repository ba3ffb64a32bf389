import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createLogger } from '../../logger.ts'
import { openChatFeed } from '../../messaging/chat-feed.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import { answerErrors } from '../../web/middleware.ts'
import { staticRoutes } from '../../web/static.ts'
import { TRY_LIMITS, type TryLimits, tryRoutes } from '../../web/try.ts'
import type { TestDatabase } from '../database.ts'

export interface TryServer extends AsyncDisposable {
  url: string
  /** Every Chat that was nudged. */
  nudged: ChatAddress[]
  /** Ends the event streams, as the server's stop does. */
  stop(): void
}

/** The pages alone, on a port of their own: Markdown is shown as it is, in a paragraph. */
export async function openTryServer(
  { db, url: databaseUrl }: TestDatabase,
  { limits = TRY_LIMITS, isHttps = false }: { limits?: TryLimits; isHttps?: boolean } = {},
): Promise<TryServer> {
  const log = createLogger('silent')
  const feed = openChatFeed(databaseUrl, log)
  const stopping = new AbortController()
  const nudged: ChatAddress[] = []
  const app = express()
  app.set('trust proxy', isHttps)
  app.use(staticRoutes())
  app.use(
    tryRoutes({
      db,
      feed,
      nudge: (chat) => nudged.push(chat),
      signingKey: Buffer.alloc(32, 7),
      render: ({ markdown }) => `<p>${markdown}</p>`,
      log,
      stopping: stopping.signal,
      limits,
    }),
  )
  app.use(answerErrors(log))
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A listening TCP server's address is never a pipe's name.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    nudged,
    stop: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await feed[Symbol.asyncDispose]()
    },
  }
}

/** A browser without script: it keeps one cookie and follows no redirect. */
export function openVisitor(baseUrl: string) {
  let cookie = ''
  const request = async (path: string, init: RequestInit = {}) => {
    const headers = { cookie, 'sec-fetch-site': 'same-origin', ...init.headers }
    const response = await fetch(baseUrl + path, { redirect: 'manual', ...init, headers })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    return response
  }
  return {
    get: (path: string, headers: Record<string, string> = {}) => request(path, { headers }),
    postJson: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    postForm: (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      request(path, { method: 'POST', headers, body: new URLSearchParams(fields) }),
    get cookie() {
      return cookie
    },
    set cookie(value: string) {
      cookie = value
    },
  }
}

/** What a stream of server-sent events says, block by block; `undefined` at its end. */
export function readEvents(response: Response) {
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  return {
    async nextBlock(): Promise<string | undefined> {
      for (;;) {
        const end = buffer.indexOf('\n\n')
        if (end !== -1) {
          const block = buffer.slice(0, end)
          buffer = buffer.slice(end + 2)
          return block
        }
        const { value, done } = await reader.read()
        if (done) return undefined
        buffer += value
      }
    },
    /** The next event of this name. */
    async next(event: string): Promise<{ id: string | undefined; data: Record<string, unknown> }> {
      for (;;) {
        const block = await this.nextBlock()
        if (block === undefined) throw new Error(`The stream ended before ${event}.`)
        const fields = new Map(
          block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
        )
        if (fields.get('event') === event)
          return { id: fields.get('id'), data: JSON.parse(fields.get('data') ?? '') }
      }
    },
    close: () => reader.cancel(),
  }
}
