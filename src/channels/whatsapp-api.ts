import { WhatsAppAPI } from 'whatsapp-api-js'
import { AppError } from '../errors.ts'
import { fetchVendor } from './vendor-fetch.ts'
import { explainWhatsappAnswer } from './whatsapp-errors.ts'

/** The library writes this origin into every address; a server of another name is put in its place. */
const LIBRARY_ORIGIN = 'https://graph.facebook.com'

export interface WhatsappServer {
  /** Without a trailing slash. */
  apiRoot: string
  /** For example `v26.0`. */
  apiVersion: string
  timeoutMs: number
  fetch?: typeof globalThis.fetch | undefined
}

export interface WhatsappCall {
  server: WhatsappServer
  token: string
  signal?: AbortSignal | undefined
}

/**
 * Runs calls of `whatsapp-api-js` for one number over our bounded `fetch`.
 *
 * The library knows no time limit, no other server and no failure (an error
 * of Graph is returned like a success), so all three live in the `fetch` it
 * is given. It verifies no signatures here, hence `secure: false`.
 *
 * @throws {AppError} one of the `channel.*` codes.
 */
export async function callWhatsapp<T>(call: WhatsappCall, act: (api: WhatsAppAPI) => Promise<T>): Promise<T> {
  try {
    return await act(openApi(call))
  } catch (error) {
    if (error instanceof AppError) throw error
    // The library stumbled over an answer of an unknown form: the request had left.
    const reason = error instanceof Error ? error.name : 'unknown'
    throw new AppError('channel.doubtful', { reason })
  }
}

function openApi({ server, token, signal }: WhatsappCall): WhatsAppAPI {
  return new WhatsAppAPI({
    token,
    secure: false,
    v: server.apiVersion,
    ponyfill: {
      async fetch(input, init) {
        const answer = await fetchVendor({
          fetch: server.fetch ?? globalThis.fetch,
          url: String(input).replace(LIBRARY_ORIGIN, server.apiRoot),
          method: init?.method ?? 'GET',
          headers: Object.fromEntries(new Headers(init?.headers)),
          body: typeof init?.body === 'string' ? init.body : undefined,
          timeoutMs: server.timeoutMs,
          signal,
        })
        const failure = explainWhatsappAnswer(answer, token)
        if (failure) throw failure
        return new Response(answer.text, { status: 200 })
      },
    },
  })
}
