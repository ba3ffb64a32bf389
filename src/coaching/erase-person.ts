import type { Transaction } from 'kysely'
import type { Actor } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { forgetPaymentEvents } from '../accounts/money-erasure.ts'
import { listSilentChats } from '../accounts/retention.ts'
import { type Erasure, eraseChats, eraseSubscriber, forgetPassing } from '../accounts/subscriber-erasure.ts'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import type { FileStore } from '../files/file-store.ts'
import type { JobRecords } from '../jobs/job.ts'
import { removeRemains } from '../knowledge/documents/delete.ts'
import type { Logger } from '../logger.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import { eraseGapWords, type RemovedAnswer } from './gap-erasure.ts'

export interface EraseParts {
  /** Of scope `system`: for what passes by in tables that belong to no Creator. */
  db: Db
  files: FileStore
  vectors: VectorIndex
  jobs: JobRecords
  log: Logger
}

/** What was erased, and the rest of it: to be called once the transaction is committed. */
export interface PersonErasure {
  chats: number
  messages: number
  finish(): Promise<void>
}

/**
 * Erases a Subscriber everywhere: the database in this transaction; vectors and files of answers that held their
 * words, queued jobs, drafts and paces by `finish`.
 *
 * @throws {AppError} `subscriber.not_found`
 */
export async function erasePerson(
  parts: EraseParts,
  trx: Transaction<Database>,
  { actor, subscriberId }: { actor: Actor; subscriberId: string },
): Promise<PersonErasure> {
  const erasure = await eraseSubscriber(trx, { creatorId: actor.creatorId, subscriberId })
  return conclude(parts, trx, { actor, erasure, action: 'subscriber.erase' })
}

/**
 * Erases up to `limit` of the actor's chats that were silent for longer than `days`, the same way.
 *
 * @returns undefined when there was none.
 */
export async function eraseSilentChats(
  parts: EraseParts,
  trx: Transaction<Database>,
  { actor, ...silence }: { actor: Actor; days: number; limit: number },
): Promise<PersonErasure | undefined> {
  const chatIds = await listSilentChats(trx, actor.creatorId, silence)
  if (chatIds.length === 0) return undefined
  const erasure = await eraseChats(trx, { creatorId: actor.creatorId, chatIds })
  return conclude(parts, trx, { actor, erasure, action: 'retention.erase' })
}

async function conclude(
  parts: EraseParts,
  trx: Transaction<Database>,
  { actor, erasure, action }: { actor: Actor; erasure: Erasure; action: string },
): Promise<PersonErasure> {
  const removed = await eraseGapWords(trx, actor.creatorId, erasure.gaps)
  const { chats, messages, subscribers } = erasure
  await recordAudit(trx, actor, {
    action,
    objectType: 'subscriber',
    details: { subscribers, chats, messages, answersTakenBack: removed.length },
  })
  return { chats, messages, finish: () => finish(parts, erasure, removed) }
}

/** The person is gone whatever happens here: one store that is away keeps no other from being cleared. */
async function finish(parts: EraseParts, erasure: Erasure, removed: RemovedAnswer[]): Promise<void> {
  const outcomes = await Promise.allSettled([
    forgetPassing(parts.db, erasure.chatIds),
    forgetPaymentEvents(parts.db, erasure.paidIds),
    parts.jobs.forget(erasure.traces),
    ...removed.map((answer) => removeRemains(parts, answer.base, answer.removed)),
  ])
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') parts.log.warn({ err: outcome.reason }, 'erasure-unfinished')
  }
}
