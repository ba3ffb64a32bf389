import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { openTestDataDir } from '../testing/data-dir.ts'
import { lockDataDir, readRunning } from './data-dir.ts'

const MODULE = new URL('./data-dir.ts', import.meta.url).href
const ADDRESSES = { databaseUrl: 'postgres://a', chromaUrl: 'http://b' }

/** A process of its own that holds the lock until it is killed. */
async function startHolder(dataDir: string) {
  const script = `
    const { lockDataDir } = await import('${MODULE}')
    const lock = await lockDataDir(process.argv[1])
    await lock.publish(${JSON.stringify(ADDRESSES)})
    console.log('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(createInterface(child.stdout), 'line')
  const kill = async () => {
    const exited = once(child, 'exit')
    if (child.kill('SIGKILL')) await exited
  }
  return { pid: child.pid, kill, [Symbol.asyncDispose]: kill }
}

describe('lockDataDir', () => {
  it('refuses a directory another process holds, and names that process', async () => {
    await using dataDir = await openTestDataDir()
    await using holder = await startHolder(dataDir.path)

    await expect(lockDataDir(dataDir.path)).rejects.toMatchObject({
      code: 'instance.already_running',
      details: { pid: holder.pid },
    })
  })

  it('takes over at once from a process that was killed', async () => {
    await using dataDir = await openTestDataDir()
    await using holder = await startHolder(dataDir.path)
    await holder.kill()

    await using _lock = await lockDataDir(dataDir.path)

    await expect(lockDataDir(dataDir.path)).rejects.toMatchObject({ details: { pid: process.pid } })
  })

  it('can be taken again after its release', async () => {
    await using dataDir = await openTestDataDir()
    const first = await lockDataDir(dataDir.path)
    await first.release()
    await first.release()

    await using _second = await lockDataDir(dataDir.path)

    await expect(lockDataDir(dataDir.path)).rejects.toMatchObject({ code: 'instance.already_running' })
  })

  it('makes a missing directory, closed to other people', async () => {
    await using dataDir = await openTestDataDir()
    const path = join(dataDir.path, 'deep', 'data')

    await using _lock = await lockDataDir(path)

    expect((await stat(path)).mode & 0o077).toBe(0)
  })

  it('says so when the directory cannot be made', async () => {
    await using dataDir = await openTestDataDir()
    const file = join(dataDir.path, 'file')
    await writeFile(file, '')

    await expect(lockDataDir(join(file, 'data'))).rejects.toMatchObject({ code: 'data_dir.unusable' })
  })
})

describe('readRunning', () => {
  it('finds the addresses of the installation that runs', async () => {
    await using dataDir = await openTestDataDir()
    await using holder = await startHolder(dataDir.path)

    expect(await readRunning(dataDir.path)).toEqual({ ...ADDRESSES, pid: holder.pid })
    expect((await stat(join(dataDir.path, 'running.json'))).mode & 0o777).toBe(0o600)

    await holder.kill()
    expect(await readRunning(dataDir.path)).toBeUndefined()
  })

  it('waits for an installation that is still starting', async () => {
    await using dataDir = await openTestDataDir()
    await using lock = await lockDataDir(dataDir.path)

    const reading = readRunning(dataDir.path)
    await lock.publish({ ...ADDRESSES, webUrl: 'http://c' })

    expect(await reading).toEqual({ ...ADDRESSES, webUrl: 'http://c', pid: process.pid })
  })

  it('finds nothing where nothing was ever started', async () => {
    await using dataDir = await openTestDataDir()

    expect(await readRunning(join(dataDir.path, 'none'))).toBeUndefined()
  })
})
