import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { readConfig } from '../../src/config.ts'
import { openInstallation } from '../../src/installation.ts'
import { createLogger } from '../../src/logger.ts'
import { createRandom } from '../stage/random.ts'
import { chooseLocalWeights } from '../stage/weights.ts'
import { percentile, round } from './statistics.ts'
import { sentence } from './words.ts'

const DOCUMENTS = 60
const SECTIONS = 40
const WORDS_PER_SECTION = 90
const QUESTIONS = 300

/**
 * One question's retrieval in a base of some 2,400 sections, beside its physical limit in the same run:
 * embedding the question and asking Chroma, with nothing around it.
 */
export async function run(): Promise<Record<string, unknown>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cornerman-bench-'))
  const random = createRandom(7)
  const embed = chooseLocalWeights() ?? { MODEL_EMBED: 'none' }
  try {
    await writePack(join(dataDir, 'bots', 'words'), random)
    const config = readConfig({
      DATA_DIR: dataDir,
      BOTS_DIR: join(dataDir, 'bots'),
      LOG_LEVEL: 'error',
      OLLAMA_BASE_URL: 'http://127.0.0.1:9',
      ...embed,
    })
    await using installation = await openInstallation(config, createLogger('error'))
    await installation.ingestOpenVersions()
    const { db, retrieve, embedding, vectors } = installation
    const base = await db.selectFrom('knowledge_base').selectAll().executeTakeFirstOrThrow()
    const collection = await db.selectFrom('vector_collection').select('collection_id').executeTakeFirst()
    const questions = Array.from({ length: QUESTIONS }, () => sentence(random, 9))
    const key = { creatorId: base.creator_id, knowledgeBaseId: base.id }

    const time = async (work: (question: string) => Promise<unknown>): Promise<number[]> => {
      const times: number[] = []
      for (const question of questions) {
        const startedMs = performance.now()
        await work(question)
        times.push(performance.now() - startedMs)
      }
      return times
    }
    const bare = async (question: string) => {
      if (!embedding || !collection) return sql`SELECT 1`.execute(db)
      return vectors.query(collection.collection_id, await embedding.embedQuestion(question), 50)
    }
    for (const question of questions.slice(0, 40))
      await Promise.all([bare(question), retrieve({ ...key, question })])
    const [limit, keyword, hybrid] = [
      await time(bare),
      await time((question) => retrieve({ ...key, question, mode: 'keyword' })),
      await time((question) => retrieve({ ...key, question })),
    ]
    const present = (times: number[]) => ({ p50Ms: percentile(times, 0.5), p95Ms: percentile(times, 0.95) })
    return {
      passages: base.passage_count,
      embedding: embed.MODEL_EMBED,
      bareEmbedAndChroma: present(limit),
      keyword: present(keyword),
      hybrid: present(hybrid),
      ratio: round(percentile(hybrid, 0.5) / percentile(limit, 0.5)),
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function writePack(folder: string, random: () => number): Promise<void> {
  await mkdir(join(folder, 'knowledge'), { recursive: true })
  for (let document = 0; document < DOCUMENTS; document++) {
    const sections = Array.from(
      { length: SECTIONS },
      (_, section) =>
        `## Part ${section} ${sentence(random, 3)}\n\n${sentence(random, WORDS_PER_SECTION)}.\n`,
    )
    await writeFile(
      join(folder, 'knowledge', `words-${document}.md`),
      `# Words ${document}\n\n${sections.join('\n')}`,
    )
  }
  await writeFile(
    join(folder, 'bot.yaml'),
    'slug: words\nname: Words\npersona: Exact.\nlanguages: [en]\ngreeting: { en: Hello }\nno_answer: { en: No }\nsafety_line: { en: Help }\nknowledge: { keyword_weight: 0.5 }\n',
  )
}
