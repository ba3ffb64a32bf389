import { type Kysely, sql } from 'kysely'

/** Answers kept to be given again, what they saved, and the sums that budgets are held against. */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const IS_SYSTEM = `(SELECT current_setting('cornerman.scope', true)) = 'system'`
const CREATOR = `(SELECT nullif(current_setting('cornerman.creator_id', true), '')::uuid)`

const STATEMENTS = [
  // No word of a question is kept: its text and its meaning are keyed hashes. wording: hash of the prompts, settings
  // and models it was written with; revision: of the base it was written from. vector: of embedding_model, of the
  // question's words of meaning. answer: as it was given, with its citations.
  `CREATE TABLE answer_cache (
    id uuid PRIMARY KEY,
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT answer_cache_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    knowledge_base_id uuid NOT NULL
      CONSTRAINT answer_cache_knowledge_base_id_fkey REFERENCES knowledge_base ON DELETE CASCADE,
    revision bigint NOT NULL,
    wording bytea NOT NULL,
    language text NOT NULL,
    question_hash bytea NOT NULL,
    meaning_hash bytea,
    vector real[],
    answer jsonb NOT NULL,
    cost_usd numeric(14, 8) NOT NULL DEFAULT 0,
    hits integer NOT NULL DEFAULT 0,
    used_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `ALTER TABLE answer_cache
    ADD CONSTRAINT answer_cache_question_key UNIQUE (bot_id, question_hash, wording, language)`,
  `CREATE INDEX answer_cache_meaning_idx ON answer_cache (bot_id, meaning_hash) WHERE meaning_hash IS NOT NULL`,
  `CREATE INDEX answer_cache_used_at_idx ON answer_cache (bot_id, used_at)`,
  `CREATE INDEX answer_cache_knowledge_base_id_idx ON answer_cache (knowledge_base_id)`,
  `ALTER TABLE answer_cache ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE answer_cache FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY answer_cache_wall ON answer_cache
    USING (${IS_SYSTEM} OR creator_id = ${CREATOR}) WITH CHECK (${IS_SYSTEM} OR creator_id = ${CREATOR})`,

  // saved_usd: what the answer would have cost anew.
  `ALTER TABLE usage
    ADD COLUMN is_cached boolean NOT NULL DEFAULT false,
    ADD COLUMN saved_usd numeric(14, 8) NOT NULL DEFAULT 0`,
  // What an installation spent in a day, without reading every row of it.
  `CREATE INDEX usage_cost_idx ON usage (created_at) INCLUDE (cost_usd) WHERE cost_usd > 0`,
]
