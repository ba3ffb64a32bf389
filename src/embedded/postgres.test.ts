import { mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '../logger.ts'
import { openTestDataDir } from '../testing/data-dir.ts'
import { startPostgres } from './postgres.ts'
import { isAlive } from './process-table.ts'

const log = createLogger('silent')

async function query(url: string, statement: string): Promise<unknown[]> {
  const connection = new pg.Client(url)
  connection.on('error', () => {})
  await connection.connect()
  try {
    return (await connection.query(statement)).rows
  } finally {
    await connection.end()
  }
}

describe('startPostgres', () => {
  let dataDir: Awaited<ReturnType<typeof openTestDataDir>>
  const start = () => startPostgres({ dataDir: dataDir.path, log })

  beforeAll(async () => {
    dataDir = await openTestDataDir()
    const first = await start()
    await first.stop()
  })
  afterAll(() => dataDir[Symbol.asyncDispose]())

  it('keeps its data and its address over a restart', async () => {
    const first = await start()
    await query(first.url, "CREATE TABLE kept AS SELECT 'ä' AS letter")
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)

    await using second = await start()

    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'SELECT upper(letter) FROM kept')).toEqual([{ upper: 'Ä' }])
  })

  it('lets in its own role alone, which is no superuser, by password', async () => {
    await using server = await start()
    const wrong = new URL(server.url)
    wrong.password = 'wrong'
    const superuser = new URL(server.url)
    superuser.username = 'postgres'

    const rows = await query(server.url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')

    expect(rows).toEqual([{ rolsuper: false }])
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
    await expect(query(superuser.href, 'SELECT 1')).rejects.toMatchObject({ code: '28000' })
    expect((await stat(join(dataDir.path, 'postgres-password'))).mode & 0o777).toBe(0o600)
  })

  it('waits for the disk before a commit is answered, unless the data are scratch', async () => {
    const durable = await start()
    expect(await query(durable.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }])
    await durable.stop()

    await using scratch = await startPostgres({ dataDir: dataDir.path, log, isScratch: true })

    expect(await query(scratch.url, 'SHOW fsync')).toEqual([{ fsync: 'off' }])
  })

  it('starts again at the same address when it falls', async () => {
    await using server = await start()
    const fallen = server.pid
    process.kill(fallen, 'SIGKILL')

    await expect
      .poll(() => query(server.url, 'SELECT 1 AS one').catch(() => 'down'), { timeout: 10_000 })
      .toEqual([{ one: 1 }])

    expect(server.pid).not.toBe(fallen)
  })

  it('is not stopped by a pid file whose pid now belongs to another program', async () => {
    // Not our own pid: PostgreSQL forgives the one of its parent.
    await writeFile(join(dataDir.path, 'postgres', 'postmaster.pid'), `${process.ppid}\n`)

    await using server = await start()

    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('sets a new password when the old one was lost', async () => {
    const before = await start()
    await before.stop()
    await rm(join(dataDir.path, 'postgres-password'))

    await using after = await start()

    expect(after.url).not.toBe(before.url)
    expect(await query(after.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('keeps people’s words out of its log', async () => {
    await using server = await start()

    await expect(query(server.url, "SELECT 'my secret worry'::int")).rejects.toMatchObject({ code: '22P02' })

    expect(await readFile(join(dataDir.path, 'postgres.log'), 'utf8')).not.toContain('secret worry')
  })

  it('quotes its last log lines when it cannot start', async () => {
    await using broken = await openTestDataDir()
    await mkdir(join(broken.path, 'postgres'))
    await writeFile(join(broken.path, 'postgres-password'), 'any')

    await expect(startPostgres({ dataDir: broken.path, log })).rejects.toMatchObject({
      code: 'embedded.unavailable',
      details: { part: 'postgres', output: expect.stringMatching(/postgres|data directory/) },
    })
  })
})

describe.skipIf(process.getuid?.() !== 0)('startPostgres, as root', () => {
  it('lets its account into a DATA_DIR that was closed to all, and nobody else', async () => {
    await using dataDir = await openTestDataDir()
    await using _server = await startPostgres({ dataDir: dataDir.path, log, isScratch: true })

    expect(await realpath(join(dataDir.path, 'postgres'))).toBe(join(dataDir.path, 'postgres'))
    expect((await stat(dataDir.path)).mode & 0o777).toBe(0o710)
  })

  it('keeps the cluster elsewhere when DATA_DIR lies in a closed directory, and finds it again', async () => {
    await using closed = await openTestDataDir()
    const dataDir = join(closed.path, 'data')
    await mkdir(dataDir)
    const first = await startPostgres({ dataDir, log, isScratch: true })
    await query(first.url, 'CREATE TABLE kept ()')
    await first.stop()
    const directory = await realpath(join(dataDir, 'postgres'))

    const second = await startPostgres({ dataDir, log, isScratch: true })

    expect(directory.startsWith(closed.path)).toBe(false)
    expect(await query(second.url, 'SELECT FROM kept')).toEqual([])
    await second.stop()
    await rm(directory, { recursive: true })
    await expect(startPostgres({ dataDir, log })).rejects.toMatchObject({
      code: 'embedded.unavailable',
      details: { reason: expect.stringContaining(directory) },
    })
  })
})
