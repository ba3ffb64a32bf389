import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

/** An address on loopback where nothing listens: connecting to it is refused. */
export async function findRefusedUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** An address whose name cannot exist, so that looking it up fails at once and asks nobody. */
export const UNRESOLVABLE_URL = 'http://no-such..host'
