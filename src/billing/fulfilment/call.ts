import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Vault } from '../../accounts/vault.ts'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { numberOf } from '../orders/order.ts'
import { openAddress } from '../orders/shipping.ts'
import { openHook } from './hook.ts'
import type { PostHook } from './hook-post.ts'

export interface FulfilmentParts {
  db: Db
  vault: Pick<Vault, 'open'>
  postHook: PostHook
  log: Logger
}

/** Waits between two tries double up to this: about three days in all. */
const MAX_WAIT_SECONDS = 6 * 3_600
const FIRST_WAIT_SECONDS = 10
const MAX_ATTEMPTS = 22

/** Calls that are due. */
export async function listDueCalls(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('fulfilment_call')
    .select('id')
    .where('state', '=', 'queued')
    .where((is) => is.or([is('not_before', 'is', null), is('not_before', '<=', sql<Date>`now()`)]))
    .orderBy('created_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Tells the shop of one change of an order. The call's id goes along and is the same at every try; a try that fails,
 * or is killed in the middle, is followed by the next after a wait.
 */
export async function callFulfilment(parts: FulfilmentParts, callId: string): Promise<void> {
  const { db, vault, postHook, log } = parts
  const call = await claimCall(db, callId)
  if (!call) return
  try {
    const hook = await openHook(db, vault, { botId: call.botId, creatorId: call.creatorId })
    // It was removed meanwhile: nobody wants to hear of it any more.
    if (hook) {
      const body = JSON.stringify(presentCall(call, vault))
      await postHook({ ...hook, id: callId, body, now: new Date() })
    }
    await settleCall(db, callId, { state: 'done', code: null })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    log.warn({ err: error, callId }, 'fulfilment-call-failed')
    await settleCall(db, callId, {
      state: call.attempts >= MAX_ATTEMPTS ? 'failed' : 'queued',
      code: error.code,
    })
  }
}

/**
 * Sends a made-up message to the bot's shop at once.
 *
 * @throws {AppError} `fulfilment.not_set`, `fulfilment.unreachable`, `fulfilment.url_refused`.
 */
export async function testFulfilment(
  postHook: PostHook,
  hook: { url: string; secret: string } | undefined,
): Promise<void> {
  if (!hook) throw new AppError('fulfilment.not_set')
  const id = randomUUID()
  const body = JSON.stringify({ id, type: 'test', createdAt: new Date().toISOString() })
  await postHook({ ...hook, id, body, now: new Date() })
}

interface ClaimedCall {
  id: string
  kind: string
  attempts: number
  created_at: Date
  order_id: string
  botId: string
  creatorId: string
  state: string
  quantity: number
  amount: string
  currency: string
  email: string | null
  shipping: Buffer | null
  tracking: string | null
  product_key: string
  product_name: string
}

/** Takes one call; the next try is set before this one begins, so that a kill loses none. */
async function claimCall(db: Db, callId: string): Promise<ClaimedCall | undefined> {
  const { rows } = await sql<ClaimedCall>`
    UPDATE fulfilment_call AS call SET attempts = call.attempts + 1,
      not_before = now() + make_interval(secs =>
        least(${MAX_WAIT_SECONDS}, ${FIRST_WAIT_SECONDS} * power(2, call.attempts)))
    FROM "order" JOIN product ON product.id = "order".product_id
    WHERE call.id = ${callId} AND call.state = 'queued' AND (call.not_before IS NULL OR call.not_before <= now())
      AND "order".id = call.order_id
    RETURNING call.id, call.kind, call.attempts, call.created_at, call.order_id, "order".bot_id AS "botId",
      "order".creator_id AS "creatorId", "order".state, "order".quantity, "order".amount, "order".currency,
      "order".email, "order".shipping, "order".tracking, product.key AS product_key, product.name AS product_name
  `.execute(db)
  return rows[0]
}

async function settleCall(
  db: Db,
  callId: string,
  { state, code }: { state: 'done' | 'queued' | 'failed'; code: string | null },
): Promise<void> {
  await db
    .updateTable('fulfilment_call')
    .set({ state, error_code: code })
    .where('id', '=', callId)
    .where('state', '=', 'queued')
    .execute()
}

/** What a shop is told: the order as it is by now, and the change it hears of. */
function presentCall(call: ClaimedCall, vault: Pick<Vault, 'open'>): object {
  return {
    id: call.id,
    type: `order.${call.kind}`,
    createdAt: call.created_at.toISOString(),
    order: {
      id: call.order_id,
      number: numberOf(call.order_id),
      state: call.state,
      product: { key: call.product_key, name: call.product_name },
      quantity: call.quantity,
      amount: Number(call.amount),
      currency: call.currency,
      email: call.email,
      shipping: call.shipping ? openAddress(vault, call.order_id, call.shipping) : null,
      tracking: call.tracking,
    },
  }
}
