import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * Chooses a free port on 127.0.0.1: the one remembered in the file at `path`
 * if it is still free, so that addresses outlive a restart, else any.
 * The choice is remembered.
 */
export async function choosePort(path: string): Promise<number> {
  const remembered = Number(await readFile(path, 'utf8').catch(() => ''))
  const port = (await takeFreePort(remembered)) ?? (await takeFreePort(0))
  if (port === undefined) throw new Error('no free port on 127.0.0.1')
  await writeFile(path, `${port}\n`)
  return port
}

/** The port, or any free one for 0; undefined when it is taken or no port. */
async function takeFreePort(port: number): Promise<number | undefined> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return undefined
  const server = createServer()
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true })
    await once(server, 'listening')
    const address = server.address()
    return address !== null && typeof address === 'object' ? address.port : undefined
  } catch {
    return undefined
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
