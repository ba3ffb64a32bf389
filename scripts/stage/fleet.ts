import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const START = fileURLToPath(new URL('../start.ts', import.meta.url))
/** A process that is not ready by then will not be. */
const READY_TIMEOUT_MS = 60_000

export interface Member {
  name: string
  /** Resolves with the port when the process says it is ready; rejects when it ends before. */
  ready: Promise<number>
  child: ChildProcess
}

/** Real Cornerman processes, each of which may be killed and is started again. */
export function createFleet(env: Record<string, string>) {
  const members = new Map<string, Member>()
  let errors = ''

  function start(name: string, own: Record<string, string>, program = START): Member {
    const child = spawn(process.execPath, [program], {
      env: { PATH: process.env.PATH, ...env, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-20_000)
    })
    const member = { name, child, ready: waitUntilReady(child) }
    // A member that is killed while it starts is never ready: no one needs to hear of it.
    member.ready.catch(() => {})
    members.set(name, member)
    return member
  }

  return {
    start,
    get: (name: string) => members.get(name),
    readErrors: () => errors,
    /** Ends a member by the signal and waits until it is gone. */
    async end(name: string, signal: NodeJS.Signals): Promise<{ exitCode: number | null; ms: number }> {
      const child = members.get(name)?.child
      const startedMs = performance.now()
      if (!child || child.exitCode !== null || child.signalCode !== null) return { exitCode: null, ms: 0 }
      const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
      child.kill(signal)
      return { exitCode: await gone, ms: performance.now() - startedMs }
    },
    async endAll(): Promise<void> {
      await Promise.all([...members.keys()].map((name) => this.end(name, 'SIGKILL')))
    },
  }
}

export type Fleet = ReturnType<typeof createFleet>

function waitUntilReady(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a process was not ready in time')), READY_TIMEOUT_MS)
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const port = /^ready http:\/\/localhost:(\d+)/m.exec(output)?.[1]
      if (!port) return
      clearTimeout(timer)
      resolve(Number(port))
    })
    child.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('a process ended before it was ready'))
    })
  })
}
