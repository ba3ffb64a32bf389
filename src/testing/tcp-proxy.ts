import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface TcpProxy extends AsyncDisposable {
  /** The target's URL with the proxy in its place. */
  url: string
  /** Ends every connection and refuses new ones until `restore`. */
  cut(): void
  restore(): void
}

/** Stands before a server on loopback, so that a test can take the server away and give it back. */
export async function openTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return near.resetAndDestroy()
    const far = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(targetUrl)
  // A listening TCP server's address is never a pipe's name.
  url.port = String((server.address() as AddressInfo).port)
  function cut(): void {
    isCut = true
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: url.href.replace(/\/$/, ''),
    cut,
    restore: () => {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
