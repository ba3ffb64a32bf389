import { execFile, spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { AppError } from '../../errors.ts'
import { watchMemory } from './memory.ts'

/** Reads the text on the picture of a page, '' where there is none. Ends when told to. */
export type Recognise = (png: Buffer, signal: AbortSignal) => Promise<string>

export interface TesseractSettings {
  /** As tesseract names them: `eng`, or `deu+eng`. */
  languages: string
  /** Of one page. */
  memoryMegabytes: number
  log: { warn(details: object, event: string): void }
}

/** A dense page takes some 5 s on one slow core. */
const PAGE_TIMEOUT_MS = 60_000

/** The densest page of print has a few thousand characters. */
const MAX_TEXT_BYTES = 1024 * 1024

/** Below the web server, as everything that reads files. */
const NICENESS = 5

const PROBE_TIMEOUT_MS = 10_000

/**
 * Finds tesseract on the PATH.
 *
 * @returns undefined when it is not installed, or lacks a language: that is logged.
 */
export async function findTesseract({
  languages,
  memoryMegabytes,
  log,
}: TesseractSettings): Promise<Recognise | undefined> {
  const program = await findProgram()
  if (program === undefined) return undefined
  const known = await listLanguages(program)
  const missing = languages.split('+').filter((language) => !known.has(language))
  if (missing.length > 0) {
    log.warn({ missing }, 'ocr-languages-missing')
    return undefined
  }
  return (png, signal) => run(program, png, { languages, memoryMegabytes, signal })
}

async function findProgram(): Promise<string | undefined> {
  try {
    const options = { timeout: PROBE_TIMEOUT_MS }
    const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v tesseract'], options)
    return stdout.trim() || undefined
  } catch {
    return undefined
  }
}

async function listLanguages(program: string): Promise<Set<string>> {
  try {
    const options = { timeout: PROBE_TIMEOUT_MS, env: {} }
    const { stdout } = await promisify(execFile)(program, ['--list-langs'], options)
    return new Set(stdout.split(/\r?\n/))
  } catch {
    return new Set()
  }
}

/** The picture was drawn by us, so no decoder but PNG's meets it; the process knows no secret all the same. */
async function run(
  program: string,
  png: Buffer,
  { languages, memoryMegabytes, signal }: { languages: string; memoryMegabytes: number; signal: AbortSignal },
): Promise<string> {
  const timeout = AbortSignal.timeout(PAGE_TIMEOUT_MS)
  const exceeded = new AbortController()
  const child = spawn(program, ['stdin', 'stdout', '-l', languages], {
    env: { OMP_THREAD_LIMIT: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: AbortSignal.any([signal, timeout, exceeded.signal]),
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  if (child.pid !== undefined) lowerPriority(child.pid)
  const memory = watchMemory(child.pid ?? 0, memoryMegabytes, () => exceeded.abort())
  child.stdin.on('error', () => {})
  child.stdin.end(png)
  try {
    const [text, code] = await Promise.all([buffer(child.stdout), ended])
    if (code !== 0) throw new AppError('document.extraction_failed', { exitCode: code })
    return text.subarray(0, MAX_TEXT_BYTES).toString('utf8')
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    if (exceeded.signal.aborted) throw new AppError('document.extraction_out_of_memory', { cause })
    if (timeout.aborted) throw new AppError('document.extraction_timed_out', { cause })
    throw new AppError('document.extraction_failed', { cause })
  } finally {
    memory.stop()
  }
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS)
  } catch {
    // Some sandboxes forbid it.
  }
}
