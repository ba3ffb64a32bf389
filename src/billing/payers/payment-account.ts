import { sql } from 'kysely'
import { type Actor, requireRole } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { Db } from '../../db/database.ts'
import type { WithinCreator } from '../../db/tenant-wall.ts'
import { AppError } from '../../errors.ts'
import type { PaymentProvider } from '../payment-provider.ts'

/** A Creator's own account at the payment provider. */
export interface PaymentAccount {
  accountId: string
  /** It may take payments. */
  isCharging: boolean
  /** What it takes reaches the creator's bank. */
  isPayingOut: boolean
  /** What the installation keeps of each payment. */
  feePercent: number
  updatedAt: Date
}

/** The installation keeps no more than this of a payment. */
export const FEE_PERCENT = { min: 0, max: 50 } as const

interface AccountParts {
  within: WithinCreator
  payments: PaymentProvider | undefined
}

/** `undefined`: the installation's own account takes this Creator's money. */
export async function findPaymentAccount(db: Db, creatorId: string): Promise<PaymentAccount | undefined> {
  const row = await db
    .selectFrom('payment_account')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  return (
    row && {
      ...{ accountId: row.account_id, isCharging: row.is_charging, isPayingOut: row.is_paying_out },
      ...{ feePercent: Number(row.fee_percent), updatedAt: row.updated_at },
    }
  )
}

/**
 * Starts, or goes on with, an account of the Creator's own; answers where the provider asks what it needs to know.
 *
 * @throws {AppError} `access.denied` for all but owners; `payment.not_set_up`, `payment.unavailable`, `payment.refused`.
 */
export async function openOnboarding(
  { within, payments }: AccountParts,
  actor: Actor,
  { returnUrl }: { returnUrl: string },
): Promise<string> {
  requireRole(actor, 'owner')
  if (!payments) throw new AppError('payment.not_set_up')
  const { creatorId } = actor
  const known = await within(creatorId, (trx) => findPaymentAccount(trx, creatorId))
  const { accountId, url } = await payments.openOnboarding({
    ...(known && { accountId: known.accountId }),
    returnUrl,
  })
  if (accountId !== known?.accountId) {
    await within(creatorId, async (trx) => {
      await trx
        .insertInto('payment_account')
        .values({ creator_id: creatorId, account_id: accountId })
        .onConflict((conflict) => conflict.column('creator_id').doNothing())
        .execute()
      const entry = { action: 'payment_account.create', objectType: 'creator', objectId: creatorId }
      await recordAudit(trx, actor, entry)
    })
  }
  return url
}

/** Asks the provider how the account stands now. Nothing where there is none. */
export async function refreshPaymentAccount(
  { within, payments }: AccountParts,
  creatorId: string,
): Promise<void> {
  const known = await within(creatorId, (trx) => findPaymentAccount(trx, creatorId))
  const found = known && (await payments?.findAccount(known.accountId))
  if (!found) return
  await within(creatorId, (trx) =>
    trx
      .updateTable('payment_account')
      .set({
        is_charging: found.isCharging,
        is_paying_out: found.isPayingOut,
        updated_at: sql<Date>`now()`,
      })
      .where('creator_id', '=', creatorId)
      .execute(),
  )
}

/** What the installation keeps of a Creator's payments. @throws {AppError} `access.denied` for all but operators. */
export async function setFeePercent(trx: Db, actor: Actor, percent: number): Promise<void> {
  if (!actor.isOperator) throw new AppError('access.denied', { needed: 'operator' })
  await trx
    .updateTable('payment_account')
    .set({ fee_percent: percent })
    .where('creator_id', '=', actor.creatorId)
    .execute()
  const entry = { action: 'payment_account.fee', objectType: 'creator', objectId: actor.creatorId }
  await recordAudit(trx, actor, { ...entry, details: { percent } })
}
