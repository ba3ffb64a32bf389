import { z } from 'zod'
import { handOver, type SentFile } from '../network/sent-file.ts'
import {
  createTroubles,
  delay,
  GATEWAY_PAGE,
  openStandInServer,
  type StandInAnswer,
  type StandInRequest,
} from '../stand-in-server.ts'
import { type Check, HAS_SPECS, openSpec } from '../vendor-spec.ts'
import {
  answerTelegramMethod,
  type TelegramCallTaken,
  type TelegramSent,
  type TelegramState,
} from './methods.ts'

/** What goes wrong with a sendMessage. `isRecorded`: the message was taken all the same, only the answer is lost. */
export type TelegramTrouble =
  | { kind: 'refuse'; errorCode: number; description: string; parameters?: Record<string, number> }
  | { kind: 'gateway'; status: number }
  | { kind: 'reset' | 'hang'; isRecorded?: boolean }

export interface TelegramStandInOptions {
  /** Milliseconds before each answer. */
  delayMs?: number | (() => number)
  /** Tokens that are good; without it every token of the right form is. */
  tokens?: string[]
  /** False for a Bot API server from before drafts. */
  hasDrafts?: boolean
}

export interface TelegramStandIn extends AsyncDisposable {
  /** The `apiRoot`. */
  url: string
  /** False when the vendor's specification is not at hand and only the built-in limits are kept. */
  isSpecChecked: boolean
  sent: TelegramSent[]
  /** What was refused, and why. */
  refused: { method: string; reason: string; body: unknown }[]
  /** Every other call that was taken, in order: drafts, actions, acknowledgements, webhooks. */
  calls: TelegramCallTaken[]
  /** Puts a file of a person's on the server; returns what an update carries of it. */
  addFile(file: SentFile): { file_id: string; file_unique_id: string; file_size?: number }
  /** How often each file was fetched, by its id. */
  fetched: Map<string, number>
  setDelayMs(delayMs: number | (() => number)): void
  /** The next `count` calls of sendMessage meet this trouble. */
  failNext(count: number, trouble: TelegramTrouble): void
  close(): Promise<void>
}

const ADDRESS = /^\/bot([^/]+)\/(\w+)$/
const FILE_ADDRESS = /^\/file\/bot([^/]+)\/files\/(\w+)\.bin$/
const TOKEN = /^\d+:[\w-]+$/

/**
 * A Bot API server on loopback that keeps the published schema and limits,
 * and remembers each message before it answers.
 */
export async function startTelegramStandIn(options: TelegramStandInOptions = {}): Promise<TelegramStandIn> {
  const spec = openSpec('telegram/bot-api-10.3.types.schema.json')
  const checks = new Map<string, Check>([['sendMessage', spec.check('methods.sendMessage')]])
  const troubles = createTroubles<TelegramTrouble>()
  const state: TelegramState = {
    sent: [],
    calls: [],
    webhooks: new Map(),
    hasDrafts: options.hasDrafts ?? true,
    files: new Map(),
  }
  const refused: TelegramStandIn['refused'] = []
  let delayMs = options.delayMs ?? 0

  function checkOf(method: string): Check {
    const check = checks.get(method) ?? spec.check(`methods.${method}`)
    checks.set(method, check)
    return check
  }

  function answer(token: string, method: string, body: Record<string, unknown>): StandInAnswer {
    if (!TOKEN.test(token)) return refuse(404, 'Not Found')
    if (options.tokens && !options.tokens.includes(token)) return refuse(401, 'Unauthorized')
    const result = answerTelegramMethod(state, { token, method, body, checkOf })
    if ('refusal' in result) {
      refused.push({ method, reason: result.refusal.description, body })
      return refuse(result.refusal.code, result.refusal.description)
    }
    return { status: 200, body: { ok: true, result: result.result } }
  }

  const fetched = new Map<string, number>()

  function hand(token: string, id: string): StandInAnswer {
    const file = state.files.get(id)
    const isKnown = options.tokens ? options.tokens.includes(token) : TOKEN.test(token)
    if (!file || !isKnown) return refuse(isKnown ? 404 : 401, isKnown ? 'Not Found' : 'Unauthorized')
    fetched.set(id, (fetched.get(id) ?? 0) + 1)
    return handOver(file)
  }

  async function meet({ path, body }: StandInRequest): Promise<StandInAnswer> {
    const [, fileToken, fileId] = FILE_ADDRESS.exec(path) ?? []
    if (fileToken !== undefined && fileId !== undefined) return hand(fileToken, fileId)
    const [, token = '', method = ''] = ADDRESS.exec(path) ?? []
    const trouble = method === 'sendMessage' ? troubles.take() : undefined
    const params = z.record(z.string(), z.unknown()).safeParse(body ?? {}).data ?? {}
    if (trouble && !('isRecorded' in trouble && trouble.isRecorded)) return meetTrouble(trouble)
    const answered = answer(decodeURIComponent(token), method, params)
    await delay(typeof delayMs === 'function' ? delayMs() : delayMs)
    return trouble ? meetTrouble(trouble) : answered
  }

  const server = await openStandInServer(meet)
  return {
    url: server.url,
    isSpecChecked: HAS_SPECS,
    sent: state.sent,
    refused,
    calls: state.calls,
    fetched,
    addFile(file) {
      const id = `file${state.files.size + 1}`
      state.files.set(id, file)
      return { file_id: id, file_unique_id: `u${id}`, ...(file.bytes && { file_size: file.bytes.length }) }
    },
    setDelayMs: (ms) => {
      delayMs = ms
    },
    failNext: troubles.plan,
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  }
}

function meetTrouble(trouble: TelegramTrouble): StandInAnswer {
  if (trouble.kind === 'refuse') return refuse(trouble.errorCode, trouble.description, trouble.parameters)
  if (trouble.kind === 'gateway') return { status: trouble.status, body: GATEWAY_PAGE }
  return { break: trouble.kind }
}

function refuse(errorCode: number, description: string, parameters?: Record<string, number>): StandInAnswer {
  const body = { ok: false, error_code: errorCode, description, ...(parameters ? { parameters } : {}) }
  const wait = parameters?.retry_after
  return {
    status: errorCode,
    body,
    ...(wait === undefined ? {} : { headers: { 'retry-after': String(wait) } }),
  }
}
