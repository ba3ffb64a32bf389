import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** How often a process that is not our child is looked at while we wait for its end. */
const POLL_MS = 20

/**
 * True while the process runs. A zombie counts as ended: in a container whose
 * process 1 reaps nobody, a dead orphan keeps its pid for ever.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !isZombie(pid)
}

/** True when the process runs and one of its arguments is exactly `argument`; undefined when it cannot be told. */
export function runsWith(pid: number, argument: string): boolean | undefined {
  const commandLine = readCommandLine(pid)
  return commandLine === undefined ? undefined : ` ${commandLine} `.includes(` ${argument} `)
}

/**
 * Ends a process, our child or not: sends each signal in turn and gives it
 * `graceMs` to take effect, the last one without mercy.
 *
 * @throws if it outlives even the last signal, as a process stuck in the kernel does.
 */
export async function endProcess(
  pid: number,
  { signals, graceMs }: { signals: readonly NodeJS.Signals[]; graceMs: number },
): Promise<void> {
  for (const signal of signals) {
    sendSignal(pid, signal)
    if (await isGoneWithin(pid, graceMs)) return
  }
  throw new Error(`process ${pid} outlived ${signals.join(', ')}`)
}

async function isGoneWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (isAlive(pid)) throw error
  }
}

function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  const stat = readProcFile(pid, 'stat')
  // The name in brackets may itself hold spaces and brackets; the state follows the last one.
  return stat === undefined ? false : /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
}

function readCommandLine(pid: number): string | undefined {
  if (process.platform === 'linux') return readProcFile(pid, 'cmdline')?.replaceAll('\0', ' ')
  try {
    return execFileSync('/bin/ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

function readProcFile(pid: number, name: 'stat' | 'cmdline'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return undefined
  }
}
