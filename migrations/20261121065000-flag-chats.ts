import { type Kysely, sql } from 'kysely'

/** Chats in which somebody seems to be in danger, until a person of the creator's has seen it. */
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    ALTER TABLE chat
      ADD COLUMN flag text,
      ADD COLUMN flagged_at timestamptz,
      ADD CONSTRAINT chat_flag_check CHECK ((flag IS NULL) = (flagged_at IS NULL))
  `.execute(db)
  await sql`
    CREATE INDEX chat_bot_id_flagged_idx ON chat (bot_id, last_message_at DESC, id DESC) WHERE flagged_at IS NOT NULL
  `.execute(db)
}
