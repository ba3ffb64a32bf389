import type { Request, Response } from 'express'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'

/** Bounds of the event streams of one web process. */
export interface StreamLimits {
  /** Streams open at a time, in all: each holds a socket and asks the database at least every `pollMs`. */
  maxStreams: number
  /** Streams one visitor may have open: a browser allows six connections in all to a host over HTTP/1.1. */
  maxStreamsPerVisitor: number
  /** Proxies close what is silent, commonly after 30 to 60 s. */
  heartbeatMs: number
  /** How often an open stream looks for itself, should a notification be lost. */
  pollMs: number
  /** A stream ends after this; a browser comes back through the door, and finds it shut if it was signed out. */
  maxAgeMs?: number
}

export const STREAM_LIMITS: StreamLimits = {
  maxStreams: 1_000,
  maxStreamsPerVisitor: 4,
  heartbeatMs: 15_000,
  pollMs: 5_000,
}

/** A reader further behind than this is cut off; its browser connects again and goes on where it was. */
const MAX_UNREAD_BYTES = 1_048_576

/** When the browser is to connect again after a break. */
const RETRY_MS = 1_500

export interface StreamEvent {
  event: string
  /** What the browser says when it connects again. */
  id?: string
  data: unknown
}

/** Where the events of one stream come from. */
export interface StreamSource {
  /** Says when to read again; returns how to stop. */
  subscribe(listener: () => void): () => void
  /** What is new since the last call. */
  read(): Promise<StreamEvent[]>
}

/** Serves server-sent events within the limits, until the reader leaves or the signal stops the server. */
export function createStreams(limits: StreamLimits, stopping: AbortSignal, log: Logger) {
  const open = new Map<string, number>()
  let total = 0

  function count(visitorId: string, change: 1 | -1) {
    total += change
    const left = (open.get(visitorId) ?? 0) + change
    if (left === 0) open.delete(visitorId)
    else open.set(visitorId, left)
  }

  return {
    /** @throws {AppError} `request.rate_limited` when this visitor, or everyone together, has too many open. */
    serve(
      req: Request,
      res: Response,
      { visitorId, source }: { visitorId: string; source: StreamSource },
    ): void {
      if (total >= limits.maxStreams || (open.get(visitorId) ?? 0) >= limits.maxStreamsPerVisitor) {
        throw new AppError('request.rate_limited', { retryAfterSeconds: 10 })
      }
      const closed = new AbortController()
      count(visitorId, 1)
      const end = () => closed.abort()
      closed.signal.addEventListener('abort', () => {
        count(visitorId, -1)
        stopping.removeEventListener('abort', end)
        res.end()
      })
      stopping.addEventListener('abort', end)
      const ageing = limits.maxAgeMs === undefined ? undefined : setTimeout(end, limits.maxAgeMs).unref()
      closed.signal.addEventListener('abort', () => clearTimeout(ageing))
      res.on('close', end)
      if (stopping.aborted) end()
      else writeStream(req, res, { source, limits, signal: closed.signal, log })
    },
  }
}

interface StreamParts {
  source: StreamSource
  limits: StreamLimits
  signal: AbortSignal
  log: Logger
}

function writeStream(req: Request, res: Response, { source, limits, signal, log }: StreamParts): void {
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // Asks nginx not to hold events back.
    'X-Accel-Buffering': 'no',
  })
  res.flushHeaders()
  req.socket.setNoDelay(true)
  res.write(`retry: ${RETRY_MS}\n\n`)
  const readSoon = createReader(source, res, { signal, log })
  const unsubscribe = source.subscribe(readSoon)
  const poll = setInterval(readSoon, limits.pollMs)
  const heartbeat = setInterval(() => res.write(': still here\n\n'), limits.heartbeatMs)
  signal.addEventListener('abort', () => {
    unsubscribe()
    clearInterval(poll)
    clearInterval(heartbeat)
  })
  readSoon()
}

/** Reads and writes one round at a time; calls during a round make one more. */
function createReader(
  source: StreamSource,
  res: Response,
  { signal, log }: { signal: AbortSignal; log: Logger },
) {
  let isReading = false
  let isAsked = false
  return async function readSoon(): Promise<void> {
    isAsked = true
    if (isReading) return
    isReading = true
    try {
      while (isAsked && !signal.aborted) {
        isAsked = false
        for (const event of await source.read()) writeEvent(res, event)
        if (res.writableLength > MAX_UNREAD_BYTES) res.destroy()
      }
    } catch (error) {
      // The next notification or poll reads again; nothing was taken as seen.
      log.warn({ err: error }, 'try-stream-read-failed')
    } finally {
      isReading = false
    }
  }
}

function writeEvent(res: Response, { event, id, data }: StreamEvent): void {
  res.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
