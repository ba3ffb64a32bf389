import { type Kysely, sql } from 'kysely'

/** Web pages and sitemaps as material, and what changed from one version of a document to the next. */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of [...STATEMENTS, ...TENANT_TABLES.flatMap(wallOf)])
    await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Where a document was fetched from.
  `ALTER TABLE document ADD COLUMN url text`,

  // kind: page, sitemap. state: queued, crawling, done, failed. host is asked by one crawl at a time.
  // every_hours: empty where it is crawled by hand alone. run_started_at: of the crawl under way; one that broke off
  // goes on with the pages it had not come to. page_*: what the last crawl did.
  `CREATE TABLE web_source (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    knowledge_base_id uuid NOT NULL CONSTRAINT web_source_knowledge_base_id_fkey REFERENCES knowledge_base ON DELETE CASCADE,
    url text NOT NULL,
    host text NOT NULL,
    kind text NOT NULL,
    every_hours integer,
    max_pages integer NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    error_code text,
    attempts smallint NOT NULL DEFAULT 0,
    worker_id integer,
    run_started_at timestamptz,
    progress_done integer NOT NULL DEFAULT 0,
    progress_total integer NOT NULL DEFAULT 0,
    pages_added integer NOT NULL DEFAULT 0,
    pages_changed integer NOT NULL DEFAULT 0,
    pages_removed integer NOT NULL DEFAULT 0,
    pages_failed integer NOT NULL DEFAULT 0,
    crawled_at timestamptz,
    next_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT web_source_knowledge_base_id_url_key UNIQUE (knowledge_base_id, url)
  )`,
  `CREATE INDEX web_source_open_idx ON web_source (created_at) WHERE state IN ('queued', 'crawling')`,
  `CREATE INDEX web_source_next_at_idx ON web_source (next_at) WHERE next_at IS NOT NULL`,

  // A page of a source. digest: of its text, so that only new words make a new version. A digest without a document:
  // the document was deleted by hand, and the page is left out from then on.
  // fetched_url: where its redirections end; etag and last_modified are that address's.
  `CREATE TABLE web_page (
    source_id uuid NOT NULL CONSTRAINT web_page_source_id_fkey REFERENCES web_source ON DELETE CASCADE,
    url text NOT NULL,
    creator_id uuid NOT NULL,
    knowledge_base_id uuid NOT NULL,
    document_id uuid CONSTRAINT web_page_document_id_fkey REFERENCES document ON DELETE SET NULL,
    fetched_url text,
    etag text,
    last_modified text,
    digest text,
    error_code text,
    checked_at timestamptz,
    changed_at timestamptz,
    CONSTRAINT web_page_pkey PRIMARY KEY (source_id, url)
  )`,
  `CREATE INDEX web_page_document_id_idx ON web_page (document_id)`,

  // What a version changed in the one it replaced, made in the commit that replaced it.
  // lines: [kind, text] of each line that is not in both; is_cut: there were more than are kept.
  `CREATE TABLE version_change (
    version_id uuid PRIMARY KEY CONSTRAINT version_change_version_id_fkey REFERENCES document_version ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    document_id uuid NOT NULL,
    before_id uuid NOT NULL,
    added integer NOT NULL,
    removed integer NOT NULL,
    is_cut boolean NOT NULL DEFAULT false,
    lines jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX version_change_document_id_idx ON version_change (document_id)`,
]

/** Every table whose rows belong to a creator, by creator_id. */
const TENANT_TABLES = ['web_source', 'web_page', 'version_change']

const IS_SYSTEM = `(SELECT current_setting('cornerman.scope', true)) = 'system'`
const CREATOR = `(SELECT nullif(current_setting('cornerman.creator_id', true), '')::uuid)`

function wallOf(table: string): string[] {
  const isVisible = `${IS_SYSTEM} OR creator_id = ${CREATOR}`
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY ${table}_wall ON ${table} USING (${isVisible}) WITH CHECK (${isVisible})`,
  ]
}
