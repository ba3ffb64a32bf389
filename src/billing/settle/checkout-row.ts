import type { Selectable, Transaction } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import type { ProviderCheckout } from '../payment-provider.ts'

export type CheckoutRow = Selectable<Database['checkout']>

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** `open` -> `complete` (the money is under way) -> `paid`; or `expired`. It never goes back. */
const RANKS = ['open', 'complete', 'expired', 'paid']

/** A Checkout of ours; `undefined` for whatever is no id of one. */
export async function findCheckoutRow(db: Db, id: string): Promise<CheckoutRow | undefined> {
  if (!UUID.test(id)) return undefined
  return db.selectFrom('checkout').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Takes a Checkout on to where the provider shows it. An older reading changes nothing. */
export async function advanceCheckout(trx: Transaction<Database>, session: ProviderCheckout): Promise<void> {
  const row = session.checkoutId ? await findCheckoutRow(trx, session.checkoutId) : undefined
  const state = session.isPaid ? 'paid' : session.state
  if (!row || RANKS.indexOf(state) <= RANKS.indexOf(row.state)) return
  await trx
    .updateTable('checkout')
    .set({ state, url: null, provider_id: session.id })
    .where('id', '=', row.id)
    .where('state', 'in', RANKS.slice(0, RANKS.indexOf(state)))
    .execute()
}
