import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '../errors.ts'
import { createLane } from '../lane.ts'
import type { Extraction } from './block.ts'
import { type ExtractChild, type FileToExtract, startChild } from './child/child.ts'
import { compileInto } from './child/sandbox.ts'
import type { Recognise } from './child/tesseract.ts'
import type { PageProgress } from './format.ts'
import { EXTRACT_LIMITS, type ExtractLimits } from './limits.ts'

export interface ExtractorSettings {
  /** Each field replaces a default of {@link EXTRACT_LIMITS}. */
  limits?: Partial<ExtractLimits>
  /** Children at work at once: the memory limit counts for each of them. */
  maxChildren?: number
  /** How long each warm child waits for the next file. */
  idleMs?: number
  /** How long the last one goes on waiting, if it has not grown. */
  warmMs?: number
  /** Reads pages that are pictures; without it a scan is refused as having no text. */
  recognise?: Recognise | undefined
  /** Where the code of the children is kept compiled from their first file on: nothing else may be there. */
  codeDir?: string
  /** The program of the child, for tests of what a misbehaving one can do. */
  worker?: string
}

/** Reads files in child processes that can be killed. */
export interface Extractor extends AsyncDisposable {
  /**
   * Reads a file by its content. The calling process keeps its memory and its
   * event loop whatever the file does.
   *
   * @param fileName As uploaded, when `path` does not tell: a hint among kinds of text.
   * @param onPage Told now and then how many pages have been read, where there are pages.
   * @throws {AppError} `document.*`: why the file cannot be read and what to do.
   */
  extract(
    path: string,
    options?: { fileName?: string; onPage?: (progress: PageProgress) => void },
  ): Promise<Extraction>
  /** Kills the children. Files at work fail with `document.extraction_failed`. */
  close(): Promise<void>
}

/** A child for two cores each, and as many as the memory of a small machine carries. */
const MAX_CHILDREN = 2

/** Starting a child costs a quarter of a second; a bulk upload brings the next file sooner than this. */
const IDLE_MS = 5_000

/** People who upload one book after the other find a child ready; for so long it holds some 90 MB of its own. */
const WARM_MS = 60_000

/** Creates the pool of children. Starts none before there is a file to read. */
export function createExtractor(settings: ExtractorSettings = {}): Extractor {
  const limits = { ...EXTRACT_LIMITS, ...settings.limits }
  const maxChildren = settings.maxChildren ?? MAX_CHILDREN
  const idle = new Map<ExtractChild, NodeJS.Timeout>()
  const busy = new Set<ExtractChild>()
  const lane = createLane(maxChildren)
  let compiled = settings.codeDir && existsSync(settings.codeDir) ? settings.codeDir : undefined
  let compiling: Promise<void> | undefined
  const closing = new AbortController()

  function takeIdle(): ExtractChild | undefined {
    for (const [child, timer] of idle) {
      clearTimeout(timer)
      idle.delete(child)
      return child
    }
    return undefined
  }

  async function takeChild(): Promise<ExtractChild> {
    for (let child = takeIdle(); child; child = takeIdle()) {
      if (await child.isReusable()) return child
      await child.end()
    }
    return startChild(limits, { worker: settings.worker, compiled })
  }

  /** Once: also what an earlier program left is made anew. */
  async function compile(): Promise<void> {
    if (!settings.codeDir || closing.signal.aborted) return
    try {
      await compileInto(settings.codeDir, closing.signal)
      compiled = settings.codeDir
    } catch {
      // Children then compile for themselves.
    }
  }

  async function putBack(child: ExtractChild): Promise<void> {
    compiling ??= compile()
    if (closing.signal.aborted || !(await child.isReusable())) return child.end()
    idle.set(child, setTimeout(() => void cool(child), settings.idleMs ?? IDLE_MS).unref())
  }

  /** Of the children nobody needed for a while one goes on waiting. */
  async function cool(child: ExtractChild): Promise<void> {
    const timer = idle.get(child)
    const isLast = idle.size === 1 && busy.size === 0
    const isKept = isLast && (await child.isLean())
    // It was taken meanwhile.
    if (idle.get(child) !== timer) return
    if (isKept) idle.set(child, setTimeout(() => retire(child), settings.warmMs ?? WARM_MS).unref())
    else retire(child)
  }

  function retire(child: ExtractChild): void {
    idle.delete(child)
    void child.end()
  }

  async function run(file: FileToExtract): Promise<Extraction> {
    if (closing.signal.aborted) throw new AppError('document.extraction_failed', { reason: 'closed' })
    const child = await takeChild()
    busy.add(child)
    try {
      return await child.extract(file)
    } finally {
      busy.delete(child)
      await putBack(child)
    }
  }

  async function close(): Promise<void> {
    closing.abort()
    for (const timer of idle.values()) clearTimeout(timer)
    const children = [...idle.keys(), ...busy]
    idle.clear()
    await Promise.all([compiling, ...children.map((child) => child.end())])
  }

  return {
    async extract(path, { fileName = basename(path), onPage } = {}) {
      const { size: sizeBytes } = await stat(path)
      if (sizeBytes === 0) throw new AppError('document.empty_file')
      if (sizeBytes > limits.inputBytes) {
        throw new AppError('document.too_large', { sizeBytes, limitBytes: limits.inputBytes })
      }
      return lane.pass(() => run({ path, sizeBytes, fileName, onPage, recognise: settings.recognise }))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Reads one file in a child of its own.
 *
 * @throws {AppError} `document.*`: why the file cannot be read and what to do.
 */
export async function extractFile(path: string, limits: Partial<ExtractLimits> = {}): Promise<Extraction> {
  await using extractor = createExtractor({ limits, maxChildren: 1 })
  return await extractor.extract(path)
}
