import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const Taken = z.object({ endings: z.array(z.string()), grownMegabytes: z.number() })
const programOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** What becomes of a program into which three gigabytes are poured, as a file in a chat or as a web page. */
export async function takePoured(kind: 'attachment' | 'page'): Promise<z.output<typeof Taken>> {
  const server = spawn(process.execPath, [programOf('pouring-server.ts')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const [port] = await once(server.stdout, 'data')
    const { stdout } = await promisify(execFile)(process.execPath, [
      programOf('pour-taker.ts'),
      kind,
      String(port).trim(),
    ])
    return Taken.parse(JSON.parse(stdout))
  } finally {
    server.kill()
  }
}
