import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { createRecent } from '../db/recent.ts'
import type { BaseKey } from './knowledge-base.ts'
import { UNDETERMINED } from './language.ts'

/** The languages a base's Documents are in, the one with the most passages first; what cannot be told is left out. */
export type ListMaterialLanguages = (key: BaseKey) => Promise<string[]>

/** Material seldom changes its language: what is asked with each question is remembered for a minute. */
const MEMORY = { forMs: 60_000, entries: 20_000 }

export function createMaterialLanguages(db: Db): ListMaterialLanguages {
  const known = createRecent((id) => readLanguages(db, id), MEMORY)
  return ({ creatorId, knowledgeBaseId }) => known.get(`${creatorId} ${knowledgeBaseId}`)
}

async function readLanguages(db: Db, id: string): Promise<string[]> {
  const [creatorId = '', knowledgeBaseId = ''] = id.split(' ')
  const rows = await db
    .selectFrom('document')
    .innerJoin('document_version as version', 'version.id', 'document.active_version_id')
    .select('version.language')
    .where('document.knowledge_base_id', '=', knowledgeBaseId)
    .where('document.creator_id', '=', creatorId)
    .where('version.language', 'is not', null)
    .where('version.language', '!=', UNDETERMINED)
    .groupBy('version.language')
    .orderBy(sql`sum(version.passage_count)`, 'desc')
    .orderBy('version.language')
    .execute()
  return rows.flatMap(({ language }) => (language === null ? [] : [language]))
}
