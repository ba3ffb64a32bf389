import { sql } from 'kysely'
import { createRandom } from '../../src/testing/random.ts'
import { readCpu } from '../stage/process-figures.ts'
import { percentile, round } from './statistics.ts'
import { openWordBase } from './word-base.ts'
import { sentence } from './words.ts'

const DOCUMENTS = 60
const SECTIONS = 40
const WORDS_PER_SECTION = 90
const QUESTIONS = 300

/** All kinds take turns, so that a noisy moment meets each. */
const ROUNDS = 3

/**
 * One question's retrieval in a base of some 2,400 sections, beside its physical limit in the same run:
 * embedding the question and asking Chroma, with nothing around it.
 */
export async function run(): Promise<Record<string, unknown>> {
  const random = createRandom(7)
  await using opened = await openWordBase({
    documents: DOCUMENTS,
    sections: SECTIONS,
    wordsPerSection: WORDS_PER_SECTION,
    random,
  })
  const { config, db, retrieve, embedding, vectors } = opened.installation
  const base = await db.selectFrom('knowledge_base').selectAll().executeTakeFirstOrThrow()
  const collection = await db.selectFrom('vector_collection').select('collection_id').executeTakeFirst()
  const questions = Array.from({ length: QUESTIONS }, () => sentence(random, 9))
  const key = { creatorId: base.creator_id, knowledgeBaseId: base.id }

  const bare = async (question: string) => {
    if (!embedding || !collection) return sql`SELECT 1`.execute(db)
    return vectors.query(collection.collection_id, await embedding.embedQuestion(question), 50)
  }
  const kinds = {
    bareEmbedAndChroma: createMeter(config.dataDir, bare),
    keyword: createMeter(config.dataDir, (question) => retrieve({ ...key, question, mode: 'keyword' })),
    hybrid: createMeter(config.dataDir, (question) => retrieve({ ...key, question })),
  }
  for (const question of questions.slice(0, 40))
    await Promise.all([bare(question), retrieve({ ...key, question })])
  for (let round = 0; round < ROUNDS; round += 1) {
    const asked = questions.filter((_, at) => at % ROUNDS === round)
    for (const kind of Object.values(kinds)) await kind.run(asked)
  }
  const [limit, keyword, hybrid] = Object.values(kinds).map((kind) => kind.summarise())
  return {
    passages: base.passage_count,
    embedding: opened.embedding,
    ...{ bareEmbedAndChroma: limit, keyword, hybrid },
    ratio: round((hybrid?.p50Ms ?? 0) / (limit?.p50Ms ?? 0)),
  }
}

/** Asks questions one after the other and adds up what they took: on the clock, and of every process' processor time. */
function createMeter(dataDir: string, ask: (question: string) => Promise<unknown>) {
  const times: number[] = []
  const cpu: Record<string, number> = {}
  return {
    async run(questions: readonly string[]): Promise<void> {
      const before = readCpu(dataDir, process.pid)
      for (const question of questions) {
        const startedMs = performance.now()
        await ask(question)
        times.push(performance.now() - startedMs)
      }
      for (const [name, ms] of Object.entries(readCpu(dataDir, process.pid)))
        cpu[name] = (cpu[name] ?? 0) + ms - (before[name] ?? 0)
    },
    summarise: () => ({
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
      cpuMs: Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, round(ms / times.length)])),
    }),
  }
}
