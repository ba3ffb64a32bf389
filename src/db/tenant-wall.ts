import { sql, type Transaction } from 'kysely'
import type { Db } from './database.ts'
import type { Database } from './schema.ts'

/**
 * Runs work in one transaction that sees and writes the rows of this Creator alone, whatever its queries ask
 * for: row-level security answers, not their where-clauses. It commits when the work resolves.
 */
export type WithinCreator = <T>(
  creatorId: string,
  work: (trx: Transaction<Database>) => Promise<T>,
) => Promise<T>

/** Over a pool of scope `tenant`. The Creator is forgotten with the transaction, however it ends. */
export function createTenantWall(tenants: Db): WithinCreator {
  return (creatorId, work) =>
    tenants.transaction().execute(async (trx) => {
      await sql`SELECT set_config('cornerman.creator_id', ${creatorId}, true)`.execute(trx)
      return work(trx)
    })
}
