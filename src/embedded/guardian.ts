import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Watches over a server on behalf of this process. */
export type Guardian = {
  /** Sends the guardian home and waits until it is gone; the server, if it runs, runs on. */
  dismiss(): Promise<void>
}

/**
 * Waits for a line, and on end-of-file (our death closes the pipe, whatever
 * killed us) sends the signal. A shell because it weighs 1 MB, a Node 45.
 */
const WATCH = 'read -r _ || kill -s "$1" "$2"'

/**
 * Posts a guardian that ends the server `pid` with `signal` as soon as this
 * process is gone without having dismissed it, even by `kill -9`.
 *
 * It stands in a session of its own, so a Ctrl-C in the terminal spares it.
 */
export function postGuardian(pid: number, signal: 'INT' | 'TERM'): Guardian {
  const shell = spawn('/bin/sh', ['-c', WATCH, 'cornerman-guardian', signal, String(pid)], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Without a guardian the next start still ends what is left; that is no reason to fall now.
  const gone = once(shell, 'exit').catch(() => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  return {
    async dismiss() {
      shell.ref()
      shell.stdin.end('\n')
      await gone
    },
  }
}
