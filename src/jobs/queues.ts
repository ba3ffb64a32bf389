import {
  createPostgresBackend,
  DEFAULT_SCHEMA,
  type PgPool,
  Queue as RedisQueue,
  Worker as RedisWorker,
  withBackend,
} from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { PreparedClient } from '../db/prepared-client.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import {
  JOBS,
  type JobHandlers,
  type JobName,
  type JobPayload,
  type JobQueue,
  type JobRecords,
} from './job.ts'

/*
 * BullMQ carries nudges; PostgreSQL knows what is to be done. So a job is tried once, kept nowhere when it
 * is over, and may run twice. The defaults would find a killed worker's job after 60 s and drop it at the
 * second kill; with these a job someone waits for is found after about 3 s, and the sweep is quicker still.
 */
const LOCK_MS = 3_000
const STALLED_CHECK_MS = 1_000
/** Each check is a statement of every worker, also where nothing is to be done. */
const CALM_STALLED_CHECK_MS = 15_000
/** Someone looks at a chat until these are done. */
const AWAITED: readonly JobName[] = ['run-turn', 'send-parts']
const MAX_STALLED = 10
/** After an outage of the engine a worker asks for jobs again this soon; BullMQ's own 15 s would be felt. */
const RETRY_FETCH_MS = 500
const KEPT_FAILED_JOBS = 1_000
/** A worker of each kind of job holds a connection to wait on; these are for the work of all of them. */
const SPARE_CONNECTIONS = 6
const LISTENERS_PER_JOB = 4
const WARN_EVERY_MS = 5_000
/** Jobs looked through at a time for those that are to be forgotten, and at most per queue and state. */
const FORGET_PAGE = 1_000
const FORGET_MAX = 50_000

export interface Queues extends JobQueue, JobRecords, AsyncDisposable {
  /** Starts a worker for every job. Called once, when all handlers exist. */
  work(handlers: JobHandlers, concurrency: Record<JobName, number>): Promise<void>
  /** Takes no further job and waits for the running ones; after `graceMs` their signal is aborted. */
  stopWorking(graceMs: number): Promise<void>
}

interface Engine {
  openQueue(name: JobName): QueueLike
  openWorker(name: JobName, process: (data: unknown) => Promise<void>, concurrency: number): WorkerLike
  close(): Promise<void>
}

/** The part of BullMQ's Queue that both backends share and that is used here. */
interface QueueLike {
  add(name: string, data: unknown, options: JobOptions): Promise<unknown>
  addBulk(jobs: { name: string; data: unknown; opts: JobOptions }[]): Promise<unknown>
  getJobs(types: JobState[], start: number, end: number): Promise<KeptJob[]>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}

interface KeptJob {
  data: unknown
  remove(): Promise<void>
}

/** States in which a job is kept, besides being worked on: what is over is removed, unless it failed. */
const KEPT_STATES = ['failed', 'delayed', 'wait'] as const
type JobState = (typeof KEPT_STATES)[number]

interface WorkerLike {
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'failed', listener: (job: unknown, error: Error) => void): unknown
  waitUntilReady(): Promise<unknown>
  close(force?: boolean): Promise<void>
}

interface JobOptions {
  delay?: number
  removeOnComplete: boolean
  removeOnFail: { count: number }
}

const OPTIONS: JobOptions = { removeOnComplete: true, removeOnFail: { count: KEPT_FAILED_JOBS } }

/** Opens the queues on Redis where a URL is given, else on PostgreSQL. Closes them when disposed. */
export function openQueues(
  { databaseUrl, redisUrl }: { databaseUrl: string; redisUrl: string | undefined },
  log: Logger,
): Queues {
  const engine = redisUrl === undefined ? createPostgresEngine(databaseUrl) : createRedisEngine(redisUrl)
  const queues = new Map<JobName, QueueLike>()
  const workers: WorkerLike[] = []
  const ending = new AbortController()

  function queueOf(name: JobName): QueueLike {
    const known = queues.get(name)
    if (known) return known
    const queue = engine.openQueue(name)
    queue.on('error', warnSeldom(log, name))
    queues.set(name, queue)
    return queue
  }

  async function stopWorking(graceMs: number): Promise<void> {
    const timer = setTimeout(() => ending.abort(), graceMs)
    await Promise.all(workers.splice(0).map((worker) => worker.close()))
    clearTimeout(timer)
  }

  return {
    async add(name, payload, { delayMs } = {}) {
      await queueOf(name).add(name, payload, { ...OPTIONS, ...(delayMs !== undefined && { delay: delayMs }) })
    },
    async addMany(name, payloads) {
      if (payloads.length === 0) return
      await queueOf(name).addBulk(payloads.map((data) => ({ name, data, opts: OPTIONS })))
    },
    async forget(names) {
      let removed = 0
      for (const name of Object.keys(JOBS) as JobName[]) removed += await forgetJobs(queueOf(name), names)
      return removed
    },
    async work(handlers, concurrency) {
      for (const name of Object.keys(JOBS) as JobName[]) {
        const worker = engine.openWorker(
          name,
          (data) => runJob(handlers, name, data, ending.signal),
          concurrency[name],
        )
        worker.on('error', warnSeldom(log, name))
        worker.on('failed', (_job, err) => log.error({ err, job: name }, 'job-failed'))
        workers.push(worker)
      }
      await Promise.all(workers.map((worker) => worker.waitUntilReady()))
    },
    stopWorking,
    async [Symbol.asyncDispose]() {
      await stopWorking(0)
      await Promise.all([...queues.values()].map((queue) => queue.close()))
      await engine.close()
    },
  }
}

