import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import type { Installation } from '../../src/installation.ts'
import type { BaseKey } from '../../src/knowledge/knowledge-base.ts'
import { createRandom } from '../../src/testing/random.ts'
import { percentile, round } from './statistics.ts'
import { openWordBase } from './word-base.ts'
import { sentence } from './words.ts'

const FEW = 10
const MANY = Number(process.env.SCALE_BASES ?? 10_000)

/** Sections of each base's only document: what a young coach brings. */
const SECTIONS = 12
const WORDS_PER_SECTION = 40

/** Bases asked in turn, spread over all, each with a collection of its own: one for all would take an hour here. */
const ASKED = 10

/** Bases asked once each, which nobody asked before. */
const COLD = 100
const QUESTIONS = 600
const WARM_UP = 60

/** What a question must never read in whole. */
const TABLES = ['posting', 'passage', 'document', 'document_version', 'knowledge_base', 'vector_collection']

/**
 * The same questions to bases of the same size, once with {@link FEW} of them in the installation and once with
 * {@link MANY}: what one Creator waits must not depend on how many there are.
 */
export async function run(): Promise<Record<string, unknown>> {
  const random = createRandom(7)
  await using opened = await openWordBase({
    documents: 1,
    sections: SECTIONS,
    wordsPerSection: WORDS_PER_SECTION,
    random,
  })
  const { installation } = opened
  const questions = Array.from({ length: QUESTIONS }, () => sentence(random, 9))
  const spread = (count: number, many: number) =>
    Array.from({ length: count }, () => 1 + Math.floor(random() * many))

  await dropReferences(installation.db)
  await cloneBases(installation.db, { from: 1, to: FEW })
  const few = await measure(installation, {
    numbers: Array.from({ length: FEW }, (_, at) => at + 1),
    questions,
  })
  const startedMs = performance.now()
  await cloneBases(installation.db, { from: FEW + 1, to: MANY })
  const seededMs = performance.now() - startedMs
  const many = await measure(installation, { numbers: spread(ASKED, MANY), questions })
  const cold = await measure(installation, {
    numbers: spread(COLD, MANY),
    questions: questions.slice(0, COLD),
    warmUp: 0,
  })
  return {
    passagesPerBase: SECTIONS,
    embedding: opened.embedding,
    seededInSeconds: round(seededMs / 1_000),
    ...{ [`bases${FEW}`]: few, [`bases${MANY}`]: many, [`firstQuestionAt${MANY}`]: cold },
    ratioP50: round(many.p50Ms / few.p50Ms),
    ratioP95: round(many.p95Ms / few.p95Ms),
    // Of each to its own minute's limit: on a shared machine the minutes differ more than the sizes.
    ratioP95BesideBare: round(
      many.p95Ms / many.bareEmbedAndChroma.p95Ms / (few.p95Ms / few.bareEmbedAndChroma.p95Ms),
    ),
  }
}

interface Asking {
  /** Of the bases to ask. */
  numbers: readonly number[]
  questions: readonly string[]
  warmUp?: number
}

/** Retrieval beside its limit in the same minute: embedding the question and asking Chroma, and nothing else. */
async function measure(installation: Installation, { numbers, questions, warmUp = WARM_UP }: Asking) {
  const { db, retrieve } = installation
  await sql`VACUUM ANALYZE`.execute(db)
  const keys = await Promise.all([...new Set(numbers)].map((number) => findClone(db, number)))
  const collections = await copyVectors(installation, keys)
  const scans = await countScans(db)
  const times: number[] = []
  const bareTimes: number[] = []
  for (const [at, question] of questions.entries()) {
    const key = keys[at % keys.length]
    if (!key) continue
    const startedMs = performance.now()
    const { passages, degraded } = await retrieve({ ...key, question })
    const retrievedMs = performance.now()
    if (passages.length === 0 || (collections.length > 0 && degraded.length > 0))
      throw new Error(`nothing whole was found: ${degraded.join(', ')}`)
    await askBare(installation, collections[at % keys.length], question)
    if (at < warmUp) continue
    times.push(retrievedMs - startedMs)
    bareTimes.push(performance.now() - retrievedMs)
  }
  const after = await countScans(db)
  const present = (sample: number[]) => ({ p50Ms: percentile(sample, 0.5), p95Ms: percentile(sample, 0.95) })
  return {
    asked: keys.length,
    collections: collections.length,
    ...present(times),
    bareEmbedAndChroma: present(bareTimes),
    sequentialScans: Object.fromEntries(
      [...after].map(([table, count]) => [table, count - (scans.get(table) ?? 0)]),
    ),
  }
}

async function askBare(
  { db, vectors, embedding }: Installation,
  collection: string | undefined,
  question: string,
) {
  if (!embedding || !collection) return sql`SELECT 1`.execute(db)
  return vectors.query(collection, await embedding.embedQuestion(question), 50)
}

