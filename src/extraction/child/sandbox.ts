import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export interface Sandbox {
  oldSpaceMegabytes: number
  /** A folder that {@link compileInto} has filled: what a child runs, without its types and compiled. */
  compiled?: string | undefined
}

/** Below the web server and the workers: who uploads waits a little longer where who asks would. */
const NICENESS = 10

const SHELL = '/bin/sh'

/** Starts a program at a lower priority, with every thread it will have; a priority set afterwards is its first thread's. */
const NICE = ['/usr/bin/nice', '/bin/nice'].find((path) => existsSync(path))
const CAN_LIMIT = NICE !== undefined && existsSync(SHELL)

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMPILE = fileURLToPath(new URL('./compile.ts', import.meta.url))

/** Compiling takes half a second, more on a busy machine. */
const COMPILE_TIMEOUT_MS = 30_000

/**
 * Starts a program with a minimal environment that may read this program's code and nothing else, and can write
 * nothing anywhere.
 *
 * Node takes compiled code only from a folder it may write to. So the child may, and a limit of the operating system
 * keeps every file it writes empty: what a hostile file makes of one child never reaches the next.
 */
export function forkSandboxed(program: string, { oldSpaceMegabytes, compiled }: Sandbox): ChildProcess {
  const isCompiled = compiled !== undefined && CAN_LIMIT
  return forkNiced(program, {
    env: isCompiled ? { NODE_COMPILE_CACHE: compiled } : {},
    limit: 'ulimit -f 0',
    flags: [
      `--max-old-space-size=${oldSpaceMegabytes}`,
      ...permissions(program),
      ...(isCompiled ? useFolder(compiled) : []),
    ],
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  })
}

/** Compiles what children run into the folder, in a process of its own that is given nothing to read. */
export async function compileInto(folder: string, signal: AbortSignal): Promise<void> {
  // Without the limit no child is given the folder.
  if (!CAN_LIMIT) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const child = forkNiced(COMPILE, {
    env: { NODE_COMPILE_CACHE: folder },
    limit: 'true',
    flags: [...permissions(COMPILE), ...useFolder(folder)],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(COMPILE_TIMEOUT_MS)]),
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`Compiling the extraction ended with ${String(code)}.`)
}

interface Niced extends Pick<ForkOptions, 'env' | 'stdio' | 'signal'> {
  flags: string[]
  /** A command of the shell. */
  limit: string
}

function forkNiced(program: string, { flags, limit, ...options }: Niced): ChildProcess {
  const niced = [NICE, '-n', String(NICENESS), process.execPath].map(String)
  // What the shell tells of this machine is taken out again.
  const limited = ['-c', `unset PWD OLDPWD SHLVL; ${limit} && exec "$0" "$@"`, ...niced]
  return fork(program, {
    ...options,
    cwd: ROOT,
    ...(CAN_LIMIT && { execPath: SHELL }),
    execArgv: [...(CAN_LIMIT ? limited : []), ...flags],
    serialization: 'json',
  })
}

function permissions(program: string): string[] {
  return [
    '--permission',
    ...listReadable(program).map((path) => `--allow-fs-read=${path}`),
    '--disable-warning=SecurityWarning',
    '--disable-warning=ExperimentalWarning',
  ]
}

function useFolder(folder: string): string[] {
  return [`--allow-fs-read=${folder}/`, `--allow-fs-write=${folder}/`]
}

/** The program's own code, also where a folder of it is a link to another place. */
function listReadable(program: string): string[] {
  const parts = ['src', 'node_modules', 'package.json'].map((part) => ROOT + part)
  return [
    ...new Set(
      [...parts, program].filter((path) => existsSync(path)).flatMap((path) => [path, realpathSync(path)]),
    ),
  ]
}
