import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { Db } from '../db/database.ts'
import { CONNECTION_SEAL } from '../messaging/connection.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { openTestDatabase } from '../testing/database.ts'
import { checkColumn, resealColumn } from './key-rotation.ts'
import { createVault, type Vault } from './vault.ts'

const ROWS = 10_000
const makeKey = () => randomBytes(32).toString('hex')

/** Connections of one bot, each on a channel of its own; of creator and bot they have what their envelope is bound to. */
async function addConnections(db: Db, vault: Vault, count: number): Promise<void> {
  const bot = await addTestBot(db)
  const channels = Array.from({ length: count }, (_, index) => `channel-${index}`)
  const envelopes = channels.map((channel) =>
    vault.seal(
      `token of ${channel}`,
      CONNECTION_SEAL.contextOf({ creator_id: bot.creatorId, bot_id: bot.id, channel }),
    ),
  )
  await sql`
    INSERT INTO connection (creator_id, bot_id, channel, external_id, credentials)
    SELECT ${bot.creatorId}, ${bot.id}, channel, channel, envelope
    FROM unnest(${channels}::text[], ${envelopes}::bytea[]) AS made (channel, envelope)
  `.execute(db)
}

/** Opens the credential of one row after another until told to stop, as the sending of messages does. */
async function readOn(db: Db, vault: Vault, signal: AbortSignal) {
  const figures = { reads: 0, failures: 0 }
  while (!signal.aborted) {
    const { rows } = await sql<{
      creator_id: string
      bot_id: string
      channel: string
      credentials: Buffer
    }>`
      SELECT creator_id, bot_id, channel, credentials FROM connection
      WHERE external_id = ${`channel-${Math.floor(Math.random() * ROWS)}`}
    `.execute(db)
    for (const row of rows) {
      figures.reads++
      try {
        if (vault.open(row.credentials, CONNECTION_SEAL.contextOf(row)) !== `token of ${row.channel}`)
          figures.failures++
      } catch {
        figures.failures++
      }
    }
  }
  return figures
}

describe('resealColumn', () => {
  it(`rotates ${ROWS} envelopes while they are read`, async () => {
    await using test = await openTestDatabase()
    const [older, newer] = [makeKey(), makeKey()]
    let keys = older
    // A process that runs all the while and was started with the old key alone.
    const running = createVault(() => keys)
    await addConnections(test.db, running, ROWS)

    keys = `${newer} ${older}`
    const reading = new AbortController()
    const readers = [1, 2, 3].map(() => readOn(test.db, running, reading.signal))
    const first = await resealColumn(test.db, createVault(keys), CONNECTION_SEAL)
    reading.abort()
    const figures = await Promise.all(readers)

    expect(first).toEqual({ resealed: ROWS, unreadable: [] })
    expect(figures.reduce((sum, { failures }) => sum + failures, 0)).toBe(0)
    expect(figures.reduce((sum, { reads }) => sum + reads, 0)).toBeGreaterThan(100)
    expect(await checkColumn(test.db, createVault(newer), CONNECTION_SEAL)).toEqual({
      opened: ROWS,
      unreadable: [],
    })
    expect((await checkColumn(test.db, createVault(older), CONNECTION_SEAL)).opened).toBe(0)
    expect(await resealColumn(test.db, createVault(keys), CONNECTION_SEAL)).toEqual({
      resealed: 0,
      unreadable: [],
    })
  }, 60_000)

  it('goes on where it was broken off, and keeps what was written meanwhile', async () => {
    await using test = await openTestDatabase()
    const [older, newer] = [makeKey(), makeKey()]
    await addConnections(test.db, createVault(older), 450)
    const both = createVault(`${newer} ${older}`)
    const row = await test.db
      .selectFrom('connection')
      .selectAll()
      .where('external_id', '=', 'channel-7')
      .executeTakeFirstOrThrow()
    const written = both.seal('written meanwhile', CONNECTION_SEAL.contextOf(row))
    await test.db.updateTable('connection').set({ credentials: written }).where('id', '=', row.id).execute()

    let seals = 0
    const dying: Vault = {
      ...both,
      seal: (...given) => {
        if (++seals > 250) throw new Error('killed')
        return both.seal(...given)
      },
    }
    await expect(resealColumn(test.db, dying, CONNECTION_SEAL)).rejects.toThrow('killed')
    const second = await resealColumn(test.db, both, CONNECTION_SEAL)

    expect(second).toEqual({ resealed: 249, unreadable: [] })
    const kept = await test.db
      .selectFrom('connection')
      .select('credentials')
      .where('id', '=', row.id)
      .executeTakeFirstOrThrow()
    expect(kept.credentials).toEqual(written)
  })

  it('names what no key opens and leaves it', async () => {
    await using test = await openTestDatabase()
    await addConnections(test.db, createVault(makeKey()), 1)
    const before = await test.db.selectFrom('connection').selectAll().executeTakeFirstOrThrow()

    const count = await resealColumn(test.db, createVault(makeKey()), CONNECTION_SEAL)

    expect(count).toEqual({ resealed: 0, unreadable: [before.id] })
    expect(await test.db.selectFrom('connection').selectAll().executeTakeFirstOrThrow()).toEqual(before)
  })
})