/** Scans over whole tables so far, by table; the server counts them as its sessions go idle. */
async function countScans(db: Db): Promise<Map<string, number>> {
  await sql`SELECT pg_stat_force_next_flush()`.execute(db)
  const { rows } = await sql<{ table: string; scans: string }>`
    SELECT relname AS table, seq_scan::text AS scans FROM pg_stat_user_tables WHERE relname = ANY (${TABLES})`.execute(
    db,
  )
  return new Map(rows.map(({ table, scans }) => [table, Number(scans)]))
}

/** What a base, its Creator, document and version are called after their number. */
const idOf = (kind: string, number = sql<number>`number`) =>
  sql`md5(${sql.lit(kind)} || ${number}::text)::uuid`

async function findClone(db: Db, number: number): Promise<BaseKey> {
  const base = await db
    .selectFrom('knowledge_base')
    .select(['id', 'creator_id'])
    .where('id', '=', sql<string>`${idOf('base', sql`${number}`)}`)
    .executeTakeFirstOrThrow()
  return { creatorId: base.creator_id, knowledgeBaseId: base.id }
}

/** Passage ids of a clone lie this far from those of the clone before it. */
const ID_STEP = 1_000

/** The database is thrown away, and checking each of millions of rows' references took most of the time. */
async function dropReferences(db: Db): Promise<void> {
  for (const table of ['posting', 'passage'])
    await sql`ALTER TABLE ${sql.table(table)} DROP CONSTRAINT ${sql.ref(`${table}_version_id_fkey`)}`.execute(
      db,
    )
}

/** Copies the pack's base under new ids, each copy of a Creator of its own, in a statement a table. */
async function cloneBases(db: Db, { from, to }: { from: number; to: number }): Promise<void> {
  const series = sql`generate_series(${from}::int, ${to}::int) AS number`
  const template = sql`(SELECT id FROM knowledge_base ORDER BY created_at LIMIT 1)`
  await sql`INSERT INTO creator (id, name) SELECT ${idOf('creator')}, 'bench ' || number FROM ${series}`.execute(
    db,
  )
  await sql`
    INSERT INTO knowledge_base (id, creator_id, name, keyword_weight, languages, passage_count, term_count)
    SELECT ${idOf('base')}, ${idOf('creator')}, name, keyword_weight, languages, passage_count, term_count
    FROM knowledge_base, ${series} WHERE id = ${template}`.execute(db)
  await sql`
    INSERT INTO document (id, creator_id, knowledge_base_id, name, title, active_version_id)
    SELECT ${idOf('document')}, ${idOf('creator')}, ${idOf('base')}, name, title, ${idOf('version')}
    FROM document, ${series} WHERE knowledge_base_id = ${template}`.execute(db)
  await sql`
    INSERT INTO document_version (id, creator_id, knowledge_base_id, document_id, file_key, sha256, size_bytes,
      media_type, language, state, passage_count, term_count, embedded_with)
    SELECT ${idOf('version')}, ${idOf('creator')}, ${idOf('base')}, ${idOf('document')}, file_key, sha256, size_bytes,
      media_type, language, state, passage_count, term_count, embedded_with
    FROM document_version, ${series} WHERE knowledge_base_id = ${template}`.execute(db)
  await sql`
    INSERT INTO passage (id, creator_id, knowledge_base_id, document_id, version_id, ordinal, section, heading_path,
      text, term_count)
    OVERRIDING SYSTEM VALUE
    SELECT id + number * ${sql.lit(ID_STEP)}, ${idOf('creator')}, ${idOf('base')}, ${idOf('document')},
      ${idOf('version')}, ordinal, section, heading_path, text, term_count
    FROM passage, ${series} WHERE knowledge_base_id = ${template}`.execute(db)
  await sql`
    INSERT INTO posting (knowledge_base_id, term, version_id, creator_id, passage_ids, frequencies, lengths)
    SELECT ${idOf('base')}, term, ${idOf('version')}, ${idOf('creator')},
      ARRAY(SELECT id + number * ${sql.lit(ID_STEP)} FROM unnest(passage_ids) AS id), frequencies, lengths
    FROM posting, ${series} WHERE knowledge_base_id = ${template}`.execute(db)
}

/** Gives each of these bases a collection with its own passages' vectors. @returns the collections' ids. */
async function copyVectors(
  { db, vectors, embedding }: Installation,
  keys: readonly BaseKey[],
): Promise<string[]> {
  if (!embedding) return []
  const ids: string[] = []
  for (const { creatorId, knowledgeBaseId } of keys) {
    const name = `bench-${knowledgeBaseId}`
    const passages = await db
      .selectFrom('passage')
      .select(['id', 'text'])
      .where('knowledge_base_id', '=', knowledgeBaseId)
      .execute()
    const id = await vectors.openCollection(name)
    ids.push(id)
    const rows = await embedding.embedPassages(passages.map(({ text }) => text))
    await vectors.upsert(
      id,
      passages.map((passage, at) => ({ id: passage.id, vector: rows[at] ?? [] })),
    )
    await db
      .insertInto('vector_collection')
      .values({
        ...{ knowledge_base_id: knowledgeBaseId, creator_id: creatorId, model: embedding.name },
        ...{ collection_name: name, collection_id: id, is_active: true },
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  return ids
}
