import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'
import type { GiveWay } from '../give-way.ts'
import type { Logger } from '../logger.ts'
import type { LocalTask, WorkerAnswer, WorkerQuestion } from './local-weights-protocol.ts'

export interface LocalWeightsSettings {
  kind: LocalTask['kind']
  /** `<org>/<name>`. */
  name: string
  /** Looked up first: when `<modelsDir>/<org>/<name>` is there, nothing is fetched. */
  modelsDir?: string | undefined
  /** Where weights fetched from the hub are kept. */
  cacheDir?: string | undefined
  /** What is not urgent lets people be answered first. */
  giveWay?: Pick<GiveWay, 'untilFree'> | undefined
}

export type WeightsStatus = 'idle' | 'loading' | 'ready' | 'failed'

/** Weights in a thread of their own. */
export interface LocalWeights extends AsyncDisposable {
  status(): WeightsStatus
  /** Begins loading, if nothing did yet. Never throws: a failure is told to those who ask for rows. */
  warm(): void
  /**
   * One row of numbers for each text. Urgent work goes before everything that waits.
   * @throws {AppError} `embedding.unavailable`
   */
  compute(texts: string[], options: { pairs?: string[]; isUrgent: boolean }): Promise<number[][]>
  /**
   * The share of a text's words that the weights' vocabulary has, 0 to 1.
   * @throws {AppError} `embedding.unavailable`
   */
  measureKnown(text: string): Promise<number>
}

/** A download that brings nothing for this long has failed: a hub out of reach must not hold anything up. */
const STALL_MS = 20_000

/** How long a failure to load is remembered before it is tried again. */
const RETRY_AFTER_MS = 60_000

/** One run of the model: small enough that an urgent question waits a moment only. */
const BATCH_CHARACTERS = 8_000
const BATCH_TEXTS = 16

interface Work {
  texts: string[]
  pairs: string[] | undefined
  settle(rows: number[][]): void
  fail(error: AppError): void
}

/** Prepares the weights without loading them; {@link LocalWeights.warm} or the first text does. */
export function createLocalWeights(settings: LocalWeightsSettings, log: Logger): LocalWeights {
  let status: WeightsStatus = 'idle'
  let failedAt = 0
  let loading: Promise<WeightsThread> | undefined
  const urgent: Work[] = []
  const patient: Work[] = []
  let isPumping = false
  /** Ends the wait of what is patient. */
  let wake = () => {}

  function thread(): Promise<WeightsThread> {
    if (status === 'failed' && performance.now() - failedAt > RETRY_AFTER_MS) loading = undefined
    loading ??= start()
    return loading
  }

  async function start(): Promise<WeightsThread> {
    status = 'loading'
    try {
      const started = await startThread(await locate(settings), (reason) => fall(reason))
      status = 'ready'
      return started
    } catch (error) {
      fall(error instanceof Error ? error.message : String(error))
      throw unavailable(settings.name, error)
    }
  }

  function fall(reason: string): void {
    if (status !== 'failed')
      log.warn({ model: `local:${settings.name}`, reason }, 'local-weights-unavailable')
    status = 'failed'
    failedAt = performance.now()
  }

  function untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }

  async function pump(): Promise<void> {
    if (isPumping) return
    isPumping = true
    while (urgent.length + patient.length > 0) {
      if (urgent.length === 0) await Promise.race([settings.giveWay?.untilFree(), untilWoken()])
      const work = urgent.shift() ?? patient.shift()
      if (!work) continue
      try {
        work.settle(await (await thread()).ask(work.texts, work.pairs))
      } catch (error) {
        work.fail(unavailable(settings.name, error))
      }
    }
    isPumping = false
  }

  return {
    status: () => status,
    warm() {
      thread().catch(() => {})
    },
    compute(texts, { pairs, isUrgent }) {
      const batches = cutIntoBatches(texts, pairs).map((batch) =>
        new Promise<number[][]>((settle, fail) => {
          const work = {
            texts: batch.map(({ text }) => text),
            pairs: pairs && batch.map((it) => it.pair),
            settle,
            fail,
          }
          const queue = isUrgent ? urgent : patient
          queue.push(work)
        }).then((rows) => batch.map(({ position }, at) => ({ position, row: rows[at] ?? [] }))),
      )
      if (isUrgent) wake()
      void pump()
      return Promise.all(batches).then((done) => {
        const ordered: number[][] = []
        for (const { position, row } of done.flat()) ordered[position] = row
        return ordered
      })
    },
    async measureKnown(text) {
      try {
        const [[share = 1] = []] = await (await thread()).ask([text], undefined, { isMeasure: true })
        return share
      } catch (error) {
        throw unavailable(settings.name, error)
      }
    },
    async [Symbol.asyncDispose]() {
      const running = await loading?.catch(() => undefined)
      await running?.end()
    },
  }
}

