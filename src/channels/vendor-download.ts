import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { AppError, nameFailure } from '../errors.ts'
import { withinBytes } from '../files/within-bytes.ts'
import type { AttachmentRequest, OpenedAttachment } from './channel.ts'

/** The time and the end of one download, over all its calls. */
export interface DownloadBounds {
  maxBytes: number
  /** Aborts when the time is up or the caller has ended it. */
  signal: AbortSignal
  /** The failure of a call of this download, as one of `attachment.*`, without a word of the vendor's or an address. */
  explain(error: unknown): AppError
}

export function boundDownload({ maxBytes, timeoutMs, signal }: AttachmentRequest): DownloadBounds {
  const timeout = AbortSignal.timeout(timeoutMs)
  return {
    maxBytes,
    signal: AbortSignal.any([signal, timeout]),
    explain(error) {
      if (timeout.aborted && !signal.aborted) return new AppError('attachment.timed_out', { timeoutMs })
      if (error instanceof AppError && error.code.startsWith('attachment.')) return error
      const { vendorCode } = error instanceof AppError ? error.details : {}
      return new AppError('attachment.unavailable', {
        reason: nameOf(error),
        ...(vendorCode !== undefined && { vendorCode }),
      })
    },
  }
}

/**
 * Begins to download a file. No redirect is followed: what is sent along is for this host alone.
 *
 * By `node:http`, whose pieces are those of the socket: `fetch` copies each of them twice, which is most of the
 * memory a download takes.
 *
 * @throws {AppError} `attachment.*`
 */
export async function downloadFromVendor(
  { url, headers = {} }: { url: string; headers?: Record<string, string> },
  bounds: DownloadBounds,
): Promise<OpenedAttachment> {
  try {
    const response = await ask(url, headers, bounds.signal)
    const { statusCode: status = 0 } = response
    const isTooLarge = Number(response.headers['content-length']) > bounds.maxBytes
    if (status !== 200 || isTooLarge) {
      response.destroy()
      throw status === 200
        ? tooLarge(bounds.maxBytes)
        : new AppError('attachment.unavailable', { vendorCode: status })
    }
    return { mediaType: response.headers['content-type'], body: readWithin(response, bounds) }
  } catch (error) {
    throw bounds.explain(error)
  }
}

function ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const get = url.startsWith('https:') ? getHttps : getHttp
  get(url, { headers, signal }, resolve).once('error', reject)
  return promise
}

async function* readWithin(body: IncomingMessage, bounds: DownloadBounds): AsyncGenerator<Uint8Array> {
  try {
    yield* withinBytes<Uint8Array>(body, { maxBytes: bounds.maxBytes, tooLarge })
  } catch (error) {
    throw bounds.explain(error)
  }
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('attachment.too_large', { limitBytes })
}

/** Of a failure that wraps another, the other's. */
function nameOf(error: unknown): string {
  if (error instanceof AppError) return error.code
  return nameFailure(error instanceof Error && error.cause instanceof Error ? error.cause : error)
}
