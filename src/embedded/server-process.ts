import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { choosePort } from './port.ts'
import { beginLife, type Life, type ServerRecipe } from './server-life.ts'
import { openServerLog, type ServerLog } from './server-log.ts'

/** A first start may lose its port to a neighbour, or meet the last of a killed server's children. */
const START_ATTEMPTS = 3

/** A server that keeps falling is started again after 0.25 s, 0.5 s, ... and at most 10 s. */
const RESTART_MIN_DELAY_MS = 250
const RESTART_MAX_DELAY_MS = 10_000

/** A server that runs for as long as we want it to: one that falls is started again on its port. */
export type ServerProcess = AsyncDisposable & {
  readonly port: number
  /** The process that runs now; another one after a fall. */
  readonly pid: number
  /** Ends the server and waits until it is gone. Harmless when repeated. */
  stop(): Promise<void>
}

/**
 * Starts a server and waits until it is ready. What an earlier, killed start
 * left running on the same directory is ended first.
 *
 * @throws {AppError} `embedded.unavailable` with the last log lines if it does not become ready.
 */
export async function startServer(recipe: ServerRecipe): Promise<ServerProcess> {
  await using opened = new AsyncDisposableStack()
  const output = opened.use(await openServerLog(join(recipe.dataDir, `${recipe.name}.log`)))
  const { life, port } = await firstLife(recipe, output)
  const supervision = opened.use(supervise(recipe, { output, port, life }))
  const owned = opened.move()
  return {
    port,
    get pid() {
      return supervision.pid
    },
    stop: () => owned.disposeAsync(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function firstLife(recipe: ServerRecipe, output: ServerLog): Promise<{ life: Life; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort(join(recipe.dataDir, `${recipe.name}.port`))
    try {
      return { life: await beginLife(recipe, output, port), port }
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error
      recipe.log.warn({ part: recipe.name, attempt, err: error }, 'embedded-start-retried')
      await delay(RESTART_MIN_DELAY_MS * attempt)
    }
  }
}

/** Begins the server's next life whenever one ends without having been stopped. */
function supervise(
  recipe: ServerRecipe,
  { output, port, life: first }: { output: ServerLog; port: number; life: Life },
): AsyncDisposable & { readonly pid: number } {
  const stopping = new AbortController()
  let life = first
  const watching = watch()
  return {
    get pid() {
      return life.pid
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all([life.end(), watching])
    },
  }

  async function watch(): Promise<void> {
    for (;;) {
      await life.ended
      if (stopping.signal.aborted) return
      recipe.log.error({ part: recipe.name, pid: life.pid, output: await output.tail() }, 'embedded-fell')
      const next = await nextLife(recipe, { output, port, stopping: stopping.signal })
      if (!next) return
      life = next
      recipe.log.warn({ part: recipe.name, pid: life.pid }, 'embedded-revived')
    }
  }
}

/** Tries until the server runs again; undefined once it shall stop. */
async function nextLife(
  recipe: ServerRecipe,
  { output, port, stopping }: { output: ServerLog; port: number; stopping: AbortSignal },
): Promise<Life | undefined> {
  for (let waitMs = RESTART_MIN_DELAY_MS; ; waitMs = Math.min(waitMs * 2, RESTART_MAX_DELAY_MS)) {
    await delay(waitMs, undefined, { signal: stopping, ref: false }).catch(() => {})
    if (stopping.aborted) return undefined
    try {
      const life = await beginLife(recipe, output, port)
      if (!stopping.aborted) return life
      await life.end()
      return undefined
    } catch (error) {
      recipe.log.error({ part: recipe.name, err: error }, 'embedded-revival-failed')
    }
  }
}