/** Texts of like length together, since a batch is as long as its longest text. */
function cutIntoBatches(texts: string[], pairs: string[] | undefined) {
  const entries = texts.map((text, position) => ({ text, pair: pairs?.[position] ?? '', position }))
  entries.sort((a, b) => a.text.length + a.pair.length - (b.text.length + b.pair.length))
  const batches: (typeof entries)[] = []
  let batch: typeof entries = []
  for (const entry of entries) {
    const size = (entry.text.length + entry.pair.length) * (batch.length + 1)
    if (batch.length > 0 && (size > BATCH_CHARACTERS || batch.length === BATCH_TEXTS)) {
      batches.push(batch)
      batch = []
    }
    batch.push(entry)
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

async function locate({ kind, name, modelsDir, cacheDir }: LocalWeightsSettings): Promise<LocalTask> {
  const isThere =
    modelsDir !== undefined &&
    (await access(join(modelsDir, name)).then(
      () => true,
      () => false,
    ))
  return { kind, name, threads: 1, ...(isThere ? { modelsDir } : {}), ...(cacheDir ? { cacheDir } : {}) }
}

interface WeightsThread {
  ask(texts: string[], pairs: string[] | undefined, options?: { isMeasure: boolean }): Promise<number[][]>
  end(): Promise<void>
}

type Pending = { settle: (rows: number[][]) => void; fail: (error: Error) => void }

async function startThread(task: LocalTask, onFall: (reason: string) => void): Promise<WeightsThread> {
  const worker = new Worker(new URL('./local-weights-worker.ts', import.meta.url), { workerData: task })
  const pending = new Map<number, Pending>()
  let count = 0

  function drop(reason: string): void {
    for (const { fail } of pending.values()) fail(new Error(reason))
    pending.clear()
    worker.unref()
  }
  await untilReady(worker)
  worker.on('message', (answer: WorkerAnswer) => {
    if (answer.kind !== 'rows' && answer.kind !== 'error') return
    const asked = pending.get(answer.id)
    pending.delete(answer.id)
    if (pending.size === 0) worker.unref()
    if (answer.kind === 'rows') asked?.settle(readRows(answer))
    else asked?.fail(new Error(answer.reason))
  })
  worker.on('error', (error) => {
    drop(error.message)
    onFall(error.message)
  })
  // Idle, the thread keeps no process alive.
  worker.unref()

  return {
    ask: (texts, pairs, options) =>
      new Promise((settle, fail) => {
        count += 1
        pending.set(count, { settle, fail })
        worker.ref()
        worker.postMessage({
          id: count,
          texts,
          ...(pairs ? { pairs } : {}),
          ...options,
        } satisfies WorkerQuestion)
      }),
    async end() {
      await worker.terminate()
      drop('closed')
    },
  }
}

function untilReady(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (reason: string) => {
      void worker.terminate()
      reject(new Error(reason))
    }
    const watchdog = setTimeout(() => give(`no progress for ${STALL_MS} ms`), STALL_MS)
    const listen = (answer: WorkerAnswer) => {
      watchdog.refresh()
      if (answer.kind === 'progress') return
      clearTimeout(watchdog)
      worker.off('message', listen)
      if (answer.kind === 'failed') give(answer.reason)
      else resolve()
    }
    worker.on('message', listen)
    worker.once('error', (error) => {
      clearTimeout(watchdog)
      reject(error)
    })
  })
}

function readRows({ rows, width }: Extract<WorkerAnswer, { kind: 'rows' }>): number[][] {
  return Array.from({ length: rows.length / width }, (_, at) =>
    Array.from(rows.subarray(at * width, (at + 1) * width)),
  )
}

function unavailable(name: string, cause: unknown): AppError {
  return cause instanceof AppError
    ? cause
    : new AppError('embedding.unavailable', { model: `local:${name}`, cause })
}
