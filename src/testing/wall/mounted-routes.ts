import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** One route of a running app, as Express holds it: parameters as `:botId`. */
export interface MountedRoute {
  method: string
  path: string
}

const REQUEST_START = 'http.server.request.start'

/**
 * Every route of the app that answers at `url`, found in its router rather than in a list someone keeps: what
 * is mounted tomorrow is in it. Nothing of the app has to know.
 */
export async function listMountedRoutes(url: string): Promise<MountedRoute[]> {
  const { port } = new URL(url)
  let app: unknown
  const see = (message: unknown) => {
    const socket = readField(readField(message, 'request'), 'socket')
    const server = readField(message, 'server')
    const listeners = readField(server, 'listeners')
    if (String(readField(socket, 'localPort')) !== port || typeof listeners !== 'function') return
    app ??= readList(listeners.call(server, 'request'))[0]
  }
  subscribe(REQUEST_START, see)
  try {
    await fetch(`${url}/healthz`)
  } finally {
    unsubscribe(REQUEST_START, see)
  }
  const routes = listRoutes(readField(app, 'router'), '')
  if (routes.length === 0) throw new Error('The routes of the app were not found.')
  return routes
}

function listRoutes(router: unknown, prefix: string): MountedRoute[] {
  return readList(readField(router, 'stack')).flatMap((layer) => {
    const route = readField(layer, 'route')
    if (route === undefined) return listRoutes(readField(layer, 'handle'), prefix + readPath(layer))
    const paths = [readField(route, 'path')].flat()
    return paths.flatMap((path) =>
      methodsOf(route).map((method) => ({
        method,
        path: `${prefix}${String(path)}`.replace(/(?<=.)\/$/, ''),
      })),
    )
  })
}

/** What `all` registers has no method: here it only refuses. */
function methodsOf(route: unknown): string[] {
  const methods = readList(readField(route, 'stack')).map((layer) => readField(layer, 'method'))
  return [...new Set(methods.filter((method) => typeof method === 'string'))].map((method) =>
    method.toUpperCase(),
  )
}

function readPath(layer: unknown): string {
  const path = readField(layer, 'rawPath')
  return typeof path === 'string' && path !== '/' ? path : ''
}

function readList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function readField(value: unknown, name: string): unknown {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isHolder ? Reflect.get(value, name) : undefined
}
