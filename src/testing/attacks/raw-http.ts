import { connect } from 'node:net'

/** What came back on a connection, however it ended. */
export interface RawAnswer {
  status: number | undefined
  text: string
  /** Milliseconds until the server had closed the connection. */
  ms: number
}

/**
 * Writes bytes to a server as they are, which no HTTP client would, and reads until the server closes.
 * `feed` is called every `everyMs` for the next piece while the connection is open.
 */
export function sendRaw(
  url: string,
  bytes: string | Buffer,
  { feed, everyMs = 50 }: { feed?: () => string | Buffer; everyMs?: number } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const startedMs = performance.now()
  const { promise, resolve } = Promise.withResolvers<RawAnswer>()
  let timer: NodeJS.Timeout | undefined
  const socket = connect(Number(port), hostname, () => {
    socket.write(bytes)
    if (feed) timer = setInterval(() => socket.writable && socket.write(feed()), everyMs)
  })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // A server that refuses a body may close with a reset; what it said before counts.
  socket.on('error', () => {})
  socket.on('close', () => {
    clearInterval(timer)
    const text = Buffer.concat(chunks).toString()
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
    resolve({ status: status ? Number(status) : undefined, text, ms: performance.now() - startedMs })
  })
  return promise
}
