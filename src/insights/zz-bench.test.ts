import { it } from 'vitest'
import { sql } from 'kysely'
import { openDatabase } from '../db/database.ts'
import { createTenantWall } from '../db/tenant-wall.ts'
import { openTestDatabase } from '../testing/database.ts'
import { readOverview } from './overview.ts'

it('bench', async () => {
  await using t = await openTestDatabase()
  const { db } = t
  const many = async (text: string) => { for (const q of text.split(';').filter((x) => x.trim())) await sql.raw(q).execute(db) }
  const t0 = Date.now()
  await many(`
  INSERT INTO creator (id,name) SELECT md5('c'||i)::uuid, 'c'||i FROM generate_series(0,19) i;
  INSERT INTO knowledge_base (id,creator_id,name) SELECT md5('k'||i)::uuid, md5('c'||(i%20))::uuid, 'k'||i FROM generate_series(0,199) i;
  INSERT INTO bot (id,creator_id,knowledge_base_id,slug,settings) SELECT md5('b'||i)::uuid, md5('c'||(i%20))::uuid, md5('k'||i)::uuid, 'b'||i, '{}' FROM generate_series(0,199) i;
  CREATE TEMP TABLE given AS SELECT i, floor(200*random()^2)::int AS b FROM generate_series(0,19999) i;
  INSERT INTO subscriber (id,creator_id,name,created_at) SELECT md5('s'||i)::uuid, md5('c'||(b%20))::uuid, 'n'||i, now() - random()*interval '120 days' FROM given;
  INSERT INTO chat (id,creator_id,bot_id,subscriber_id,channel,chat_key,created_at)
    SELECT md5('h'||i)::uuid, md5('c'||(b%20))::uuid, md5('b'||b)::uuid, md5('s'||i)::uuid, (array['telegram','whatsapp','web'])[1+i%3], 'x'||i, now() - random()*interval '120 days' FROM given;
  INSERT INTO document (id,creator_id,knowledge_base_id,name,title) SELECT md5('d'||i)::uuid, md5('c'||((i%200)%20))::uuid, md5('k'||(i%200))::uuid, 'd'||i, 'D'||i FROM generate_series(0,3999) i;
  ALTER TABLE usage DROP CONSTRAINT usage_turn_id_fkey;
  INSERT INTO usage (turn_id,creator_id,bot_id,chat_id,subscriber_id,model,cost_usd,created_at,outcome,total_ms,cited_document_ids)
   SELECT gen_random_uuid(), md5('c'||(b%20))::uuid, md5('b'||b)::uuid, md5('h'||given.i)::uuid, md5('s'||given.i)::uuid,'m',0.001,now() - random()*interval '95 days', CASE WHEN random()<0.06 THEN 'refusal' ELSE 'answer' END, (300+random()*4000)::int, ARRAY[md5('d'||((floor(random()*20)::int)*200 + b))::uuid]
   FROM generate_series(1,25) AS n, given ORDER BY random();
  `)
  await sql`VACUUM ANALYZE`.execute(db)
  console.log('made', Date.now() - t0)
  const tenants = openDatabase(t.url, { scope: 'tenant' })
  const within = createTenantWall(tenants)
  const ids = await sql<{ id: string; creator_id: string; n: string }>`select bot.id, bot.creator_id, (select count(*) from usage where bot_id=bot.id) n from bot order by n desc`.execute(db)
  const big = ids.rows[0]!
  const where = sql`creator_id = ${big.creator_id} AND bot_id = ${big.id} AND created_at > now() - interval '90 days'`
  const bounds = (await sql<{ b: Date[] }>`SELECT array_agg((d::date)::timestamp AT TIME ZONE 'Europe/Berlin' ORDER BY d) b FROM generate_series(now() - interval '89 days', now(), interval '1 day') d`.execute(db)).rows[0]!.b
  const bk = sql`width_bucket(created_at, ${bounds}::timestamptz[])`
  const variants: Record<string, any> = {
    scan: sql`SELECT count(*), sum(total_ms) FROM usage WHERE ${where}`,
    bucket: sql`SELECT sum(${bk}) FROM usage WHERE ${where}`,
    counts: sql`SELECT ${bk} AS day, count(*) FILTER (WHERE outcome='answer'), sum(cost_usd) FROM usage WHERE ${where} GROUP BY 1`,
    countsfloat: sql`SELECT ${bk} AS day, count(*) FILTER (WHERE outcome='answer'), sum(cost_usd::float8) FROM usage WHERE ${where} GROUP BY 1`,
    sets: sql`SELECT day, count(*) FILTER (WHERE outcome='answer'), percentile_cont(ARRAY[0.5,0.95]) WITHIN GROUP (ORDER BY total_ms) FILTER (WHERE outcome='answer') AS median_ms, sum(cost_usd) FROM (SELECT ${bk} AS day, outcome, total_ms, cost_usd FROM usage WHERE ${where}) a GROUP BY GROUPING SETS ((day), ())`,
    pctday: sql`SELECT ${bk} AS day, percentile_cont(ARRAY[0.5,0.95]) WITHIN GROUP (ORDER BY total_ms) FROM usage WHERE ${where} GROUP BY 1`,
    pctall: sql`SELECT percentile_cont(ARRAY[0.5,0.95]) WITHIN GROUP (ORDER BY total_ms) FROM usage WHERE ${where}`,
    seen: sql`WITH seen AS MATERIALIZED (SELECT DISTINCT ${bk} AS day, subscriber_id FROM usage WHERE ${where}) SELECT day, count(*) FROM seen GROUP BY 1 UNION ALL SELECT NULL, count(*) FROM (SELECT DISTINCT subscriber_id FROM seen) x`,
    bychat: sql`SELECT chat_id, subscriber_id, count(*) q FROM usage WHERE ${where} GROUP BY chat_id, subscriber_id`,
    docs: sql`SELECT cited.id, count(*) AS answers FROM usage, unnest(usage.cited_document_ids) AS cited (id) WHERE ${where} GROUP BY cited.id ORDER BY answers DESC, cited.id LIMIT 10`,
    docs2: sql`SELECT cited_document_ids, count(*) AS answers FROM usage WHERE ${where} GROUP BY 1`,
    raw: sql`SELECT array_agg(total_ms) a, array_agg(${bk}) b FROM usage WHERE ${where}`,
  }
  for (const [name, q] of Object.entries(variants)) {
    const ms: number[] = []
    for (let i = 0; i < 7; i++) { const s = performance.now(); await q.execute(db); ms.push(performance.now() - s) }
    console.log(name, Math.min(...ms).toFixed(1), ms.sort((a,b)=>a-b)[3]!.toFixed(1))
  }
  await tenants.destroy()
}, 600_000)
