import {
  createTroubles,
  delay,
  GATEWAY_PAGE,
  openStandInServer,
  type StandInAnswer,
  type StandInRequest,
} from '../stand-in-server.ts'
import { HAS_SPECS } from '../vendor-spec.ts'
import { decodeStripeForm, openStripeParams, type StripeParams } from './form.ts'
import { createStripeLife, type StripeLife } from './life.ts'
import { STRIPE_METHODS } from './methods.ts'
import { meetStripePage } from './pages.ts'
import { StripeRefusal, type StripeState } from './state.ts'
import { createStripeStore, type StripeObject, type StripeStore } from './store.ts'
import {
  buildStripeEvent,
  postStripeEvent,
  type StripeEventObject,
  type StripeWebhook,
} from './webhook-post.ts'

/** `isRecorded`: the request was carried out all the same, only the answer is lost. */
export type StripeTrouble =
  | { kind: 'status'; status: number; isRecorded?: boolean }
  | { kind: 'reset' | 'hang'; isRecorded?: boolean }

export interface StripeStandInOptions {
  /** The key that is good; without it every one of the right form is. */
  secretKey?: string
  /** Events are sent there as they happen, in order, each once. Without it they wait in `events`. */
  webhook?: StripeWebhook
  /** Milliseconds before each answer of the API. */
  delayMs?: () => number
}

export interface StripeCallTaken {
  method: string
  path: string
  params: StripeParams
  idempotencyKey: string | undefined
}

/**
 * A Stripe on loopback: `STRIPE_API_ROOT` is its `url`.
 *
 * What a test plays is in `life` (completeCheckout, endPeriod, refund, ...); each play changes objects as the
 * vendor would and makes its events. Without a webhook a test sends them itself: `send(events[3])`, in any
 * order, as often as it likes.
 */
export interface StripeStandIn extends AsyncDisposable {
  url: string
  /** False when the vendor's schema is not at hand and only the rules built in are kept. */
  isSpecChecked: boolean
  store: StripeStore
  life: StripeLife
  /** Every event that ever happened, oldest first. */
  events: StripeEventObject[]
  /** Every API call that was taken, in order. */
  calls: StripeCallTaken[]
  /** What was refused, and why. */
  refused: { method: string; path: string; reason: string }[]
  /** From now on events go there as they happen; undefined: they wait again. */
  setWebhook(webhook: StripeWebhook | undefined): void
  /** The vendor's clock from now on, for objects and events; signatures bear the real time. */
  setNow(now: Date): void
  /** Sends events one after the other to `webhook`, or where they go by themselves; returns each answer's status. */
  send(events: StripeEventObject | StripeEventObject[], webhook?: StripeWebhook): Promise<number[]>
  /** Resolves when all that was sent by itself has been answered. */
  settle(): Promise<void>
  /** Makes an event that no play makes, of this or another account. */
  emit(type: string, object: StripeObject, account?: string): StripeEventObject
  /** The next `count` API calls meet this trouble. */
  failNext(count: number, trouble: StripeTrouble): void
  /** Of the troubles told in advance none is left. */
  clearTroubles(): void
  close(): Promise<void>
}

const API_VERSION = '2026-10-28.endive'
const PAGING = ['limit', 'starting_after', 'ending_before', 'expand']

