import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Router } from 'express'
import helmet from 'helmet'
import type { Logger } from '../logger.ts'
import { limitBodyTime } from './body-deadline.ts'
import { answerErrors, refuseUnknownRoute } from './middleware.ts'

export interface WebServer extends AsyncDisposable {
  /** Resolves with the port it listens on. */
  listen(): Promise<number>
}

interface ServerParts {
  /** Mounted in this order; webhooks come before anything that looks at a body or sets a page's headers. */
  webhooks: Router[]
  health: Router
  pages: Router[]
  settings: { host: string; port: number; bodyTimeoutMs: number; uploadTimeoutMs: number }
  log: Logger
}

/** Idle keep-alive connections outlive a load balancer's (60 s), so that it never meets a closing one. */
const KEEP_ALIVE_MS = 65_000
const HEADERS_TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 10_000

/** The HTTP server: every route, its order, and the bounds of a request. */
export function createServer({ webhooks, health, pages, settings, log }: ServerParts): WebServer {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('trust proxy', 'loopback, linklocal, uniquelocal')
  app.set('query parser', 'simple')

  app.use(limitBodyTime(settings.bodyTimeoutMs))
  for (const router of webhooks) app.use('/webhooks', router)
  app.use(health)
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'"],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // Set by whoever ends TLS in front of us; on plain http://localhost it would lock the browser out.
      strictTransportSecurity: false,
    }),
  )
  for (const router of pages) app.use(router)
  app.use(refuseUnknownRoute)
  app.use(answerErrors(log))

  const server = createHttpServer(
    {
      // The longest any route allows; `limitBodyTime` holds the others to less.
      requestTimeout: Math.max(settings.bodyTimeoutMs, settings.uploadTimeoutMs),
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, settings.bodyTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
    },
    app,
  )
  server.maxConnections = MAX_CONNECTIONS

  return {
    listen: () => listen(server, settings),
    [Symbol.asyncDispose]: () => close(server),
  }
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, 4_096, () => {
      server.off('error', reject)
      // A listening TCP server's address is never a pipe's name.
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Takes no new connection, lets running requests finish, and ends idle ones at once. */
function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 2_000).unref()
  })
}
