/**
 * The child process that reads files nobody vouches for. It is started by
 * `child.ts`, takes one file at a time, and may be killed at any moment.
 */
import { AppError } from '../../errors.ts'
import type { Block } from '../block.ts'
import type { PageProgress } from '../format.ts'
import { BlockSink } from '../sink.ts'
import { sniff } from '../sniff.ts'
import { type ExtractJob, type ExtractOrder, REFUSALS } from './order.ts'
import type { ExtractReport } from './protocol.ts'

/** Text sent in one message: the parent takes each in a few milliseconds and stays awake between them. */
const MESSAGE_CHARACTERS = 256 * 1024

/** Takes the text of the picture that was sent last. */
let takeText: (text: string) => void = () => {}

process.on('message', (order: ExtractOrder) => {
  if ('recognised' in order) takeText(order.recognised)
  else void run(order)
})
// Leaving in order would try to keep newly compiled code, which it may not.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))

async function run(job: ExtractJob): Promise<void> {
  try {
    const bytes = await readInput(job.sizeBytes)
    const { limits, fileName } = job
    const onPage = createPageReporter()
    const source = {
      bytes,
      limits,
      onPage,
      fileName,
      ...(job.canRecognise && { recognise }),
    }
    const sink = new BlockSink(limits.textCharacters)
    const format = await sniff(source)
    const read = await format.load()
    const { title, pages } = await read(source, sink)
    if (sink.blocks.length === 0) throw new AppError('document.no_text')
    await sendBlocks(sink.blocks)
    await send({
      type: 'done',
      mediaType: format.mediaType,
      characters: sink.characters,
      ...(title && { title: title.slice(0, 500) }),
      ...(pages !== undefined && { pages }),
    })
  } catch (error) {
    await send(refusal(error))
  }
}

/** Tells of pages at most this often: people watch, no one counts. */
const PAGES_EVERY_MS = 200

function createPageReporter(): (progress: PageProgress) => void {
  let toldAt = performance.now()
  return ({ done, total }) => {
    if (performance.now() - toldAt < PAGES_EVERY_MS) return
    toldAt = performance.now()
    void send({ type: 'pages', done, total })
  }
}

/** This process may start no other: the one that started it reads the picture. */
async function recognise(png: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  takeText = resolve
  await send({ type: 'picture', png: png.toString('base64') })
  return promise
}

/** Exactly the bytes of this job: the next job's follow on the same pipe. */
async function readInput(sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes)
  let filled = 0
  while (filled < sizeBytes) {
    const chunk: Buffer | null = process.stdin.read(
      Math.min(sizeBytes - filled, process.stdin.readableLength),
    )
    if (chunk) filled += chunk.copy(bytes, filled)
    else await new Promise((resolve) => process.stdin.once('readable', resolve))
  }
  return bytes
}

async function sendBlocks(blocks: Block[]): Promise<void> {
  let batch: Block[] = []
  let size = 0
  for (const block of blocks) {
    batch.push(block)
    size += block.text.length
    if (size < MESSAGE_CHARACTERS) continue
    await send({ type: 'blocks', blocks: batch })
    batch = []
    size = 0
  }
  if (batch.length > 0) await send({ type: 'blocks', blocks: batch })
}

function refusal(error: unknown): ExtractReport {
  if (error instanceof AppError) {
    const code = REFUSALS.find((it) => it === error.code)
    if (code) return { type: 'refused', code, detail: String(error.cause ?? '').slice(0, 300) }
  }
  if (isOutOfMemory(error)) return { type: 'refused', code: 'document.extraction_out_of_memory' }
  return { type: 'refused', code: 'document.extraction_failed', detail: String(error).slice(0, 300) }
}

/** V8's and the wasm heap's ways to say that an allocation failed. */
function isOutOfMemory(error: unknown): boolean {
  return /allocation failed|out of memory|invalid (string|array|typed array) length|enlarge memory/i.test(
    String(error),
  )
}

function send(report: ExtractReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(report, () => resolve())
    else resolve()
  })
}
