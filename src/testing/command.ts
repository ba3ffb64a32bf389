import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What one process compiled the next need not: beginning is most of what a command costs. */
const COMPILE_CACHE = join(tmpdir(), 'cornerman-compile-cache')

/** Longest a command may take on a machine that runs other tests beside. */
const TIMEOUT_MS = 60_000

export interface CommandResult {
  exitCode: number | null
  stdout: string
  stderr: string
  /** The lines of standard output. */
  lines: string[]
}

/** A script of ours as a process of its own, which sees the given environment and nothing else of ours. */
export function spawnScript(script: string, args: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [`scripts/${script}.ts`, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a script to its end. */
export async function runScript(
  script: string,
  args: string[],
  env: Record<string, string>,
): Promise<CommandResult> {
  const child = spawnScript(script, args, env)
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  const [exitCode, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    readAll(child.stdout),
    readAll(child.stderr),
  ])
  clearTimeout(timer)
  return { exitCode, stdout, stderr, lines: stdout.trimEnd().split('\n') }
}

async function readAll(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
