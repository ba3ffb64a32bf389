import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { Extraction } from '../block.ts'
import type { PageProgress } from '../format.ts'
import type { ExtractLimits } from '../limits.ts'
import { startDeadline } from './deadline.ts'
import { readResidentMegabytes, watchMemory } from './memory.ts'
import type { ExtractOrder } from './order.ts'
import { createPictureReader } from './pictures.ts'
import { ExtractReports } from './reports.ts'
import { forkSandboxed } from './sandbox.ts'
import type { Recognise } from './tesseract.ts'
import { createWaitMeter } from './waiting.ts'

export interface FileToExtract {
  path: string
  sizeBytes: number
  fileName: string
  onPage?: ((progress: PageProgress) => void) | undefined
  /** Its time is not the file's. */
  recognise?: Recognise | undefined
}

/** One child process with its limits: reads one file at a time and is reused while it behaves. */
export interface ExtractChild {
  /**
   * @throws {AppError} `document.*` as the child refuses the file, or
   *   `document.extraction_timed_out`, `_out_of_memory`, `_failed` when it had
   *   to be killed or ended by itself.
   */
  extract(file: FileToExtract): Promise<Extraction>
  /** False once the child has misbehaved, grown or worked enough: it is then to be ended. */
  isReusable(): Promise<boolean>
  /** True while it holds little enough to wait for a file that may not come. */
  isLean(): Promise<boolean>
  end(): Promise<void>
}

/** A reused child is replaced after so many files, so that no leak grows without end. */
const MAX_FILES = 200

/** A child that still holds this much after a file is replaced. */
const REUSE_MEGABYTES = 200

/** One that has read nothing holds 92, half of it shared with this process; one that has read a book of 300 pages 140. */
const LEAN_MEGABYTES = 160

/** Shares of the memory limit. Together they leave about 100 MB for code, buffers and the input itself. */
const OLD_SPACE_SHARE = 0.5

/** Times its own bound a child may wait for a processor on top of it: it gives way to those who answer people. */
const MAX_WAITS = 3

/** Of what a dying child says, to tell running out of memory from any other end. */
const LAST_WORDS_BYTES = 4_096

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/**
 * Starts a child in the sandbox.
 *
 * @param options.compiled A folder `compileInto` has filled, which spares the child half of its start.
 */
export function startChild(
  limits: ExtractLimits,
  { worker = WORKER, compiled }: { worker?: string | undefined; compiled?: string | undefined } = {},
): ExtractChild {
  const oldSpaceMegabytes = Math.round(limits.memoryMegabytes * OLD_SPACE_SHARE)
  return new Child(forkSandboxed(worker, { oldSpaceMegabytes, compiled }), limits)
}

class Child implements ExtractChild {
  readonly #process: ChildProcess
  readonly #limits: ExtractLimits
  readonly #ended: Promise<unknown>
  #files = 0
  #isSpent = false
  #lastWords = ''

  constructor(child: ChildProcess, limits: ExtractLimits) {
    this.#process = child
    this.#limits = limits
    this.#ended = once(child, 'exit').catch(() => undefined)
    child.on('error', () => {
      this.#isSpent = true
    })
    child.once('exit', () => {
      this.#isSpent = true
    })
    child.stdin?.on('error', () => {})
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString('latin1')).slice(-LAST_WORDS_BYTES)
    })
    this.#hold(false)
  }

  async extract(file: FileToExtract): Promise<Extraction> {
    this.#files += 1
    this.#hold(true)
    try {
      return await this.#run(file)
    } catch (error) {
      if (!(error instanceof AppError) || isForced(error.code)) await this.end()
      throw error
    } finally {
      this.#hold(false)
    }
  }

  async isReusable(): Promise<boolean> {
    if (this.#isSpent || this.#files >= MAX_FILES || this.#process.pid === undefined) return false
    return (await this.#measure()) < REUSE_MEGABYTES
  }

  async isLean(): Promise<boolean> {
    return !this.#isSpent && (await this.#measure()) < LEAN_MEGABYTES
  }

  async #measure(): Promise<number> {
    return (await readResidentMegabytes(this.#process.pid ?? 0)) ?? Number.POSITIVE_INFINITY
  }

  async end(): Promise<void> {
    this.#isSpent = true
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    if (this.#process.pid === undefined) return
    this.#hold(true)
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  #run(file: FileToExtract): Promise<Extraction> {
    const { promise, resolve, reject } = Promise.withResolvers<Extraction>()
    const child = this.#process
    const limits = this.#limits
    const reports = new ExtractReports(limits.textCharacters, file.onPage)

    const fail = (code: ErrorCode, cause?: Error): void =>
      reject(new AppError(code, { ...(cause && { cause }) }))
    const onMessage = (message: unknown): void => {
      try {
        const taken = reports.take(message)
        if (taken && 'picture' in taken) readPicture(taken.picture).catch(reject)
        else if (taken) resolve(taken.extraction)
      } catch (error) {
        reject(error)
      }
    }
    const onEnd = (): void => fail(this.#codeOfEnd())
    const deadline = startDeadline(
      limits.timeoutMs,
      () => fail('document.extraction_timed_out'),
      createWaitMeter(child.pid ?? 0, limits.timeoutMs * MAX_WAITS),
    )
    const stopped = new AbortController()
    const readPicture = createPictureReader({
      recognise: file.recognise,
      deadline,
      signal: stopped.signal,
      answer: (recognised) => this.#tell({ recognised }),
    })
    const watch = watchMemory(child.pid ?? 0, limits.memoryMegabytes, () =>
      fail('document.extraction_out_of_memory'),
    )
    child.on('message', onMessage).once('exit', onEnd).once('error', onEnd)
    const input = createReadStream(file.path, { end: Math.max(file.sizeBytes - 1, 0) })
    input.once('error', (cause) => fail('document.extraction_failed', cause))
    if (this.#isSpent) onEnd()
    else {
      const { sizeBytes, fileName } = file
      this.#tell({ sizeBytes, fileName, limits, canRecognise: file.recognise !== undefined })
      if (child.stdin) input.pipe(child.stdin, { end: false })
    }

    return promise.finally(() => {
      deadline.clear()
      stopped.abort()
      watch.stop()
      child.off('message', onMessage).off('exit', onEnd).off('error', onEnd)
      input.destroy()
    })
  }

  #tell(order: ExtractOrder): void {
    // A child that is gone has told so otherwise.
    this.#process.send(order, () => {})
  }

  #codeOfEnd(): ErrorCode {
    const isMemory = /out of memory|allocation failed/i.test(this.#lastWords)
    return isMemory ? 'document.extraction_out_of_memory' : 'document.extraction_failed'
  }

  /** Only a child at work keeps this process alive. */
  #hold(isHeld: boolean): void {
    const streams = [this.#process.stdin, this.#process.stderr]
    const handles = [this.#process, this.#process.channel, ...streams]
    for (const handle of handles) {
      if (!handle) continue
      if (isHeld && 'ref' in handle && typeof handle.ref === 'function') handle.ref()
      if (!isHeld && 'unref' in handle && typeof handle.unref === 'function') handle.unref()
    }
  }
}

/** After these the child is in no state to be trusted with another file. */
function isForced(code: ErrorCode): boolean {
  return code.startsWith('document.extraction_') || code === 'document.too_large'
}
