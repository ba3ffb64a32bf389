import type { Request, RequestHandler, Response } from 'express'
import type { Transaction } from 'kysely'
import type { Actor } from '../../accounts/access.ts'
import {
  claimIdempotencyKey,
  type IdempotencyClaim,
  type KeptAnswer,
  type KeyedRequest,
  keepIdempotentAnswer,
  releaseIdempotencyKey,
} from '../../accounts/idempotency-key.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { actorOf } from './api-guard.ts'
import type { Operation } from './operation.ts'
import { hashRequest, readCall, readIdempotencyKey } from './read-call.ts'

/** Of the envelope and what is in it. */
export const API_VERSION = '1'

type Parts = Pick<AdminParts, 'within' | 'log' | 'stopping'>
type Hook = () => Promise<void> | void

/** One request to an operation, read and allowed. */
interface Running {
  operation: Operation
  actor: Actor
  inputs: { params: unknown; query: unknown; body: unknown }
  claim: IdempotencyClaim | undefined
  signal: AbortSignal
}

/** Serves one operation behind the guard: reads, carries out (once for an Idempotency-Key), answers. */
export function serveOperation(operation: Operation, parts: Parts): RequestHandler {
  return async (req, res) => {
    const actor = actorOf(res)
    const inputs = readCall(req, operation)
    const keyed = operation.method === 'get' ? undefined : readKeyed(req, actor)
    const { within } = parts
    const begun =
      keyed && (await within(actor.creatorId, (trx) => claimIdempotencyKey(trx, keyed, new Date())))
    if (begun && 'status' in begun) {
      res.set('Idempotency-Replayed', 'true')
      return sendAnswer(res, begun)
    }
    const signal = AbortSignal.any([parts.stopping, hungUp(res)])
    const { data, hooks } = await carryOut({ operation, actor, inputs, claim: begun, signal }, parts)
    for (const hook of hooks) {
      // The change stands: what was to follow it is found by the sweep.
      await runHook(hook).catch((err) =>
        parts.log.warn({ err, operation: operation.id }, 'api-after-commit-failed'),
      )
    }
    sendAnswer(res, { status: operation.status, data })
  }
}

/** Answers in the contract's envelope; raw routes that answer JSON do so by this. */
export function sendAnswer(res: Response, { status, data }: KeptAnswer): void {
  res.status(status).json({ success: true, data, timestamp: new Date().toISOString(), version: API_VERSION })
}

/** The change and its answer, committed; what is to follow it is left to the caller. */
async function carryOut(running: Running, { within, log }: Parts): Promise<{ data: unknown; hooks: Hook[] }> {
  const { operation, actor, claim, signal } = running
  const hooks: Hook[] = []
  const call = { actor, ...running.inputs, afterCommit: (work: Hook) => void hooks.push(work) }
  const ours = <T>(work: (trx: Transaction<Database>) => Promise<T>) => within(actor.creatorId, work)
  const { run } = operation
  try {
    const data =
      run.kind === 'within'
        ? await ours(async (trx) => settle(trx, running, await run.handle({ ...call, trx })))
        : await run
            .handle({ ...call, within: ours, signal })
            .then((answer) => ours((trx) => settle(trx, running, answer)))
    return { data, hooks }
  } catch (error) {
    if (claim) {
      await ours((trx) => releaseIdempotencyKey(trx, claim)).catch((err) =>
        log.warn({ err, operation: operation.id }, 'idempotency-key-not-released'),
      )
    }
    throw error
  }
}

/** Checks the answer while the change can still be undone, and keeps it for a repeat of the request. */
async function settle(
  trx: Transaction<Database>,
  { operation, claim }: Running,
  answer: unknown,
): Promise<unknown> {
  const checked = operation.answer.safeParse(answer)
  if (!checked.success) {
    throw new AppError('internal.unexpected', { cause: checked.error, operation: operation.id })
  }
  const { status, isAnswerSecret } = operation
  const kept = isAnswerSecret ? undefined : (checked.data ?? null)
  if (claim) await keepIdempotentAnswer(trx, claim, { status, data: kept })
  return checked.data
}

function readKeyed(req: Request, { creatorId }: Actor): KeyedRequest | undefined {
  const key = readIdempotencyKey(req)
  return key === undefined ? undefined : { creatorId, key, requestHash: hashRequest(req) }
}

function hungUp(res: Response): AbortSignal {
  const hangUp = new AbortController()
  res.once('close', () => hangUp.abort())
  return hangUp.signal
}

async function runHook(hook: Hook): Promise<void> {
  await hook()
}
