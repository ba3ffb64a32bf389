import { Api, GrammyError, HttpError } from 'grammy'
import { AppError } from '../errors.ts'
import { explainTelegramRefusal } from './telegram-errors.ts'
import { explainForeignAnswer, fetchVendor, type VendorAnswer } from './vendor-fetch.ts'

export interface TelegramServer {
  /** Without a trailing slash. */
  apiRoot: string
  timeoutMs: number
  fetch?: typeof globalThis.fetch | undefined
}

export interface TelegramCall {
  server: TelegramServer
  token: string
  signal?: AbortSignal | undefined
}

/**
 * Runs calls of grammY's `Api` for one bot over our bounded `fetch`.
 *
 * grammY's own errors end here: they hold the payload (a person's words) and,
 * through their cause, the address with the token in it.
 *
 * @throws {AppError} one of the `channel.*` codes.
 */
export async function callTelegram<T>(call: TelegramCall, act: (api: Api) => Promise<T>): Promise<T> {
  try {
    return await act(openApi(call))
  } catch (error) {
    throw explainTelegramFailure(error, call.token)
  }
}

/** An `Api` whose failures are still grammY's; turn them with {@link explainTelegramFailure}. */
export function openApi({ server, token, signal }: TelegramCall): Api {
  return new Api(token, {
    apiRoot: server.apiRoot,
    fetch: async (url: string, init: { method: string; headers: Record<string, string>; body: string }) => {
      const answer = await fetchVendor({
        fetch: server.fetch ?? globalThis.fetch,
        url,
        method: init.method,
        headers: init.headers,
        body: init.body,
        timeoutMs: server.timeoutMs,
        signal,
      })
      if (!isBotApiAnswer(answer)) throw explainForeignAnswer(answer)
      return { json: async () => answer.body }
    },
  })
}

/** Any failure of a call as an error of ours. */
export function explainTelegramFailure(error: unknown, token: string): AppError {
  if (error instanceof HttpError) return explainTelegramFailure(error.error, token)
  if (error instanceof GrammyError) return explainTelegramRefusal(error, token)
  if (error instanceof AppError) return error
  // What is left is a mistake of ours or of the library. Its text may hold anything, so only its name is kept.
  const reason = error instanceof Error ? error.name : 'unknown'
  return new AppError('channel.rejected', { reason })
}

function isBotApiAnswer({ body }: VendorAnswer): boolean {
  return typeof body === 'object' && body !== null && 'ok' in body && typeof body.ok === 'boolean'
}
