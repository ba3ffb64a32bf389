import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { BotSettings } from '../../src/bots/bot-settings.ts'
import type { Db } from '../../src/db/database.ts'
import type { FileStore } from '../../src/files/file-store.ts'
import { SENTENCES, TOPICS } from './words.ts'

export interface SeededCreator {
  creatorId: string
  ownerId: string
}

export interface SeededBot {
  botId: string
  creatorId: string
  knowledgeBaseId: string
}

const DOCUMENTS_PER_BOT = 12
const PASSAGES_PER_DOCUMENT = 15
/** Largest file a seeded document may be. */
const MAX_BYTES = 1_000_000

/** Creators with an owner each, whom only a magic link lets in: no one knows a password. */
export async function seedCreators(db: Db, run: string, count: number): Promise<SeededCreator[]> {
  const made: SeededCreator[] = []
  for (let index = 0; index < count; index++) {
    const { id: creatorId } = await db
      .insertInto('creator')
      .values({ name: `Coach ${index + 1}` })
      .returning('id')
      .executeTakeFirstOrThrow()
    const { id: ownerId } = await db
      .insertInto('member')
      .values({
        email: `owner-${index + 1}-${run}@seed.example`,
        name: `Owner ${index + 1}`,
        email_verified_at: new Date(),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await db
      .insertInto('membership')
      .values({ creator_id: creatorId, member_id: ownerId, role: 'owner' })
      .execute()
    made.push({ creatorId, ownerId })
  }
  return made
}

/** Bots spread evenly over the creators, each with a base of its own. */
export async function seedBots(
  db: Db,
  run: string,
  { creators, count }: { creators: SeededCreator[]; count: number },
): Promise<SeededBot[]> {
  const bots = Array.from({ length: count }, (_, index) => ({
    botId: randomUUID(),
    knowledgeBaseId: randomUUID(),
    creatorId: creators[index % creators.length]?.creatorId ?? '',
    slug: `seed-${run}-${index + 1}`,
    settings: JSON.stringify(buildSettings(index)),
  }))
  const column = <K extends keyof (typeof bots)[number]>(name: K) => bots.map((bot) => bot[name])
  await sql`
    INSERT INTO knowledge_base (id, creator_id, name, languages, keyword_weight)
    SELECT id, creator_id, slug, '{en}', 1
    FROM unnest(${column('knowledgeBaseId')}::uuid[], ${column('creatorId')}::uuid[], ${column('slug')}::text[])
      AS made (id, creator_id, slug)
  `.execute(db)
  await sql`
    INSERT INTO bot (id, creator_id, knowledge_base_id, slug, settings)
    SELECT * FROM unnest(${column('botId')}::uuid[], ${column('creatorId')}::uuid[],
      ${column('knowledgeBaseId')}::uuid[], ${column('slug')}::text[], ${column('settings')}::jsonb[])
  `.execute(db)
  return bots
}

function buildSettings(index: number): BotSettings {
  const topic = TOPICS[index % TOPICS.length] ?? 'habit'
  return BotSettings.parse({
    name: `${topic.charAt(0).toUpperCase()}${topic.slice(1)} coach ${index + 1}`,
    description: `Small steps about ${topic}.`,
    persona: 'Warm, short, and exact.',
    languages: ['en'],
    greeting: { en: `Hello. Ask me about ${topic}.` },
    suggestions: { en: [`How do I start with ${topic}?`] },
    no_answer: { en: 'That is not in my material.' },
    safety_line: { en: 'If you are in danger, call for help.' },
  })
}

/**
 * Documents that are taken in already, with passages that keywords find. `embeddedWith`: as if vectors had been
 * made, so that a start does not spend hours on them.
 */
export async function seedDocuments(
  db: Db,
  files: FileStore,
  { creators, embeddedWith }: { creators: SeededCreator[]; embeddedWith: string | undefined },
): Promise<void> {
  const text = SENTENCES.join('\n\n')
  for (const { creatorId } of creators) {
    const file = await files.write(creatorId, Readable.from([text]), { maxBytes: MAX_BYTES })
    await sql`
      INSERT INTO document (creator_id, knowledge_base_id, name, title, tags)
      SELECT creator_id, base.id, 'guides/part-' || number || '.md', 'Part ' || number || ' of the guide',
        CASE WHEN number % 3 = 0 THEN '{basics}'::text[] ELSE '{}' END
      FROM knowledge_base AS base, generate_series(1, ${DOCUMENTS_PER_BOT}) AS number
      WHERE creator_id = ${creatorId}
    `.execute(db)
    await sql`
      WITH version AS (
        INSERT INTO document_version (creator_id, knowledge_base_id, document_id, file_key, sha256, size_bytes,
          media_type, language, state, passage_count, term_count, embedded_with, ready_at)
        SELECT creator_id, knowledge_base_id, id, ${file.key}, ${file.sha256}, ${file.sizeBytes}, 'text/markdown',
          'en', 'ready', ${PASSAGES_PER_DOCUMENT}, ${PASSAGES_PER_DOCUMENT * 20}, ${embeddedWith ?? null}, now()
        FROM document WHERE creator_id = ${creatorId}
        RETURNING id, document_id
      )
      UPDATE document SET active_version_id = version.id FROM version WHERE document.id = version.document_id
    `.execute(db)
    await seedPassages(db, creatorId)
  }
}

async function seedPassages(db: Db, creatorId: string): Promise<void> {
  await sql`
    INSERT INTO passage (creator_id, knowledge_base_id, document_id, version_id, ordinal, section, heading_path,
      text, term_count)
    SELECT creator_id, knowledge_base_id, document_id, version.id, number, number / 4,
      ARRAY['Chapter ' || (number / 4 + 1)],
      ${pick(SENTENCES)} || ' ' || ${pick(SENTENCES)} || ' (' || ${pick(TOPICS)} || ')', 20
    FROM document_version AS version, generate_series(0, ${PASSAGES_PER_DOCUMENT - 1}) AS number
    WHERE creator_id = ${creatorId}
  `.execute(db)
  await sql`
    INSERT INTO posting (knowledge_base_id, term, version_id, creator_id, passage_ids, frequencies, lengths)
    SELECT knowledge_base_id, term, version_id, creator_id, array_agg(id ORDER BY id),
      array_agg(times::smallint ORDER BY id), array_agg(20 ORDER BY id)
    FROM (
      SELECT passage.knowledge_base_id, passage.version_id, passage.creator_id, passage.id, word AS term, count(*) AS times
      FROM passage, regexp_split_to_table(lower(passage.text), '[^a-z]+') AS word
      WHERE passage.creator_id = ${creatorId} AND length(word) > 2
      GROUP BY passage.id, word
    ) AS counted
    GROUP BY knowledge_base_id, term, version_id, creator_id
  `.execute(db)
  await sql`
    UPDATE knowledge_base AS base SET passage_count = counted.passages, term_count = counted.terms,
      revision = base.revision + 1
    FROM (
      SELECT knowledge_base_id, count(*) AS passages, sum(term_count) AS terms FROM passage
      WHERE creator_id = ${creatorId} GROUP BY knowledge_base_id
    ) AS counted
    WHERE base.id = counted.knowledge_base_id
  `.execute(db)
}

/** SQL that is one of the words, another one for each row. */
export function pick(words: readonly string[]) {
  return sql<string>`(${[...words]}::text[])[1 + floor(random() * ${sql.lit(words.length)})::int]`
}
