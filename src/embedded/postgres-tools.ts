import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { AppError } from '../errors.ts'
import type { ServerAccount } from './server-account.ts'

/** A data directory and what works on it. */
export type ClusterFiles = {
  directory: string
  /** The directory of PostgreSQL's programs. */
  binaries: string
  /** Whom the directory belongs to. */
  account: ServerAccount
  /** True for data nobody will miss: making them need not wait for the disk. */
  isScratch: boolean
}

/** Making a cluster takes a second; on a busy machine with a slow disk, many. */
const TOOL_TIMEOUT_MS = 120_000

/**
 * Characters compare by code point and fold by Unicode's own tables inside
 * PostgreSQL, so the files do not depend on a system's locales or its C library.
 */
const INITDB_OPTIONS = [
  '--username=postgres',
  '--auth=reject',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
]

/** The password is 256 random bits: hashing it 4096 times would slow each connection and protect nothing. */
const SINGLE_USER_OPTIONS = ['-c', 'exit_on_error=on', '-c', 'scram_iterations=1']

/** Fills the cluster's empty directory. */
export async function runInitdb(cluster: ClusterFiles): Promise<void> {
  const syncing = cluster.isScratch ? ['--no-sync'] : []
  await runTool(cluster, 'initdb', ['-D', cluster.directory, ...INITDB_OPTIONS, ...syncing], '')
}

/** Runs statements, one line each, as superuser on a cluster no server is running on. */
export async function runStatements(cluster: ClusterFiles, statements: readonly string[]): Promise<void> {
  const syncing = cluster.isScratch ? ['-c', 'fsync=off'] : []
  const args = ['--single', '-D', cluster.directory, ...SINGLE_USER_OPTIONS, ...syncing, 'postgres']
  await runTool(cluster, 'postgres', args, `${statements.join('\n')}\n`)
}

async function runTool(
  { binaries, account }: ClusterFiles,
  tool: 'initdb' | 'postgres',
  args: readonly string[],
  input: string,
): Promise<void> {
  const child = spawn(join(binaries, tool), args, {
    ...account,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    timeout: TOOL_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  child.stdin.on('error', () => {}) // A tool that ended early says why on its standard error.
  child.stdin.end(input)
  try {
    const [output, [code, signal]] = await Promise.all([
      text(child.stderr),
      once(child, 'exit'),
      text(child.stdout),
    ])
    if (code !== 0) throw new Error(`${tool} ended with ${signal ?? code}: ${output.slice(-4096)}`)
  } catch (cause) {
    throw new AppError('embedded.unavailable', { part: 'postgres', tool, cause })
  }
}
