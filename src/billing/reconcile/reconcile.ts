import { sql } from 'kysely'
import { recordSecurityEvent } from '../../accounts/security-event.ts'
import type { Db } from '../../db/database.ts'
import type { Logger } from '../../logger.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import type { PaymentProvider, ProviderPage } from '../payment-provider.ts'
import type { Settled, SettleObject } from '../settle/object.ts'
import { forgetEvents } from '../settle/payment-event.ts'
import { type FoundDifference, findDifference } from './difference.ts'

interface ReconcileParts {
  db: Db
  payments: PaymentProvider
  settle: SettleObject
  nudgeTurn: (chat: ChatAddress) => void
  settings: { graceDays: number }
  log: Logger
}

export interface ReconcileReport {
  checked: number
  /** What was different here from the provider, and is not any more. */
  repaired: { kind: string; objectId: string; details: Record<string, unknown> }[]
  /** Objects that could not be read or settled; the next run sees them again. */
  failed: { objectId: string; error: string }[]
  /** Since when events were made that no webhook brought; undefined when all came. */
  silentSince: Date | undefined
  ms: number
}

/** Checkouts live for a day; an event about one may be tried for three more. */
const CHECKOUT_DAYS = 4
/** Invoices looked through: longer than the longest pause between two runs. */
const PAYMENT_DAYS = 30
/** An event younger than this may still be on its way. */
const SILENCE_AFTER_MINUTES = 10
const SILENCE_LOOK_BACK_DAYS = 3
const KEEP_EVENTS_DAYS = 30
/** Rows of ours that are read one by one; a run of one creator reads no more. */
const MAX_ROWS = 10_000

const DAY_MS = 86_400_000

/**
 * Holds all that is stored against the provider and settles anew what differs: however many events were dropped, after
 * this what is stored is what the provider says. Each difference is written down. What cannot be read holds up nothing.
 *
 * @param creatorId only what is theirs, read object by object; undefined: everything, through the provider's lists.
 */
