/** What every command shares: reading the configuration, opening the installation, saying what went wrong. */

import { readConfig } from '../src/config.ts'
import { AppError } from '../src/errors.ts'
import type { Installation } from '../src/installation.ts'
import { createLogger, redact } from '../src/logger.ts'

/**
 * Opens the installation (attached to a running one of the same DATA_DIR, else on its own), runs the
 * command, and closes it. A failure is one line on standard error and exit code 1.
 */
export async function openCommand(run: (installation: Installation) => Promise<void>): Promise<void> {
  let exitCode = 0
  try {
    const config = readConfig()
    // Loaded now: who calls a command wrongly is told at once.
    const { openInstallation } = await import('../src/installation.ts')
    // A command's output is for people: only what they must know is logged beside it.
    const log = createLogger(process.env.LOG_LEVEL ? config.logLevel : 'error')
    await using installation = await openInstallation(config, log)
    await run(installation)
  } catch (error) {
    console.error(describeFailure(error))
    exitCode = 1
  }
  process.exit(exitCode)
}

/** One line that says what is wrong and what to do; the stack only for what nobody foresaw. */
export function describeFailure(error: unknown): string {
  if (error instanceof AppError) {
    const details = Object.entries(error.details).filter(([, value]) => value !== undefined)
    const named = details.map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    return redact([`${error.code}: ${error.message}`, ...named].join(' · '))
  }
  return redact(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

/** The value behind `--name`, or undefined; the flag alone is `''`. */
export function readOption(args: string[], name: string): string | undefined {
  const at = args.indexOf(`--${name}`)
  if (at === -1) return undefined
  const value = args[at + 1]
  return value === undefined || value.startsWith('--') ? '' : value
}

/** The words that are neither options nor their values. `flags` take no value. */
export function readWords(args: string[], flags: string[] = ['json']): string[] {
  return args.filter((arg, index) => {
    if (arg.startsWith('--')) return false
    const before = args[index - 1]
    return !before?.startsWith('--') || flags.includes(before.slice(2))
  })
}

/** Ends the command with the way it is called. */
export function refuseUsage(usage: string): never {
  console.error(`usage: ${usage}`)
  process.exit(2)
}
