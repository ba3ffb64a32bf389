/**
 * A process of its own that takes in what the pouring server sends: a first time, then once more while its memory is
 * watched, then twice at once. Prints how each ended and by how many megabytes its resident memory grew meanwhile.
 *
 * Called with `attachment` or `page`, and the server's port.
 */
import { fetchFile } from '../../attachments/fetch-file.ts'
import { boundDownload, downloadFromVendor } from '../../channels/vendor-download.ts'
import { createAddressGuard } from '../../crawling/address-guard.ts'
import { requestWeb } from '../../crawling/web-request.ts'
import { AppError } from '../../errors.ts'

const MEGABYTE = 1024 * 1024
const MAX_BYTES = 20 * MEGABYTE
const TIMEOUT_MS = 30_000

const [kind, port] = process.argv.slice(2)
const url = `http://127.0.0.1:${port}/`

async function takeAttachment(): Promise<unknown> {
  const request = {
    connection: {
      ...{ id: 'c', creatorId: 'c', botId: 'b', channel: 'telegram' as const, externalId: '1' },
      credentials: {},
    },
    ...{ fileId: 'f', maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, signal: new AbortController().signal },
  }
  return fetchFile({ openAttachment: () => downloadFromVendor({ url }, boundDownload(request)) }, request)
}

async function takePage(): Promise<unknown> {
  using answer = await requestWeb({
    url: new URL(url),
    guard: createAddressGuard({ allowPrivate: [`127.0.0.1:${port}`] }),
    headers: {},
    limits: { maxBytes: MAX_BYTES, totalMs: TIMEOUT_MS, idleMs: TIMEOUT_MS },
  })
  for await (const _ of answer.body());
  return undefined
}

async function take(): Promise<string> {
  return (kind === 'attachment' ? takeAttachment() : takePage()).then(
    () => 'taken',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )
}

const endings = [await take()]
const before = process.memoryUsage.rss()
let most = before
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss())
}, 2)
endings.push(await take())
clearInterval(watch)
endings.push(...(await Promise.all([take(), take()])))
process.stdout.write(
  `${JSON.stringify({ endings, grownMegabytes: Math.round((most - before) / MEGABYTE) })}\n`,
)