export function createReconcile(parts: ReconcileParts) {
  const { db, payments, settle, log } = parts

  return async function reconcile({
    creatorId,
  }: {
    creatorId?: string | undefined
  } = {}): Promise<ReconcileReport> {
    const startedAt = performance.now()
    const report: ReconcileReport = { checked: 0, repaired: [], failed: [], silentSince: undefined, ms: 0 }
    const { id } = await db
      .insertInto('reconciliation')
      .values({ creator_id: creatorId ?? null })
      .returning('id')
      .executeTakeFirstOrThrow()

    await (creatorId === undefined ? checkLists(report) : checkRows(report, creatorId))
    if (creatorId === undefined) {
      report.silentSince = await findSilence()
      await forgetEvents(db, KEEP_EVENTS_DAYS)
    }
    report.ms = Math.round(performance.now() - startedAt)
    await db
      .updateTable('reconciliation')
      .set({
        finished_at: sql<Date>`now()`,
        checked: report.checked,
        repaired: report.repaired.length,
        silent_since: report.silentSince ?? null,
      })
      .where('id', '=', id)
      .execute()
    const { checked, repaired, failed, silentSince, ms } = report
    log.info(
      { checked, repaired: repaired.length, failed: failed.length, silentSince, ms },
      'payments-reconciled',
    )
    return report
  }

  async function checkLists(report: ReconcileReport): Promise<void> {
    const seen = new Set<string>()
    for await (const subscription of pages((page) => payments.listSubscriptions(page))) {
      seen.add(subscription.id)
      const found = await findDifference(db, { kind: 'subscription', reading: subscription }, parts.settings)
      await repair(report, found, () => settle.settleSubscription(subscription.id))
    }
    await checkVanished(report, seen)
    const since = (days: number) => new Date(Date.now() - days * DAY_MS)
    for await (const session of pages((page) =>
      payments.listCheckouts({ ...page, createdAfter: since(CHECKOUT_DAYS) }),
    )) {
      const found = await findDifference(db, { kind: 'checkout', reading: session }, parts.settings)
      await repair(report, found, () => settle.settleCheckout(session.id))
    }
    const paid = pages((page) => payments.listInvoicePayments({ ...page, createdAfter: since(PAYMENT_DAYS) }))
    for await (const { paymentId } of paid) {
      const found = await findDifference(db, { kind: 'payment', paymentId }, parts.settings)
      await repair(report, found, () => settle.settlePayment(paymentId))
    }
    await checkOrders(report, undefined)
    await checkAccounts(report, undefined)
  }

  /** Live here and in no list of the provider's any more. */
  async function checkVanished(report: ReconcileReport, seen: Set<string>): Promise<void> {
    const rows = await db
      .selectFrom('subscription')
      .select('provider_id')
      .where('source', '=', 'stripe')
      .where('ended_at', 'is', null)
      // One that was bought while the lists were read is not missing from them.
      .where('created_at', '<', sql<Date>`now() - interval '10 minutes'`)
      .limit(MAX_ROWS)
      .execute()
    for (const { provider_id: id } of rows) if (!seen.has(id)) await checkSubscription(report, id)
  }

  async function checkRows(report: ReconcileReport, creatorId: string): Promise<void> {
    const subscriptions = await db
      .selectFrom('subscription')
      .select('provider_id')
      .where('creator_id', '=', creatorId)
      .where('source', '=', 'stripe')
      .where('ended_at', 'is', null)
      .limit(MAX_ROWS)
      .execute()
    for (const { provider_id: id } of subscriptions) await checkSubscription(report, id)
    const checkouts = await db
      .selectFrom('checkout')
      .select('provider_id')
      .where('creator_id', '=', creatorId)
      .where('provider_id', 'is not', null)
      .where('state', 'in', ['open', 'complete'])
      .limit(MAX_ROWS)
      .execute()
    for (const { provider_id: id } of checkouts) await checkCheckout(report, id ?? '')
    await checkOrders(report, creatorId)
    await checkAccounts(report, creatorId)
  }

  async function checkSubscription(report: ReconcileReport, id: string): Promise<void> {
    await guard(report, id, async () => {
      const reading = await payments.findSubscription(id)
      const found = reading
        ? await findDifference(db, { kind: 'subscription', reading }, parts.settings)
        : { kind: 'subscription', objectId: id, creatorId: undefined, details: { now: 'gone' } }
      await repair(report, found, () => settle.settleSubscription(id))
    })
  }

  async function checkCheckout(report: ReconcileReport, id: string): Promise<void> {
    await guard(report, id, async () => {
      const reading = await payments.findCheckout(id)
      const found = reading && (await findDifference(db, { kind: 'checkout', reading }, parts.settings))
      await repair(report, found, () => settle.settleCheckout(id))
    })
  }

  /** What was paid once may be given back or disputed long after. */
  async function checkOrders(report: ReconcileReport, creatorId: string | undefined): Promise<void> {
    const rows = await db
      .selectFrom('payment')
      .select(['id'])
      .where('order_id', 'is not', null)
      .where('state', 'in', ['paid', 'partly_refunded'])
      .where('paid_at', '>', sql<Date>`now() - make_interval(days => ${sql.lit(PAYMENT_DAYS)})`)
      .$if(creatorId !== undefined, (query) => query.where('creator_id', '=', creatorId ?? ''))
      .limit(MAX_ROWS)
      .execute()
    for (const { id } of rows) {
      await guard(report, id, async () => {
        const reading = await payments.findPayment(id)
        const found =
          reading && (await findDifference(db, { kind: 'payment', paymentId: id, reading }, parts.settings))
        await repair(report, found, () => settle.settlePayment(id))
      })
    }
  }

  async function checkAccounts(report: ReconcileReport, creatorId: string | undefined): Promise<void> {
    const rows = await db
      .selectFrom('payment_account')
      .selectAll()
      .$if(creatorId !== undefined, (query) => query.where('creator_id', '=', creatorId ?? ''))
      .execute()
    for (const row of rows) {
      await guard(report, row.account_id, async () => {
        const account = await payments.findAccount(row.account_id)
        const isSame =
          !account || (account.isCharging === row.is_charging && account.isPayingOut === row.is_paying_out)
        const found = isSame
          ? undefined
          : { kind: 'account', objectId: row.account_id, creatorId: row.creator_id, details: { ...account } }
        await repair(report, found, () => settle.settleAccount(row.account_id))
      })
    }
  }

  /** Settles what differs, and writes down that it did. Nothing found is one thing checked. */
  async function repair(
    report: ReconcileReport,
    found: FoundDifference | undefined,
    settleIt: () => Promise<Settled>,
  ): Promise<void> {
    report.checked++
    if (!found) return
    await guard(report, found.objectId, async () => {
      const { kind, chats } = await settleIt()
      for (const chat of chats) parts.nudgeTurn(chat)
      if (kind !== 'settled') return
      const { objectId, details } = found
      report.repaired.push({ kind: found.kind, objectId, details })
      await db
        .insertInto('payment_repair')
        .values({
          creator_id: found.creatorId ?? null,
          kind: found.kind,
          object_id: objectId,
          details: JSON.stringify(details),
        })
        .execute()
    })
  }

  async function guard(report: ReconcileReport, objectId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (err) {
      log.warn({ err, objectId }, 'reconcile-failed')
      report.failed.push({ objectId, error: err instanceof Error ? err.message : 'unknown' })
    }
  }

  /** Events that the provider made, and that nobody brought us, say that the webhook does not work. */
  async function findSilence(): Promise<Date | undefined> {
    const createdBefore = new Date(Date.now() - SILENCE_AFTER_MINUTES * 60_000)
    const last = await db
      .selectFrom('payment_event')
      .select(sql<Date | null>`max((payload->>'createdAt')::timestamptz)`.as('at'))
      .executeTakeFirst()
    const lookedBackTo = new Date(Date.now() - SILENCE_LOOK_BACK_DAYS * DAY_MS)
    const createdAfter = last?.at && last.at > lookedBackTo ? last.at : lookedBackTo
    if (createdAfter >= createdBefore) return undefined
    const missed = await payments.listEvents({ createdAfter, createdBefore })
    const oldest = missed.at(-1)
    if (!oldest) return undefined
    log.error({ since: oldest.createdAt, events: missed.length }, 'payment-webhook-silent')
    await recordSecurityEvent(db, { kind: 'webhook.silent', details: { events: missed.length } })
    return oldest.createdAt
  }
}

async function* pages<T>(list: (page: { cursor?: string }) => Promise<ProviderPage<T>>): AsyncGenerator<T> {
  let cursor: string | undefined
  do {
    const { items, next } = await list(cursor === undefined ? {} : { cursor })
    yield* items
    cursor = next
  } while (cursor !== undefined)
}

/** True when the last whole run began this long ago, or there was none. One that broke off is tried again hourly. */
export async function isReconcileDue(db: Db, hours: number): Promise<boolean> {
  const { rows } = await sql<{ is_due: boolean }>`
    SELECT NOT EXISTS (
      SELECT FROM reconciliation WHERE creator_id IS NULL AND (
        (finished_at IS NOT NULL AND started_at > now() - make_interval(hours => ${hours}))
        OR (finished_at IS NULL AND started_at > now() - interval '1 hour'))
    ) AS is_due
  `.execute(db)
  return rows[0]?.is_due ?? false
}
