import { readdir, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttachmentRequest, Channel } from '../channels/channel.ts'
import { createTelegramChannel } from '../channels/telegram.ts'
import { createWhatsappChannel } from '../channels/whatsapp.ts'
import { AppError } from '../errors.ts'
import { createLogger } from '../logger.ts'
import { buildConnection } from '../testing/builders/connection.ts'
import { openTestDataDir } from '../testing/data-dir.ts'
import { takePoured } from '../testing/network/poured.ts'
import type { SentFile } from '../testing/network/sent-file.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../testing/telegram/stand-in.ts'
import { startWhatsappStandIn, type WhatsappStandIn } from '../testing/whatsapp/stand-in.ts'
import { fetchFile, readHead, removeLeftFiles } from './fetch-file.ts'

const MEGABYTE = 1024 * 1024
const LIMIT_BYTES = 20 * MEGABYTE
const TOKEN = `4242:${'T'.repeat(35)}`

const opened = new AsyncDisposableStack()
let telegram: TelegramStandIn
let whatsapp: WhatsappStandIn
let channels: Record<'telegram' | 'whatsapp', Channel>

/** A folder of our own: what other programs leave in theirs is none of our business. */
const earlier = process.env.TMPDIR

beforeAll(async () => {
  process.env.TMPDIR = opened.use(await openTestDataDir()).path
  telegram = opened.use(await startTelegramStandIn({ tokens: [TOKEN] }))
  whatsapp = opened.use(await startWhatsappStandIn({ tokens: [TOKEN] }))
  channels = {
    telegram: createTelegramChannel({
      apiRoot: telegram.url,
      timeoutMs: 2_000,
      log: createLogger('silent'),
    }),
    whatsapp: createWhatsappChannel({ apiRoot: whatsapp.url, apiVersion: 'v26.0', timeoutMs: 2_000 }),
  }
})
afterAll(async () => {
  if (earlier === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = earlier
  await opened.disposeAsync()
})

const VENDORS = ['telegram', 'whatsapp'] as const
type Vendor = (typeof VENDORS)[number]

function send(vendor: Vendor, file: SentFile): string {
  return vendor === 'telegram'
    ? telegram.addFile(file).file_id
    : whatsapp.addMedia({ ...file, mediaType: 'audio/ogg' })
}

function fetch(vendor: Vendor, fileId: string, more: Partial<AttachmentRequest> = {}) {
  const connection = buildConnection({
    channel: vendor,
    externalId: '100200300',
    credentials: { token: TOKEN },
  })
  const signal = new AbortController().signal
  const bounds = { maxBytes: LIMIT_BYTES, timeoutMs: 30_000, signal }
  return fetchFile(channels[vendor], { connection, fileId, ...bounds, ...more })
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (!(error instanceof AppError)) throw new Error(`no failure of ours: ${String(error)}`)
  return error
}

const listLeft = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('cornerman-sent-'))

describe.each(VENDORS)('a file that came by %s', (vendor) => {
  it('is on the disk until it is disposed of, byte for byte', async () => {
    const bytes = Buffer.from('OggS and what follows')
    const before = await listLeft()

    const file = await fetch(vendor, send(vendor, { bytes }))

    expect(file.sizeBytes).toBe(bytes.length)
    expect(await readHead(file.path)).toEqual(bytes)
    await file[Symbol.asyncDispose]()
    expect(await listLeft()).toEqual(before)
  })

  it('of three gigabytes, whose number is not told, is left at the limit', async () => {
    const failure = await failureOf(fetch(vendor, send(vendor, { trouble: 'huge' }), { maxBytes: MEGABYTE }))

    expect(failure.code).toBe('attachment.too_large')
    expect(failure.details).toEqual({ limitBytes: MEGABYTE })
    expect(await listLeft()).toEqual([])
  })

  it('of a byte a second is left when the time is up', async () => {
    const startedAt = performance.now()

    const failure = await failureOf(fetch(vendor, send(vendor, { trouble: 'trickle' }), { timeoutMs: 400 }))

    expect(failure.code).toBe('attachment.timed_out')
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  })

  it('that is gone fails without a word of its address', async () => {
    const failure = await failureOf(fetch(vendor, send(vendor, { trouble: 'gone' })))

    expect(failure.code).toBe('attachment.unavailable')
    const whole = JSON.stringify([failure, failure.message, failure.stack, failure.details, failure.cause])
    expect(whole).not.toContain(TOKEN)
    expect(whole).not.toContain('/file/')
  })

  it('ends with whoever asked for it', async () => {
    const ending = new AbortController()
    const fetching = failureOf(fetch(vendor, send(vendor, { trouble: 'trickle' }), { signal: ending.signal }))
    ending.abort()

    expect((await fetching).code).toBe('attachment.unavailable')
  })
})

describe('what a killed process left of a person’s file', () => {
  it('is removed once it is old, and what is in use is not', async () => {
    const fetched = await fetch('telegram', send('telegram', { bytes: Buffer.from('OggS') }))

    await removeLeftFiles()
    expect(await readHead(fetched.path)).toEqual(Buffer.from('OggS'))
    const longAgo = new Date(Date.now() - 2 * 3_600_000)
    await utimes(dirname(fetched.path), longAgo, longAgo)
    await removeLeftFiles()

    await expect(readHead(fetched.path)).rejects.toMatchObject({ code: 'ENOENT' })
    await fetched[Symbol.asyncDispose]()
  })
})

describe('three gigabytes poured in', () => {
  it('end at the limit, with less than 30 MB more memory', async () => {
    const { endings, grownMegabytes } = await takePoured('attachment')

    expect(endings).toEqual(Array(4).fill('attachment.too_large'))
    expect(grownMegabytes).toBeLessThan(30)
  })
})

describe('a file that came by telegram', () => {
  it('that the server says is too big is too large', async () => {
    const bytes = Buffer.alloc(21 * MEGABYTE)

    const failure = await failureOf(fetch('telegram', send('telegram', { bytes })))

    expect(failure.code).toBe('attachment.too_large')
  })
})

describe('a file that came by whatsapp', () => {
  it('at an address that is not its vendor’s is not asked for, so the token is shown to nobody', async () => {
    const fileId = send('whatsapp', { bytes: Buffer.from('OggS') })
    whatsapp.setMediaHost(telegram.url)

    const failure = await failureOf(fetch('whatsapp', fileId))
    whatsapp.setMediaHost('')

    expect(failure.code).toBe('attachment.unavailable')
    expect(whatsapp.downloads.map(({ id }) => id)).not.toContain(fileId)
  })
})
