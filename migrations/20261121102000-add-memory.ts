import { type Kysely, sql } from 'kysely'

/** What bots remember of people beyond the last lines: a running summary, and with consent what people told. */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const IS_SYSTEM = `(SELECT current_setting('cornerman.scope', true)) = 'system'`
const CREATOR = `(SELECT nullif(current_setting('cornerman.creator_id', true), '')::uuid)`

const STATEMENTS = [
  // state: given, refused. No word of the person is in it.
  `CREATE TABLE memory_consent (
    subscriber_id uuid NOT NULL CONSTRAINT memory_consent_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    bot_id uuid NOT NULL CONSTRAINT memory_consent_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    state text NOT NULL CONSTRAINT memory_consent_state_check CHECK (state IN ('given', 'refused')),
    decided_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT memory_consent_pkey PRIMARY KEY (subscriber_id, bot_id)
  )`,
  `CREATE INDEX memory_consent_bot_id_idx ON memory_consent (bot_id)`,

  // text: the person's own words, as they stand in a message of theirs. used_at: when it last stood in a prompt.
  `CREATE TABLE memory_fact (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT memory_fact_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    subscriber_id uuid NOT NULL CONSTRAINT memory_fact_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    chat_id uuid NOT NULL CONSTRAINT memory_fact_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    kind text NOT NULL,
    text text NOT NULL,
    said_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX memory_fact_subscriber_id_idx ON memory_fact (subscriber_id, bot_id)`,
  `CREATE INDEX memory_fact_chat_id_idx ON memory_fact (chat_id)`,
  `CREATE INDEX memory_fact_bot_id_idx ON memory_fact (bot_id)`,

  // covered_position: of the last message that the summary tells of. read_position: of the last one that was searched
  // for facts; null until the person consents. due_at: there is something to be remembered.
  `CREATE TABLE chat_memory (
    chat_id uuid PRIMARY KEY CONSTRAINT chat_memory_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT chat_memory_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    summary text,
    covered_position bigint NOT NULL DEFAULT 0,
    read_position bigint,
    due_at timestamptz,
    holder_id integer,
    claim uuid,
    claimed_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX chat_memory_due_at_idx ON chat_memory (due_at) WHERE due_at IS NOT NULL`,
  `CREATE INDEX chat_memory_bot_id_idx ON chat_memory (bot_id)`,
  ...['memory_consent', 'memory_fact', 'chat_memory'].flatMap(buildWall),
]

function buildWall(table: string): string[] {
  const isVisible = `${IS_SYSTEM} OR creator_id = ${CREATOR}`
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY ${table}_wall ON ${table} USING (${isVisible}) WITH CHECK (${isVisible})`,
  ]
}
