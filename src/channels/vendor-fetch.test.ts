import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { SELF_SIGNED } from '../testing/network/self-signed.ts'
import { findRefusedUrl } from '../testing/network/unreachable.ts'
import { fetchVendor, type VendorAnswer, vendorWords } from './vendor-fetch.ts'

interface Listening extends AsyncDisposable {
  port: number
  /** Whether a whole request was read. */
  wasReached(): boolean
}

/** A server that meets each connection's first bytes, or the connection itself, by hand. */
async function listen(
  server: Server,
  meet: { onConnect?(socket: Socket): void; onRequest?(socket: Socket): void },
): Promise<Listening> {
  let isReached = false
  const sockets = new Set<Socket>()
  const eventName = 'setSecureContext' in server ? 'secureConnection' : 'connection'
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    meet.onConnect?.(socket)
  })
  server.on(eventName, (socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      isReached = true
      meet.onRequest?.(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    wasReached: () => isReached,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function post(url: string, rest: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<VendorAnswer> {
  return fetchVendor({ fetch, url, method: 'POST', headers: {}, body: '{}', timeoutMs: 5_000, ...rest })
}

describe('fetchVendor', () => {
  it('knows that a refused connection carried nothing', async () => {
    await expect(post(await findRefusedUrl())).rejects.toMatchObject({ code: 'channel.unreachable' })
  })

  it('knows that a certificate nobody vouches for stopped the request', async () => {
    await using server = await listen(createTlsServer(SELF_SIGNED), {})

    await expect(post(`https://localhost:${server.port}`)).rejects.toMatchObject({
      code: 'channel.unreachable',
      details: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    expect(server.wasReached()).toBe(false)
  })

  it('knows that a break within the TLS handshake stopped the request', async () => {
    await using server = await listen(createServer(), { onConnect: (socket) => void socket.end() })

    await expect(post(`https://127.0.0.1:${server.port}`)).rejects.toMatchObject({
      code: 'channel.unreachable',
    })
  })

  it('knows that a server without TLS never read the request', async () => {
    await using server = await listen(createServer(), {
      onRequest: (socket) => void socket.end('HTTP/1.1 400 Bad\r\n\r\n'),
    })

    await expect(post(`https://127.0.0.1:${server.port}`)).rejects.toMatchObject({
      code: 'channel.unreachable',
    })
  })

  it.each<[string, (socket: Socket) => void]>([
    ['resets', (socket) => socket.resetAndDestroy()],
    ['closes without an answer', (socket) => void socket.end()],
    [
      'closes within the answer',
      (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"ok"'),
    ],
    ['answers something that is not HTTP', (socket) => void socket.end('hello\r\n\r\n')],
    ['says nothing', () => undefined],
  ])('doubts when a server that read the request %s', async (_name, onRequest) => {
    await using server = await listen(createServer(), { onRequest })

    await expect(post(`http://127.0.0.1:${server.port}`, { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'channel.doubtful',
    })
    expect(server.wasReached()).toBe(true)
  })

  it('doubts an answer without end rather than keep it', async () => {
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`
    function pour(socket: Socket): void {
      while (socket.writable && socket.write(chunk));
      if (socket.writable) socket.once('drain', () => pour(socket))
    }
    await using server = await listen(createServer(), {
      onRequest(socket) {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        pour(socket)
      },
    })

    await expect(post(`http://127.0.0.1:${server.port}`)).rejects.toMatchObject({
      code: 'channel.doubtful',
      details: { reason: 'the answer is too long' },
    })
  })

  it('does not follow a redirect', async () => {
    await using server = await listen(createServer(), {
      onRequest: (socket) =>
        void socket.end('HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n'),
    })

    expect(await post(`http://127.0.0.1:${server.port}`)).toMatchObject({ status: 302, body: undefined })
  })
})

describe('vendorWords', () => {
  it('takes the secret out, as it is and as it stands in an address, and keeps little', () => {
    const secret = '42:AA/b'

    expect(vendorWords(`at /bot${secret}/ and ${encodeURIComponent(secret)}`, secret)).toBe(
      'at /bot[secret]/ and [secret]',
    )
    expect(vendorWords('x'.repeat(5_000), '')).toHaveLength(300)
  })
})
