import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { AppError, nameFailure } from '../errors.ts'
import { withinBytes } from '../files/within-bytes.ts'
import type { AddressGuard } from './address-guard.ts'

export interface RequestLimits {
  /** Of the body, counted after it is unpacked. */
  maxBytes: number
  /** From the name's look-up to the last byte. */
  totalMs: number
  /** Without a byte in either direction. */
  idleMs: number
}

export interface WebRequest {
  url: URL
  guard: AddressGuard
  headers: Record<string, string>
  limits: RequestLimits
  signal?: AbortSignal | undefined
}

/** One answer, its body unread. Disposing of it ends the connection. */
export interface WebResponse extends Disposable {
  status: number
  header(name: string): string | undefined
  /**
   * The body, unpacked.
   * @throws {AppError} `web_page.too_large`, `web_page.timed_out`, `web_page.failed` for a body that is broken.
   */
  body(): AsyncGenerator<Buffer>
}

/**
 * Asks one server once, over a connection of its own, and follows nothing.
 *
 * @throws {AppError} `web_address.refused`, `web_page.unreachable`, `web_page.timed_out`; the signal's reason.
 */
export async function requestWeb({ url, guard, headers, limits, signal }: WebRequest): Promise<WebResponse> {
  const stop = new AbortController()
  const ending = signal ? AbortSignal.any([stop.signal, signal]) : stop.signal
  const giveUp = () => stop.abort(new AppError('web_page.timed_out'))
  const timer = setTimeout(giveUp, limits.totalMs)
  try {
    ending.throwIfAborted()
    const response = await send(url, { guard, headers, idleMs: limits.idleMs, ending, giveUp })
    const end = () => {
      clearTimeout(timer)
      response.destroy()
    }
    return {
      status: response.statusCode ?? 0,
      header: (name) => [response.headers[name]].flat().join(', ') || undefined,
      body: () => readBody(response, { maxBytes: limits.maxBytes, ending, end }),
      [Symbol.dispose]: end,
    }
  } catch (error) {
    clearTimeout(timer)
    throw explain(error, ending)
  }
}

interface Sending {
  guard: AddressGuard
  headers: Record<string, string>
  idleMs: number
  ending: AbortSignal
  giveUp: () => void
}

function send(url: URL, { guard, headers, idleMs, ending, giveUp }: Sending): Promise<IncomingMessage> {
  guard.check(url)
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const call = request(url, {
      lookup: guard.lookupOf(url),
      agent: false,
      signal: ending,
      timeout: idleMs,
      headers: { 'Accept-Encoding': 'gzip, br', ...headers },
    })
    call.on('socket', (socket) => {
      socket.once('connect', () => {
        try {
          guard.checkConnected(url, socket.remoteAddress)
        } catch (error) {
          call.destroy(error instanceof Error ? error : undefined)
        }
      })
    })
    call.on('timeout', giveUp)
    call.on('error', reject)
    call.on('response', (response) => {
      // Heard by whoever reads the body; left unread, it must not end the process.
      response.on('error', () => {})
      resolve(response)
    })
    call.end()
  })
}

async function* readBody(
  response: IncomingMessage,
  { maxBytes, ending, end }: { maxBytes: number; ending: AbortSignal; end: () => void },
): AsyncGenerator<Buffer> {
  try {
    yield* withinBytes(unpack(response), { maxBytes, tooLarge: pageTooLarge })
  } catch (error) {
    throw explain(error, ending, 'web_page.failed')
  } finally {
    end()
  }
}

/** What is said of a body that is longer than it may be, as it came or unpacked. */
export function pageTooLarge(limitBytes: number): AppError {
  return new AppError('web_page.too_large', { limitBytes })
}

function unpack(response: IncomingMessage): AsyncIterable<Buffer> {
  const packing = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (packing === 'identity' || packing === '') return response
  const unpacker =
    packing === 'gzip' || packing === 'x-gzip'
      ? createGunzip()
      : packing === 'deflate'
        ? createInflate()
        : packing === 'br'
          ? createBrotliDecompress()
          : undefined
  // Packed twice, or in a way we did not ask for.
  if (!unpacker) throw new AppError('web_page.failed', { reason: 'unknown content encoding' })
  // What fails is heard by whoever reads the unpacker.
  return pipeline(response, unpacker, () => {})
}

function explain(
  error: unknown,
  ending: AbortSignal,
  code: 'web_page.unreachable' | 'web_page.failed' = 'web_page.unreachable',
): unknown {
  if (ending.aborted) return ending.reason
  if (error instanceof AppError) return error
  return new AppError(code, { reason: nameFailure(error) })
}
