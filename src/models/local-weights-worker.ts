import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { PreTrainedModel, PreTrainedTokenizer, Tensor } from '@huggingface/transformers'
import { shareOfKnownWords } from './known-words.ts'
import { LocalTask, type WorkerAnswer, WorkerQuestion } from './local-weights-protocol.ts'

/*
 * The thread that holds the weights. ONNX Runtime computes on the thread that calls it: here it stops no
 * webhook and no stream.
 */

/** Tried in this order: small and fast first, the full numbers where nothing else was put. */
const WEIGHT_FILES = [
  ['model_quantized.onnx', 'q8'],
  ['model_int8.onnx', 'int8'],
  ['model_uint8.onnx', 'uint8'],
  ['model_fp16.onnx', 'fp16'],
  ['model.onnx', 'fp32'],
  ['model_q4.onnx', 'q4'],
] as const

/** Longest input in tokens; what is longer is cut by the tokenizer. */
const MAX_TOKENS = 512

const port = parentPort
if (!port) throw new Error('local-weights-worker runs as a worker thread only')

try {
  const task = LocalTask.parse(workerData)
  const { compute, measure } = await load(task)
  port.on('message', async (message: unknown) => {
    const question = WorkerQuestion.parse(message)
    try {
      const { rows, width } = question.isMeasure
        ? measure(question.texts)
        : await compute(question.texts, question.pairs)
      port.postMessage({ kind: 'rows', id: question.id, rows, width } satisfies WorkerAnswer, [rows.buffer])
    } catch (error) {
      port.postMessage({ kind: 'error', id: question.id, reason: nameOf(error) } satisfies WorkerAnswer)
    }
  })
  port.postMessage({ kind: 'ready' } satisfies WorkerAnswer)
} catch (error) {
  port.postMessage({ kind: 'failed', reason: nameOf(error) } satisfies WorkerAnswer)
}

type Rows = { rows: Float32Array<ArrayBuffer>; width: number }
type Compute = (texts: string[], pairs: string[] | undefined) => Promise<Rows>
interface Loaded {
  compute: Compute
  measure(texts: string[]): Rows
}

async function load({ kind, name, modelsDir, cacheDir, threads }: LocalTask): Promise<Loaded> {
  const { AutoModel, AutoModelForSequenceClassification, AutoTokenizer, env } = await import(
    '@huggingface/transformers'
  )
  if (modelsDir) env.localModelPath = modelsDir
  if (cacheDir) env.cacheDir = cacheDir
  const files = modelsDir ? await readdir(join(modelsDir, name, 'onnx')).catch(() => []) : []
  const dtype = WEIGHT_FILES.find(([file]) => files.includes(file))?.[1] ?? 'q8'
  const options = {
    dtype,
    local_files_only: modelsDir !== undefined,
    // More threads than one bring little on inputs this short and take the cores from everything else.
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
    progress_callback: () => port?.postMessage({ kind: 'progress' } satisfies WorkerAnswer),
  }
  const tokenizer = await AutoTokenizer.from_pretrained(name, options)
  const measure = (texts: string[]): Rows => ({
    rows: Float32Array.from(texts, knownTo(tokenizer)),
    width: 1,
  })
  if (kind === 'rerank') {
    const judge = await AutoModelForSequenceClassification.from_pretrained(name, options)
    return { compute: score(tokenizer, judge), measure }
  }
  const model = await AutoModel.from_pretrained(name, options)
  return { compute: embed(tokenizer, model, await choosePooling(name, modelsDir)), measure }
}

function knownTo(tokenizer: PreTrainedTokenizer): (text: string) => number {
  const unknown: unknown = tokenizer.unk_token
  return (text) =>
    shareOfKnownWords(tokenizer.tokenize(text), typeof unknown === 'string' ? unknown : undefined)
}

function embed(tokenizer: PreTrainedTokenizer, model: PreTrainedModel, pooling: 'mean' | 'cls'): Compute {
  return async (texts) => {
    const inputs = await tokenizer(texts, { padding: true, truncation: true, max_length: MAX_TOKENS })
    const output = await model(inputs)
    const hidden: Tensor = output.last_hidden_state ?? output.token_embeddings
    return pool(hidden, inputs.attention_mask, pooling)
  }
}

/** The tensors' properties are proxied: each is read once, outside the loops. */
function pool(hidden: Tensor, attention: Tensor, pooling: 'mean' | 'cls'): Rows {
  const [count = 0, length = 0, width = 0] = hidden.dims
  const values = hidden.data as Float32Array
  const mask = attention.data as BigInt64Array
  const rows = new Float32Array(count * width)
  for (let text = 0; text < count; text += 1) {
    const row = rows.subarray(text * width, (text + 1) * width)
    for (let token = 0; token < (pooling === 'cls' ? 1 : length); token += 1) {
      if (!mask[text * length + token]) continue
      const from = (text * length + token) * width
      for (let column = 0; column < width; column += 1)
        row[column] = (row[column] ?? 0) + (values[from + column] ?? 0)
    }
    normalise(row)
  }
  return { rows, width }
}

function normalise(row: Float32Array): void {
  const norm = Math.hypot(...row) || 1
  for (let column = 0; column < row.length; column += 1) row[column] = (row[column] ?? 0) / norm
}

function score(tokenizer: PreTrainedTokenizer, model: PreTrainedModel): Compute {
  return async (texts, pairs = []) => {
    const inputs = await tokenizer(texts, {
      text_pair: pairs,
      padding: true,
      truncation: true,
      max_length: MAX_TOKENS,
    })
    const { logits }: { logits: Tensor } = await model(inputs)
    const width = logits.dims.at(-1) ?? 1
    const values = logits.data as Float32Array
    // One label: how relevant. Two: irrelevant and relevant.
    const rows = Float32Array.from(texts, (_, text) => {
      const last = values[text * width + width - 1] ?? 0
      return sigmoid(width === 2 ? last - (values[text * width] ?? 0) : last)
    })
    return { rows, width: 1 }
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/** As the model's author says; the ONNX copies of the bge and arctic families leave that file out. */
async function choosePooling(name: string, modelsDir: string | undefined): Promise<'mean' | 'cls'> {
  const path = modelsDir && join(modelsDir, name, '1_Pooling', 'config.json')
  const told = path ? await readFile(path, 'utf8').catch(() => undefined) : undefined
  if (told !== undefined) return /"pooling_mode_cls_token"\s*:\s*true/.test(told) ? 'cls' : 'mean'
  return /\b(bge|snowflake-arctic-embed|mxbai-embed)\b/i.test(name) ? 'cls' : 'mean'
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