async function forgetJobs(queue: QueueLike, names: string[]): Promise<number> {
  const wanted = new Set(names)
  const found: KeptJob[] = []
  for (const state of KEPT_STATES) {
    for (let start = 0; start < FORGET_MAX; start += FORGET_PAGE) {
      const jobs = await queue.getJobs([state], start, start + FORGET_PAGE - 1)
      found.push(
        ...jobs.filter(({ data }) => Object.values(Object(data)).some((value) => wanted.has(String(value)))),
      )
      if (jobs.length < FORGET_PAGE) break
    }
  }
  // A job that a worker has just taken cannot be removed: it finds nothing to do and is gone when it ends.
  const outcomes = await Promise.allSettled(found.map((job) => job.remove()))
  return outcomes.filter(({ status }) => status === 'fulfilled').length
}

/** While the engine is away every poll fails: one line in a while says so. */
function warnSeldom(log: Logger, job: JobName): (error: Error) => void {
  let silentUntil = 0
  return (err) => {
    if (performance.now() < silentUntil) return
    silentUntil = performance.now() + WARN_EVERY_MS
    log.warn({ err, job }, 'queue-error')
  }
}

function runJob<Name extends JobName>(
  handlers: JobHandlers,
  name: Name,
  data: unknown,
  signal: AbortSignal,
): Promise<void> {
  const parsed = JOBS[name].safeParse(data)
  if (!parsed.success) throw new AppError('job.malformed', { job: name })
  // The schema of this very name has just accepted the payload.
  return handlers[name](parsed.data as JobPayload<Name>, signal)
}

function createPostgresEngine(databaseUrl: string): Engine {
  const { Queue, Worker } = withBackend(createPostgresBackend)
  const pool = new pg.Pool({
    Client: PreparedClient,
    connectionString: databaseUrl,
    max: Object.keys(JOBS).length + SPARE_CONNECTIONS,
    keepAlive: true,
    application_name: 'cornerman-queue',
    // BullMQ calls its functions by their bare names.
    options: `-c search_path=${DEFAULT_SCHEMA}`,
  })
  // Idle connections and those in use: a break unheard would end the process, and the query in question fails anyway.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  // Every queue and worker listens for errors of the pool: more of them than Node takes for no leak.
  pool.setMaxListeners(LISTENERS_PER_JOB * Object.keys(JOBS).length)
  // BullMQ says that a pg.Pool is a PgPool; the overloads of its `query` keep the compiler from seeing it.
  const connection = pool as unknown as PgPool
  return {
    openQueue: (name) => new Queue(name, { connection }),
    openWorker: (name, run, concurrency) =>
      new Worker(name, (job) => run(job.data), { connection, concurrency, ...recoveryOf(name) }),
    close: () => pool.end(),
  }
}

function createRedisEngine(redisUrl: string): Engine {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null, enableOfflineQueue: true })
  connection.on('error', () => {})
  return {
    openQueue: (name) => new RedisQueue(name, { connection }),
    openWorker: (name, run, concurrency) =>
      new RedisWorker(name, (job) => run(job.data), { connection, concurrency, ...recoveryOf(name) }),
    close: async () => {
      connection.disconnect()
    },
  }
}

function recoveryOf(name: JobName) {
  return {
    lockDuration: LOCK_MS,
    stalledInterval: AWAITED.includes(name) ? STALLED_CHECK_MS : CALM_STALLED_CHECK_MS,
    maxStalledCount: MAX_STALLED,
    runRetryDelay: RETRY_FETCH_MS,
  }
}
