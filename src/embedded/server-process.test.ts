import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLogger } from '../logger.ts'
import { openTestDataDir } from '../testing/data-dir.ts'
import { startChroma } from './chroma.ts'
import { startPostgres } from './postgres.ts'
import { isAlive, runsWith } from './process-table.ts'

const log = createLogger('silent')
const Pids = z.object({ postgres: z.number(), chroma: z.number() })

/** An installation in a process of its own, which a test may kill or interrupt. */
async function startInstallation(dataDir: string) {
  const script = `
    const { startPostgres } = await import('${new URL('./postgres.ts', import.meta.url).href}')
    const { startChroma } = await import('${new URL('./chroma.ts', import.meta.url).href}')
    const { createLogger } = await import('${new URL('../logger.ts', import.meta.url).href}')
    const parts = { dataDir: process.argv[1], log: createLogger('silent') }
    const [postgres, chroma] = await Promise.all([startPostgres(parts), startChroma(parts)])
    process.once('SIGINT', async () => {
      await Promise.all([postgres.stop(), chroma.stop()])
      process.exit(0)
    })
    console.log(JSON.stringify({ postgres: postgres.pid, chroma: chroma.pid }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  const { postgres, chroma } = Pids.parse(JSON.parse(line))
  return {
    child,
    pids: [postgres, chroma],
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      if (child.kill('SIGKILL')) await exited
    },
  }
}

const alive = (pids: number[]) => pids.filter(isAlive)

// Which guardian belongs to which server is read from /proc.
describe.skipIf(process.platform !== 'linux')('startServer', () => {
  let dataDir: Awaited<ReturnType<typeof openTestDataDir>>

  beforeAll(async () => {
    dataDir = await openTestDataDir()
  })
  afterAll(() => dataDir[Symbol.asyncDispose]())

  it('leaves no server behind a killed parent', async () => {
    await using installation = await startInstallation(dataDir.path)
    const { child, pids } = installation
    expect(alive(pids)).toEqual(pids)

    child.kill('SIGKILL')

    await expect.poll(() => alive(pids), { timeout: 10_000 }).toEqual([])
    await expect.poll(() => findGuardians(pids), { timeout: 10_000 }).toEqual([])
  })

  it('ends at the next start what outlived parent and guardians, and serves again', async () => {
    await using installation = await startInstallation(dataDir.path)
    const { child, pids } = installation
    const guardians = await findGuardians(pids)
    expect(guardians).toHaveLength(2)
    for (const guardian of guardians) process.kill(guardian, 'SIGKILL')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(alive(pids)).toEqual(pids)

    const parts = { dataDir: dataDir.path, log }
    const servers = await Promise.all([startPostgres(parts), startChroma(parts)])

    expect(alive(pids)).toEqual([])
    const successors = servers.map((server) => server.pid)
    expect(alive(successors)).toEqual(successors)
    await Promise.all(servers.map((server) => server.stop()))
    expect(alive(successors)).toEqual([])
    expect(await findGuardians(successors)).toEqual([])
  })

  it('lets a Ctrl-C reach the parent alone, which stops them in its own order', async () => {
    await using installation = await startInstallation(dataDir.path)
    const { child, pids } = installation
    const { pid } = child
    if (pid === undefined) throw new Error('no parent was started')
    expect(await Promise.all(pids.map(readProcessGroup))).toEqual(pids)

    process.kill(-pid, 'SIGINT') // As a terminal does: to the whole process group.

    expect(await once(child, 'exit')).toEqual([0, null])
    expect(alive(pids)).toEqual([])
  })
})

async function findGuardians(pids: number[]): Promise<number[]> {
  const running = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const guardians = running.filter((pid) => runsWith(pid, 'cornerman-guardian'))
  return guardians.filter((guardian) => isAlive(guardian) && pids.some((pid) => runsWith(guardian, `${pid}`)))
}

/** The fields after the name in brackets are: state, parent, process group. */
async function readProcessGroup(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
}