export async function startStripeStandIn(options: StripeStandInOptions = {}): Promise<StripeStandIn> {
  let shift = 0
  let webhook = options.webhook
  let posting: Promise<unknown> = Promise.resolve()
  const nowSeconds = () => Math.floor((Date.now() + shift) / 1000)
  const store = createStripeStore(nowSeconds)
  const events: StripeEventObject[] = []
  const calls: StripeCallTaken[] = []
  const refused: StripeStandIn['refused'] = []
  const troubles = createTroubles<StripeTrouble>()
  const answers = new Map<string, { fingerprint: string; answer: StandInAnswer }>()
  const readParams = openStripeParams()

  function emit(type: string, object: StripeObject, account?: string): StripeEventObject {
    const event = buildStripeEvent(type, object, { created: nowSeconds(), account })
    events.push(event)
    const target = webhook
    if (target) posting = posting.then(() => postStripeEvent(target, event).catch(() => undefined))
    return event
  }

  const life = createStripeLife(store, nowSeconds, emit)

  async function meet(request: StandInRequest): Promise<StandInAnswer> {
    const page = meetStripePage({ store, life }, request)
    if (page) return page
    const trouble = troubles.take()
    if (trouble && !trouble.isRecorded) return meetTrouble(trouble)
    const answer = remember(request)
    await delay(options.delayMs?.() ?? 0)
    return trouble ? meetTrouble(trouble) : answer
  }

  /** The same key gives the same answer; with other params it is an error. Refusals are not kept. */
  function remember(request: StandInRequest): StandInAnswer {
    const key = request.headers['idempotency-key']?.toString()
    if (key === undefined || request.method !== 'POST') return carryOut(request, key)
    const fingerprint = `${request.path}\n${request.text}`
    const known = answers.get(key)
    if (known && known.fingerprint !== fingerprint) {
      refused.push({ method: 'POST', path: request.path, reason: 'idempotency key used with other params' })
      return refuse(400, 'idempotency_error', 'idempotency_key_in_use', 'Keys are for the same request only.')
    }
    if (known && 'body' in known.answer)
      return { ...known.answer, headers: { 'idempotent-replayed': 'true' } }
    const answer = carryOut(request, key)
    if ('status' in answer && answer.status === 200) answers.set(key, { fingerprint, answer })
    return answer
  }

  function carryOut(
    { method, path, query, text, headers, authorization }: StandInRequest,
    idempotencyKey?: string,
  ) {
    try {
      const key = authorization.replace(/^Bearer /, '')
      if (options.secretKey ? key !== options.secretKey : !/^(sk|rk)_\w+$/.test(key))
        throw new StripeRefusal(401, 'api_key_invalid', 'Invalid API Key provided.')
      if (headers['stripe-version'] !== API_VERSION)
        throw new StripeRefusal(400, 'version_invalid', `Stripe-Version has to be ${API_VERSION}.`)
      const found = STRIPE_METHODS.find(
        (candidate) => candidate.method === method && candidate.path.test(path),
      )
      if (!found)
        throw new StripeRefusal(404, 'resource_missing', `Unrecognized request URL (${method}: ${path}).`)
      const given = decodeStripeForm(method === 'POST' ? new URLSearchParams(text) : query)
      const params = check(found, given)
      const id = found.path.exec(path)?.[1] ?? ''
      const state: StripeState = { store, life, events, emit, nowSeconds, url: server.url }
      const result = found.run(state, { id, params })
      calls.push({ method, path, params, idempotencyKey })
      const expand = Array.isArray(params.expand) ? params.expand.map(String) : []
      return { status: 200, body: store.present(result, expand) }
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error
      refused.push({ method, path, reason: error.message })
      const type = error.status === 401 ? 'authentication_error' : 'invalid_request_error'
      return refuse(error.status, type, error.code, error.message, error.param)
    }
  }

  function check(found: (typeof STRIPE_METHODS)[number], given: StripeParams): StripeParams {
    if (found.params) {
      const read = readParams(found.params, given)
      if ('params' in read) return read.params
      throw new StripeRefusal(400, 'parameter_unknown', read.reason, read.param)
    }
    const taken = [...PAGING, ...(found.takes ?? [])]
    const unknown = Object.keys(given).find((name) => !taken.includes(name))
    if (unknown)
      throw new StripeRefusal(400, 'parameter_unknown', `Received unknown parameter: ${unknown}`, unknown)
    return given
  }

  const server = await openStandInServer(meet)
  return {
    url: server.url,
    isSpecChecked: HAS_SPECS,
    store,
    life,
    events,
    calls,
    refused,
    setWebhook: (target) => {
      webhook = target
    },
    setNow: (now) => {
      shift = now.getTime() - Date.now()
    },
    async send(chosen, target = webhook) {
      if (!target) throw new Error('nobody to send events to')
      const statuses: number[] = []
      for (const event of [chosen].flat()) statuses.push(await postStripeEvent(target, event))
      return statuses
    },
    settle: async () => {
      await posting
    },
    emit,
    failNext: troubles.plan,
    clearTroubles: troubles.clear,
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  }
}

function meetTrouble(trouble: StripeTrouble): StandInAnswer {
  return trouble.kind === 'status' ? { status: trouble.status, body: GATEWAY_PAGE } : { break: trouble.kind }
}

function refuse(status: number, type: string, code: string, message: string, param?: string): StandInAnswer {
  return { status, body: { error: { type, code, message, ...(param && { param }) } } }
}
