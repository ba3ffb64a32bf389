import { type Kysely, sql } from 'kysely'

/**
 * Two things took PostgreSQL most of the time a book needed to become searchable: the postings of frequent words
 * were compressed, for which every question paid as well, and for each of ten thousand postings it was looked up
 * whether its version is there, which the transaction that writes them holds locked.
 */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  ...['passage_ids', 'frequencies', 'lengths'].map(
    (column) => `ALTER TABLE posting ALTER COLUMN ${column} SET STORAGE EXTERNAL`,
  ),

  // Postings go with their version, however it is deleted, as the constraint saw to: once a statement.
  `CREATE FUNCTION delete_postings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM posting USING gone WHERE posting.version_id = gone.id;
      RETURN NULL;
    END
  $$`,
  `CREATE TRIGGER document_version_postings AFTER DELETE ON document_version
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION delete_postings()`,
  `ALTER TABLE posting DROP CONSTRAINT posting_version_id_fkey`,
]
