import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpProxy extends AsyncDisposable {
  /** The target's URL with the proxy in its place. */
  url: string
  /** Ends every connection; new ones are refused, as if nothing ran there, until `restore`. */
  cut(): Promise<void>
  /** From now on requests arrive and what is answered is lost, until the connections are cut. */
  swallowAnswers(): void
  restore(): Promise<void>
}

/** Stands before a server on loopback, so that a test can take the server away and give it back. */
export async function openTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  const answering = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    join(near, far)
    join(far, near)
    answering.add(far)
    far.on('close', () => answering.delete(far))
  })

  function join(one: Socket, other: Socket): void {
    sockets.add(one)
    one.pipe(other)
    one.on('error', () => other.destroy())
    one.on('close', () => {
      sockets.delete(one)
      other.destroy()
    })
  }

  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))

  async function cut(): Promise<void> {
    if (!server.listening) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }

  await listen(0)
  // A listening TCP server's address is never a pipe's name.
  const { port } = server.address() as AddressInfo
  return {
    url: `${target.protocol}//127.0.0.1:${port}`,
    cut,
    swallowAnswers() {
      for (const far of answering) far.unpipe().resume()
    },
    restore: () => listen(port),
    [Symbol.asyncDispose]: cut,
  }
}
