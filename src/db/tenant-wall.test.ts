import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCreatorRows, type CreatorRows } from '../testing/builders/creator-rows.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { createRandom } from '../testing/random.ts'
import { type Db, openDatabase } from './database.ts'
import { createTenantWall, type WithinCreator } from './tenant-wall.ts'

/** How often a connection is taken while others fail; a leak of one in a thousand would show ten times. */
const CHECKOUTS = 10_000
const AT_ONCE = 8
/** Fewer connections than tasks, so that each is reused right after someone else's failure. */
const TENANT_POOL = 4
const SEED = 20_261_121

/** Tables that no Creator's rows are in: what has been migrated. Everything else stands behind the wall. */
const UNWALLED = ['kysely_migration', 'kysely_migration_lock']
/** SQLSTATE of a row that the policy's check refuses. */
const REFUSED_BY_POLICY = '42501'

describe('the tenant wall', () => {
  const opened = new AsyncDisposableStack()
  let test: TestDatabase
  /** A pool of the scope that pages use, with no Creator named. */
  let tenants: Db
  let within: WithinCreator
  let ours: CreatorRows
  let theirs: CreatorRows

  beforeAll(async () => {
    test = opened.use(await openTestDatabase())
    tenants = opened.adopt(openDatabase(test.url, { max: TENANT_POOL, scope: 'tenant' }), (it) =>
      it.destroy(),
    )
    within = createTenantWall(tenants)
    ours = await addCreatorRows(test.db, 'quokka')
    theirs = await addCreatorRows(test.db, 'narwhal')
  })
  afterAll(() => opened.disposeAsync())

  interface TableFacts {
    name: string
    hasCreator: boolean
    isWalled: boolean
  }

  async function listTables(): Promise<TableFacts[]> {
    const { rows } = await sql<TableFacts>`
      SELECT relname AS name,
        EXISTS (SELECT FROM pg_attribute WHERE attrelid = class.oid AND attname = 'creator_id' AND NOT attisdropped)
          AS "hasCreator",
        relrowsecurity AND relforcerowsecurity AND EXISTS (
          SELECT FROM pg_policy
          WHERE polrelid = class.oid AND polcmd = '*' AND polqual IS NOT NULL AND polwithcheck IS NOT NULL
        ) AS "isWalled"
      FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = relnamespace
      WHERE nspname = 'public' AND relkind IN ('r', 'p') ORDER BY relname
    `.execute(test.db)
    return rows
  }

  const walledTables = async () => (await listTables()).filter(({ name }) => !UNWALLED.includes(name))
  const count = async (db: Db, table: string) => {
    const { rows } = await sql<{ count: string }>`SELECT count(*) FROM ${sql.table(table)}`.execute(db)
    return Number(rows[0]?.count)
  }

  it('stands, forced, around every table but the named ones', async () => {
    const tables = await listTables()

    expect(tables.filter(({ hasCreator }) => hasCreator).length).toBeGreaterThanOrEqual(27)
    expect(tables.filter(({ isWalled }) => !isWalled).map(({ name }) => name)).toEqual(UNWALLED)
  })

  it('binds the role: no superuser, no bypass, no function or view that lends another role', async () => {
    const { rows: roles } = await sql`
      SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user
    `.execute(tenants)
    const { rows: granted } = await sql`
      SELECT rolname FROM pg_roles
      WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')
    `.execute(tenants)
    const { rows: lenders } = await sql`
      SELECT proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
      WHERE prosecdef AND nspname NOT IN ('pg_catalog', 'information_schema')
      UNION ALL
      SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE relkind IN ('v', 'm') AND nspname = 'public'
    `.execute(test.db)

    expect(roles).toEqual([{ rolsuper: false, rolbypassrls: false }])
    expect(granted).toEqual([])
    expect(lenders).toEqual([])
  })

  it('shows no row of any table while no Creator is named', async () => {
    for (const { name } of await walledTables()) {
      expect(await count(test.db, name), `rows of ${name}`).toBeGreaterThanOrEqual(2)
      expect(await count(tenants, name), `rows of ${name} seen`).toBe(0)
    }
  })

  it('shows a Creator the rows of their own, in every table', async () => {
    await within(ours.creatorId, async (trx) => {
      for (const { name, hasCreator } of await walledTables()) {
        if (!hasCreator || name === 'session') continue
        const { rows } = await sql<{ creator_id: string }>`
          SELECT DISTINCT creator_id FROM ${sql.table(name)}
        `.execute(trx)
        expect(rows, name).toEqual([{ creator_id: ours.creatorId }])
      }
      expect(await trx.selectFrom('creator').select('name').execute()).toEqual([{ name: 'quokka' }])
      expect(await trx.selectFrom('member').select('name').execute()).toEqual([{ name: 'quokka' }])
      for (const table of ['session', 'sign_in_token', 'recovery_code', 'draft', 'pace'])
        expect(await count(trx, table)).toBe(0)
    })
  })

  it('shows no text of another Creator, whatever the column', async () => {
    await within(ours.creatorId, async (trx) => {
      for (const { name } of await walledTables()) {
        const { rows } = await sql`
          SELECT FROM ${sql.table(name)} AS line WHERE position('narwhal' IN line::text) > 0
        `.execute(trx)
        expect(rows, name).toHaveLength(0)
      }
    })
  })

  it('refuses a row written for another Creator', async () => {
    const write = (creatorId: string) =>
      within(creatorId, (trx) =>
        trx.insertInto('subscriber').values({ creator_id: theirs.creatorId, name: 'x' }).execute(),
      )
    await expect(write(ours.creatorId)).rejects.toMatchObject({ code: REFUSED_BY_POLICY })
    await expect(
      tenants.insertInto('subscriber').values({ creator_id: theirs.creatorId }).execute(),
    ).rejects.toMatchObject({ code: REFUSED_BY_POLICY })
    await expect(
      within(ours.creatorId, (trx) =>
        trx.updateTable('subscriber').set({ creator_id: theirs.creatorId }).execute(),
      ),
    ).rejects.toMatchObject({ code: REFUSED_BY_POLICY })
  })

  it('neither changes nor deletes a row of another Creator', async () => {
    const before = await test.db.selectFrom('subscriber').selectAll().orderBy('id').execute()

    const [changed, deleted] = await within(ours.creatorId, async (trx) => [
      await trx
        .updateTable('subscriber')
        .set({ name: 'x' })
        .where('id', '=', theirs.subscriberId)
        .executeTakeFirst(),
      await trx.deleteFrom('subscriber').where('id', '=', theirs.subscriberId).executeTakeFirst(),
    ])

    expect(changed).toMatchObject({ numUpdatedRows: 0n })
    expect(deleted).toMatchObject({ numDeletedRows: 0n })
    expect(await test.db.selectFrom('subscriber').selectAll().orderBy('id').execute()).toEqual(before)
  })

  /** Queries of ours as they stand, but for the part of the where-clause that names the Creator or their base. */
  const SAMPLED = {
    'the documents of a base, with their newest version': (db: Db) =>
      sql`
      SELECT document.id, document.name, newest.file_key, newest.sha256
      FROM document CROSS JOIN LATERAL (
        SELECT * FROM document_version WHERE document_version.document_id = document.id
        ORDER BY created_at DESC LIMIT 1
      ) AS newest
      WHERE document.id = ${theirs.documentId} ORDER BY document.name`.execute(db),
    'keyword search in a base': (db: Db) =>
      sql`
      SELECT passage.text FROM knowledge_base AS base
      JOIN posting ON posting.knowledge_base_id = base.id AND posting.term = 'narwhal'
      CROSS JOIN unnest(posting.passage_ids) AS hit
      JOIN passage ON passage.id = hit
      WHERE base.id = ${theirs.knowledgeBaseId}`.execute(db),
    'what was said in a chat': (db: Db) =>
      sql`
      SELECT message.markdown, turn.trace, part.payload
      FROM message JOIN turn ON turn.id = message.turn_id JOIN part ON part.message_id = message.id
      WHERE message.chat_id = ${theirs.chatId} ORDER BY message.position`.execute(db),
  }

  it.each(Object.entries(SAMPLED))('alone keeps %s from others', async (_name, query) => {
    expect((await query(test.db)).rows, 'the query finds something').toHaveLength(1)
    expect((await query(tenants)).rows).toEqual([])
    expect((await within(ours.creatorId, query)).rows).toEqual([])
    expect((await within(theirs.creatorId, query)).rows).toHaveLength(1)
  })

  it(`forgets the Creator with the transaction, in ${CHECKOUTS} checkouts with failures`, async () => {
    const random = createRandom(SEED)
    const failures = { count: 0 }
    let leaks = 0
    let seen = 0
    async function checkOut(): Promise<void> {
      const [self, other] = random() < 0.5 ? ([ours, theirs] as const) : ([theirs, ours] as const)
      const work = FAILURES[Math.floor(random() * FAILURES.length)]
      await within(self.creatorId, async (trx) => {
        const names = await trx.selectFrom('creator').select('id').execute()
        seen += names.length
        if (names.some(({ id }) => id !== self.creatorId)) leaks++
        await work?.(trx)
      }).catch(() => failures.count++)
      const { rows } = await sql<{ id: string }>`SELECT id FROM creator`.execute(tenants)
      leaks += rows.length
      if (random() < 0.01)
        leaks += (await within(randomUUID(), (trx) => trx.selectFrom('chat').select('id').execute())).length
      if (random() < 0.01) {
        const foreign = (trx: Db) =>
          trx.selectFrom('chat').select('id').where('id', '=', other.chatId).execute()
        leaks += (await within(self.creatorId, foreign)).length
      }
    }
    let left = CHECKOUTS
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (left-- > 0) await checkOut()
      }),
    )

    expect(leaks, `seed ${SEED}`).toBe(0)
    expect(seen).toBe(CHECKOUTS)
    expect(failures.count, 'failures happened').toBeGreaterThan(CHECKOUTS / 4)
  }, 180_000)
})

/** How work within the wall ends: half of the time well, else in every way it may fail. */
const FAILURES: (((trx: Db) => Promise<unknown>) | undefined)[] = [
  undefined,
  undefined,
  undefined,
  undefined,
  () => Promise.reject(new Error('thrown by the page')),
  (trx) => sql`SELECT 1 / 0`.execute(trx),
  (trx) => sql`SELECT * FROM no_such_table`.execute(trx),
  (trx) => sql`SELECT set_config('cornerman.creator_id', 'no uuid', true), ''::uuid`.execute(trx),
]
