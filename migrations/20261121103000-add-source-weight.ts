import { type Kysely, sql } from 'kysely'

/** How far a Document is trusted, what day it speaks of itself, and how much a newer one counts in its base. */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // source_weight: -1 less trusted than the rest, 1 more.
  `ALTER TABLE document ADD COLUMN source_weight smallint NOT NULL DEFAULT 0
    CONSTRAINT document_source_weight_check CHECK (source_weight BETWEEN -1 AND 1)`,
  // dated_on: the day the text gives itself; where it gives none, the upload counts.
  `ALTER TABLE document_version ADD COLUMN dated_on date`,
  // recency: 0 lets age decide nothing, 1 lets every newer passage go before the one it replaces.
  `ALTER TABLE knowledge_base ADD COLUMN recency real NOT NULL DEFAULT 0.5
    CONSTRAINT knowledge_base_recency_check CHECK (recency BETWEEN 0 AND 1)`,
]
