import type { EmbeddingsInterface } from '@langchain/core/embeddings'
import { within } from '../deadline.ts'
import { AppError } from '../errors.ts'
import type { GiveWay } from '../give-way.ts'
import type { Logger } from '../logger.ts'
import { createLocalWeights, type WeightsStatus } from './local-weights.ts'
import type { EmbeddingModel, RerankModel } from './model.ts'

export interface EmbeddingSettings {
  /** As in MODEL_EMBED. */
  embed: string
  /** As in MODEL_RERANK. */
  rerank: string
  modelsDir?: string | undefined
  /** Where weights fetched from the hub are kept. */
  cacheDir?: string | undefined
  /** Passages let people be answered first, where the weights are local. */
  giveWay?: Pick<GiveWay, 'untilFree'> | undefined
  openai: { apiKey?: string | undefined; baseUrl: string }
  ollama: { baseUrl: string }
}

/** An embedding model with a lifetime. */
export type OpenEmbedding = EmbeddingModel & AsyncDisposable & { status(): WeightsStatus }

/** An answer must not wait longer than this for its question's vector. */
const QUESTION_TIMEOUT_MS = 5_000

/** A batch of passages on a server without a graphics card. */
const PASSAGES_TIMEOUT_MS = 120_000

/** Within every provider's limits on inputs and tokens a request. */
const REMOTE_BATCH = 64

/**
 * The model named in MODEL_EMBED, undefined for `none`. Local weights begin to load in the background at
 * once; nothing waits for them until a text is to be embedded.
 *
 * @throws {AppError} `model.unknown` for a name of another form.
 */
export function createEmbedding(settings: EmbeddingSettings, log: Logger): OpenEmbedding | undefined {
  const { provider, model } = readName(settings.embed)
  if (provider === 'none') return undefined
  if (provider === 'local') return createLocalEmbedding(model, settings, log)
  if (provider === 'openai' || provider === 'ollama') {
    return createRemoteEmbedding(settings.embed, () => openRemote(provider, model, settings))
  }
  throw new AppError('model.unknown', { model: settings.embed })
}

/**
 * The cross-encoder named in MODEL_RERANK, undefined for `none`.
 *
 * @throws {AppError} `model.unknown` for anything but local weights.
 */
export function createRerank(
  settings: EmbeddingSettings,
  log: Logger,
): (RerankModel & AsyncDisposable) | undefined {
  const { provider, model } = readName(settings.rerank)
  if (provider === 'none') return undefined
  if (provider !== 'local') throw new AppError('model.unknown', { model: settings.rerank })
  const weights = createLocalWeights({ ...settings, kind: 'rerank', name: model }, log)
  weights.warm()
  return {
    name: settings.rerank,
    async rerank(question, texts) {
      const rows = await weights.compute(
        texts.map(() => question),
        { pairs: texts, isUrgent: true },
      )
      return rows.map(([score = 0]) => score)
    },
    [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose](),
  }
}

function createLocalEmbedding(name: string, settings: EmbeddingSettings, log: Logger): OpenEmbedding {
  const weights = createLocalWeights({ ...settings, kind: 'embed', name }, log)
  const prefix = choosePrefix(name)
  weights.warm()
  return {
    name: `local:${name}`,
    status: weights.status,
    embedPassages: (texts) =>
      weights.compute(
        texts.map((text) => prefix.passage + text),
        { isUrgent: false },
      ),
    async embedQuestion(text) {
      const [row] = await weights.compute([prefix.question + text], { isUrgent: true })
      if (!row) throw new AppError('embedding.unavailable', { model: `local:${name}` })
      return row
    },
    measureKnown: weights.measureKnown,
    [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose](),
  }
}

/** Some families were trained with a word before each text and lose much without it. */
function choosePrefix(name: string): { question: string; passage: string } {
  if (/\be5\b/i.test(name)) return { question: 'query: ', passage: 'passage: ' }
  if (/\bbge-.*-en\b/i.test(name)) {
    return { question: 'Represent this sentence for searching relevant passages: ', passage: '' }
  }
  return { question: '', passage: '' }
}

function createRemoteEmbedding(name: string, open: () => Promise<EmbeddingsInterface>): OpenEmbedding {
  let opened: Promise<EmbeddingsInterface> | undefined
  let status: WeightsStatus = 'idle'

  async function call(timeoutMs: number, ask: (remote: EmbeddingsInterface) => Promise<number[][]>) {
    opened ??= open()
    try {
      const vectors = await within(timeoutMs, ask(await opened))
      status = 'ready'
      return vectors.map(normalise)
    } catch (error) {
      status = 'failed'
      throw new AppError('embedding.unavailable', {
        model: name,
        kind: error instanceof Error ? error.name : '',
      })
    }
  }

  return {
    name,
    status: () => status,
    async embedPassages(texts) {
      const vectors: number[][] = []
      for (let start = 0; start < texts.length; start += REMOTE_BATCH) {
        const batch = texts.slice(start, start + REMOTE_BATCH)
        vectors.push(...(await call(PASSAGES_TIMEOUT_MS, (remote) => remote.embedDocuments(batch))))
      }
      return vectors
    },
    async embedQuestion(text) {
      const [vector] = await call(QUESTION_TIMEOUT_MS, async (remote) => [await remote.embedQuery(text)])
      return vector ?? []
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function openRemote(
  provider: 'openai' | 'ollama',
  model: string,
  { openai, ollama }: EmbeddingSettings,
): Promise<EmbeddingsInterface> {
  if (provider === 'ollama') {
    const { OllamaEmbeddings } = await import('@langchain/ollama')
    return new OllamaEmbeddings({ model, baseUrl: ollama.baseUrl, truncate: true, maxRetries: 1 })
  }
  const { OpenAIEmbeddings } = await import('@langchain/openai')
  return new OpenAIEmbeddings({
    model,
    // Compatible servers need no key, but the client refuses to start without one.
    apiKey: openai.apiKey ?? 'none',
    timeout: PASSAGES_TIMEOUT_MS,
    maxRetries: 1,
    // Some compatible servers ignore a wish for base64 and answer numbers.
    encodingFormat: 'float',
    configuration: { baseURL: openai.baseUrl, logLevel: 'off' },
  })
}

function normalise(vector: number[]): number[] {
  const norm = Math.hypot(...vector) || 1
  return vector.map((value) => value / norm)
}

function readName(name: string): { provider: string; model: string } {
  if (name === 'none') return { provider: 'none', model: '' }
  const [, provider = '', model = ''] = /^([a-z]+):(.+)$/.exec(name) ?? []
  // A local name becomes a path under MODELS_DIR.
  const isSafe = provider !== 'local' || /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(model)
  if (!model || !isSafe) throw new AppError('model.unknown', { model: name })
  return { provider, model }
}
