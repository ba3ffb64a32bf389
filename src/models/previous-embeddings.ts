import type { Logger } from '../logger.ts'
import { createEmbedding, type EmbeddingSettings, type OpenEmbedding } from './embeddings.ts'
import type { EmbeddingModel } from './model.ts'

/** Models before this one that are in use at a time: one, and another while a second change is under way. */
const MAX_OPEN = 2

/** Without a question for so long the vectors are made anew, or nobody is there: the weights are given back. */
const UNUSED_MS = 10 * 60_000

/** Embedding models that vectors were made with before: opened for questions only, as long as they are asked for. */
export interface PreviousEmbeddings extends AsyncDisposable {
  /** undefined for a name that no model has any more; one that cannot be loaded fails with each question. */
  find(model: string): EmbeddingModel | undefined
}

/** Constructing it opens nothing. */
export function createPreviousEmbeddings(
  settings: EmbeddingSettings,
  log: Logger,
  { unusedMs = UNUSED_MS } = {},
): PreviousEmbeddings {
  const held = new Map<string, { opened: OpenEmbedding | undefined; retire: NodeJS.Timeout }>()

  function open(model: string): OpenEmbedding | undefined {
    try {
      const opened = createEmbedding({ ...settings, embed: model }, log)
      log.info({ model }, 'previous-embedding-opened')
      return opened
    } catch (err) {
      log.warn({ err, model }, 'previous-embedding-unknown')
      return undefined
    }
  }

  function close(model: string): void {
    const known = held.get(model)
    held.delete(model)
    clearTimeout(known?.retire)
    void known?.opened?.[Symbol.asyncDispose]()
  }

  return {
    find(model) {
      const known = held.get(model)
      if (known) {
        known.retire.refresh()
        return known.opened
      }
      const [oldest] = held.keys()
      if (held.size >= MAX_OPEN && oldest !== undefined) close(oldest)
      const opened = open(model)
      held.set(model, { opened, retire: setTimeout(() => close(model), unusedMs).unref() })
      return opened
    },
    async [Symbol.asyncDispose]() {
      const all = [...held.values()]
      held.clear()
      for (const { opened, retire } of all) {
        clearTimeout(retire)
        await opened?.[Symbol.asyncDispose]()
      }
    },
  }
}
