import { readFile } from 'node:fs/promises'
import type { Bot } from '../bots/bot-settings.ts'
import type { Channel } from '../channels/channel.ts'
import { isDatabaseAway } from '../db/persist.ts'
import { AppError } from '../errors.ts'
import type { Extraction } from '../extraction/block.ts'
import { measureRecording } from '../extraction/recordings/length.ts'
import type { Logger } from '../logger.ts'
import type { Connections } from '../messaging/connection.ts'
import { type ChannelName, type Heard, MAX_UPDATE_TEXT } from '../messaging/update.ts'
import type { Picture } from '../models/model.ts'
import { costOfRecording } from '../models/prices.ts'
import { sniffPicture } from '../models/seeing.ts'
import type { Transcriber } from '../models/transcriber.ts'
import type { MediaEvent } from './attachment.ts'
import { type FetchedFile, fetchFile, readHead } from './fetch-file.ts'

export interface AttachmentSettings {
  /** Of one file. */
  maxBytes: number
  /** To fetch one file. */
  timeoutMs: number
  /** Longest recording that is listened to. */
  maxSeconds: number
  /** Longest time one model may take for a recording. */
  transcribeTimeoutMs: number
}

export interface SentFile {
  bot: Bot
  channel: ChannelName
  event: MediaEvent
  signal: AbortSignal
}

/** A text a person sent as a file. */
export interface SentText {
  name: string
  text: string
}

/**
 * What people send beside words. Each is fetched, taken in and thrown away: what is returned is all that is left
 * of it.
 *
 * All throw an AppError: `attachment.*` (see the catalogue), and `model.aborted` when the signal ended it.
 */
export interface Attachments {
  /** False where nothing can listen. */
  readonly canListen: boolean
  /**
   * Writes down what is said.
   *
   * @param mostUsd What it may cost, by the list prices.
   * @throws {AppError} also `model.*` when no model could, `model.too_dear` before any was asked.
   */
  listen(sent: SentFile, mostUsd?: number): Promise<Heard>
  look(sent: SentFile): Promise<Picture>
  /** The beginning of a document's text. @throws {AppError} also `document.*` when it cannot be read. */
  read(sent: SentFile): Promise<SentText>
}

interface AttachmentParts {
  channels: Record<ChannelName, Channel>
  connections: Pick<Connections, 'find'>
  transcriber: Transcriber | undefined
  extractor: { extract(path: string, options?: { fileName?: string }): Promise<Extraction> }
  settings: AttachmentSettings
  log: Logger
}

/** Beyond it the vendors that see refuse a picture, or shrink it to less. */
const MAX_PICTURE_BYTES = 5 * 1024 * 1024

/** Of a person's document that is read: some ten pages, more than fits beside the material of an answer. */
const MAX_TEXT_CHARACTERS = 24_000

/** A person's document waits for those of others and is read within this time, or not at all. */
const READ_TIMEOUT_MS = 30_000

const MAX_NAME_CHARACTERS = 120

export function createAttachments(parts: AttachmentParts): Attachments {
  const { channels, connections, transcriber, extractor, settings, log } = parts

  async function fetch({ bot, channel, event, signal }: SentFile, maxBytes: number): Promise<FetchedFile> {
    const connection = await connections.find(bot.id, channel)
    if (!connection || event.fileId === undefined) throw new AppError('attachment.unavailable')
    if ((event.sizeBytes ?? 0) > maxBytes) throw tooLarge(maxBytes)
    const { timeoutMs } = settings
    return fetchFile(channels[channel], { connection, fileId: event.fileId, maxBytes, timeoutMs, signal })
  }

  function checkLength(seconds: number | undefined): void {
    if (seconds !== undefined && seconds > settings.maxSeconds) {
      throw new AppError('attachment.too_long', { limitSeconds: settings.maxSeconds })
    }
  }

  /** Whatever breaks is one file that was not taken in, and no broken Turn. */
  async function asAttachment<T>({ bot, signal }: SentFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) throw new AppError('model.aborted')
      if (error instanceof AppError || isDatabaseAway(error)) throw error
      log.warn({ err: error, botId: bot.id }, 'attachment-not-taken')
      throw new AppError('attachment.unavailable', { cause: error })
    }
  }

  async function listen(sent: SentFile, mostUsd: number): Promise<Heard> {
    if (!transcriber) throw new AppError('attachment.unreadable')
    checkLength(sent.event.seconds)
    await using file = await fetch(sent, settings.maxBytes)
    const recording = await measureRecording(file.path)
    if (!recording) throw new AppError('attachment.unreadable')
    checkLength(recording.seconds)
    const length = recording.seconds ?? sent.event.seconds
    const costs = transcriber.names.map((name) => costOfRecording(name, length ?? settings.maxSeconds))
    if (Math.max(...costs) > mostUsd) throw new AppError('model.too_dear')
    const { text, model, costUsd, seconds } = await transcriber.transcribe(
      {
        path: file.path,
        sizeBytes: file.sizeBytes,
        mediaType: recording.kind.mediaType,
        seconds: length,
      },
      { timeoutMs: settings.transcribeTimeoutMs, signal: sent.signal },
    )
    const kept = text.slice(0, MAX_UPDATE_TEXT).replaceAll('\0', '').toWellFormed()
    return { text: kept, model, costUsd, ...(seconds !== undefined && { seconds }) }
  }

  async function look(sent: SentFile): Promise<Picture> {
    await using file = await fetch(sent, Math.min(settings.maxBytes, MAX_PICTURE_BYTES))
    const mediaType = sniffPicture(await readHead(file.path))
    if (!mediaType) throw new AppError('attachment.unreadable')
    return { mediaType, base64: await readFile(file.path, 'base64') }
  }

  async function read(sent: SentFile): Promise<SentText> {
    await using file = await fetch(sent, settings.maxBytes)
    const name = (sent.event.fileName ?? 'document').slice(0, MAX_NAME_CHARACTERS).toWellFormed()
    const { blocks } = await within(extractor.extract(file.path, { fileName: name }), sent.signal)
    return { name, text: joinBlocks(blocks) }
  }

  return {
    canListen: transcriber !== undefined,
    listen: (sent, mostUsd = Infinity) => asAttachment(sent, () => listen(sent, mostUsd)),
    look: (sent) => asAttachment(sent, () => look(sent)),
    read: (sent) => asAttachment(sent, () => read(sent)),
  }
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('attachment.too_large', { limitBytes })
}

async function within(reading: Promise<Extraction>, signal: AbortSignal): Promise<Extraction> {
  const timeout = AbortSignal.timeout(READ_TIMEOUT_MS)
  const ended = AbortSignal.any([signal, timeout])
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => {
    reject(
      new AppError(signal.aborted ? 'model.aborted' : 'attachment.timed_out', { limitMs: READ_TIMEOUT_MS }),
    )
  }
  ended.addEventListener('abort', end, { once: true })
  if (ended.aborted) end()
  try {
    // The loser may fail later, when its file is gone.
    reading.catch(() => {})
    return await Promise.race([reading, promise])
  } finally {
    ended.removeEventListener('abort', end)
  }
}

function joinBlocks(blocks: Extraction['blocks']): string {
  let text = ''
  for (const block of blocks) {
    text += `${block.text}\n\n`
    if (text.length > MAX_TEXT_CHARACTERS) break
  }
  return text.slice(0, MAX_TEXT_CHARACTERS).replaceAll('\0', '').toWellFormed().trim()
}
