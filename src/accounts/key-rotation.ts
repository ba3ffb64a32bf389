import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Vault } from './vault.ts'

/** A column of envelopes, and what of its row each is bound to. The table has an `id`. */
export interface SealedColumn<Bound extends string = string> {
  table: string
  column: string
  boundTo: readonly Bound[]
  contextOf(row: Record<Bound, string>): string
}

export interface RotationCount {
  /** Sealed anew by this run. */
  resealed: number
  /** Ids of rows that no key opens: left as they are. */
  unreadable: string[]
}

interface SealedRow {
  id: string
  envelope: Buffer
  bound: Record<string, string>
}

/** Envelopes per round trip: small enough that a writer of one of these rows never waits. */
const BATCH = 200

/**
 * Seals anew, under the vault's first key, whatever another one sealed. Readers and writers go on meanwhile: an
 * envelope written since it was read here stays. Repeating it finds nothing to do; broken off, it goes on.
 */
export async function resealColumn(db: Db, vault: Vault, sealed: SealedColumn): Promise<RotationCount> {
  const count: RotationCount = { resealed: 0, unreadable: [] }
  for await (const rows of batchesOf(db, sealed, vault.currentHeader())) {
    const renewed: { id: string; before: Buffer; after: Buffer }[] = []
    for (const { id, envelope, bound } of rows) {
      const context = sealed.contextOf(bound)
      const plaintext = tryOpen(vault, envelope, context)
      if (plaintext === undefined) count.unreadable.push(id)
      else renewed.push({ id, before: envelope, after: vault.seal(plaintext, context) })
    }
    count.resealed += await replaceEnvelopes(db, sealed, renewed)
  }
  return count
}

/** How many envelopes of the column the vault opens, and which it does not. */
export async function checkColumn(
  db: Db,
  vault: Vault,
  sealed: SealedColumn,
): Promise<{ opened: number; unreadable: string[] }> {
  const count = { opened: 0, unreadable: [] as string[] }
  for await (const rows of batchesOf(db, sealed)) {
    for (const { id, envelope, bound } of rows) {
      if (tryOpen(vault, envelope, sealed.contextOf(bound)) === undefined) count.unreadable.push(id)
      else count.opened++
    }
  }
  return count
}

/** Rows by id, those that begin with `header` left out. */
async function* batchesOf(
  db: Db,
  { table, column, boundTo }: SealedColumn,
  header?: Buffer,
): AsyncGenerator<SealedRow[]> {
  const bound = sql.join(boundTo.flatMap((name) => [sql.lit(name), sql.ref(name)]))
  const isOld = header
    ? sql`substring(${sql.ref(column)} FROM 1 FOR ${sql.lit(header.length)}) <> ${header}`
    : sql`true`
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const { rows } = await sql<SealedRow>`
      SELECT id, ${sql.ref(column)} AS envelope, jsonb_build_object(${bound}) AS bound FROM ${sql.table(table)}
      WHERE id > ${after} AND ${sql.ref(column)} IS NOT NULL AND ${isOld}
      ORDER BY id LIMIT ${sql.lit(BATCH)}
    `.execute(db)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = last.id
  }
}

async function replaceEnvelopes(
  db: Db,
  { table, column }: SealedColumn,
  renewed: { id: string; before: Buffer; after: Buffer }[],
): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE ${sql.table(table)} AS row SET ${sql.ref(column)} = renewed.after
    FROM unnest(
      ${renewed.map(({ id }) => id)}::uuid[],
      ${renewed.map(({ before }) => before)}::bytea[],
      ${renewed.map(({ after }) => after)}::bytea[]
    ) AS renewed (id, before, after)
    WHERE row.id = renewed.id AND row.${sql.ref(column)} = renewed.before
  `.execute(db)
  return Number(numAffectedRows ?? 0)
}

function tryOpen(vault: Vault, envelope: Buffer, context: string): string | undefined {
  try {
    return vault.open(envelope, context)
  } catch {
    return undefined
  }
}
