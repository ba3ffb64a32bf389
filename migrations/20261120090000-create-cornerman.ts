import { type Kysely, sql } from 'kysely'

/** The first schema: creators and their bots, knowledge, chats, the Inbox and the Outbox. */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `CREATE TABLE creator (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,

  // keyword_weight: share of the keyword side in the fusion, 0 to 1.
  // revision rises with every change of what can be retrieved.
  `CREATE TABLE knowledge_base (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL CONSTRAINT knowledge_base_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    name text NOT NULL,
    keyword_weight real NOT NULL DEFAULT 0.5,
    languages text[] NOT NULL DEFAULT '{}',
    passage_count integer NOT NULL DEFAULT 0,
    term_count bigint NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT knowledge_base_creator_id_name_key UNIQUE (creator_id, name)
  )`,

  `CREATE TABLE bot (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL CONSTRAINT bot_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    knowledge_base_id uuid NOT NULL CONSTRAINT bot_knowledge_base_id_fkey REFERENCES knowledge_base,
    slug text NOT NULL CONSTRAINT bot_slug_key UNIQUE,
    settings jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,

  // Which Chroma collection holds a base's vectors of one embedding model; at most one is in use.
  `CREATE TABLE vector_collection (
    knowledge_base_id uuid NOT NULL CONSTRAINT vector_collection_knowledge_base_id_fkey REFERENCES knowledge_base ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    model text NOT NULL,
    collection_name text NOT NULL,
    collection_id text NOT NULL,
    is_active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT vector_collection_pkey PRIMARY KEY (knowledge_base_id, model)
  )`,
  `CREATE UNIQUE INDEX vector_collection_active_key ON vector_collection (knowledge_base_id) WHERE is_active`,

  `CREATE TABLE document (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    knowledge_base_id uuid NOT NULL CONSTRAINT document_knowledge_base_id_fkey REFERENCES knowledge_base ON DELETE CASCADE,
    name text NOT NULL,
    title text NOT NULL,
    active_version_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT document_knowledge_base_id_name_key UNIQUE (knowledge_base_id, name)
  )`,

  // state: queued, extracting, embedding, ready, failed, replaced. progress counts pages, then passages.
  `CREATE TABLE document_version (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    knowledge_base_id uuid NOT NULL,
    document_id uuid NOT NULL CONSTRAINT document_version_document_id_fkey REFERENCES document ON DELETE CASCADE,
    file_key text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    media_type text,
    language text,
    state text NOT NULL DEFAULT 'queued',
    error_code text,
    attempts integer NOT NULL DEFAULT 0,
    progress_done integer NOT NULL DEFAULT 0,
    progress_total integer NOT NULL DEFAULT 0,
    page_count integer,
    passage_count integer NOT NULL DEFAULT 0,
    term_count bigint NOT NULL DEFAULT 0,
    embedded_with text,
    worker_id integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    ready_at timestamptz
  )`,
  `CREATE INDEX document_version_document_id_idx ON document_version (document_id)`,
  `CREATE INDEX document_version_open_idx ON document_version (created_at) WHERE state IN ('queued', 'extracting', 'embedding')`,

  // section: ordinal of the heading-delimited part within the version; ordinal: of the passage within the version.
  `CREATE TABLE passage (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    creator_id uuid NOT NULL,
    knowledge_base_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version_id uuid NOT NULL CONSTRAINT passage_version_id_fkey REFERENCES document_version ON DELETE CASCADE,
    ordinal integer NOT NULL,
    section integer NOT NULL,
    heading_path text[] NOT NULL DEFAULT '{}',
    page_from integer,
    page_to integer,
    start_ms integer,
    text text NOT NULL,
    term_count integer NOT NULL
  )`,
  `CREATE UNIQUE INDEX passage_version_id_ordinal_key ON passage (version_id, ordinal)`,
  `CREATE INDEX passage_knowledge_base_id_idx ON passage (knowledge_base_id)`,

  // The keyword index: one row a term and active version, its passages in parallel arrays.
  `CREATE TABLE posting (
    knowledge_base_id uuid NOT NULL,
    term text NOT NULL,
    version_id uuid NOT NULL CONSTRAINT posting_version_id_fkey REFERENCES document_version ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    passage_ids bigint[] NOT NULL,
    frequencies smallint[] NOT NULL,
    lengths integer[] NOT NULL,
    CONSTRAINT posting_pkey PRIMARY KEY (knowledge_base_id, term, version_id)
  )`,
  `CREATE INDEX posting_version_id_idx ON posting (version_id)`,

  // credentials: AES-256-GCM envelope. webhook_key finds the row from a webhook's address or body.
  `CREATE TABLE connection (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT connection_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    channel text NOT NULL,
    external_id text NOT NULL,
    name text NOT NULL DEFAULT '',
    credentials bytea NOT NULL,
    last_error text,
    last_error_at timestamptz,
    connected_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT connection_bot_id_channel_key UNIQUE (bot_id, channel),
    CONSTRAINT connection_channel_external_id_key UNIQUE (channel, external_id)
  )`,

  `CREATE TABLE subscriber (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL CONSTRAINT subscriber_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    name text,
    language text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,

  // holder_id: the worker whose Turn this Chat is in; lease fences its commit; attempts counts leases since the last one.
  // blocked_at: the person blocked the bot. last_inbound_at opens WhatsApp's 24 hours.
  `CREATE TABLE chat (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT chat_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    subscriber_id uuid NOT NULL CONSTRAINT chat_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    channel text NOT NULL,
    chat_key text NOT NULL,
    language text,
    state jsonb NOT NULL DEFAULT '{}',
    last_inbound_at timestamptz,
    blocked_at timestamptz,
    holder_id integer,
    lease uuid,
    leased_at timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT chat_bot_id_channel_chat_key_key UNIQUE (bot_id, channel, chat_key)
  )`,
  `CREATE INDEX chat_leased_idx ON chat (leased_at) WHERE holder_id IS NOT NULL`,

  `CREATE TABLE inbox (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL,
    channel text NOT NULL,
    chat_key text NOT NULL,
    external_id text NOT NULL,
    update jsonb NOT NULL,
    error_code text,
    received_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    turn_id uuid,
    CONSTRAINT inbox_bot_id_channel_external_id_key UNIQUE (bot_id, channel, external_id)
  )`,
  `CREATE INDEX inbox_open_idx ON inbox (bot_id, channel, chat_key, id) WHERE done_at IS NULL`,

  `CREATE TABLE receipt (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL,
    channel text NOT NULL,
    external_id text NOT NULL,
    receipt jsonb NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    received_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    CONSTRAINT receipt_bot_id_channel_external_id_key UNIQUE (bot_id, channel, external_id)
  )`,
  `CREATE INDEX receipt_open_idx ON receipt (id) WHERE done_at IS NULL`,

  `CREATE TABLE turn (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL,
    chat_id uuid NOT NULL CONSTRAINT turn_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    kind text NOT NULL,
    trace jsonb NOT NULL DEFAULT '{}',
    committed_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX turn_chat_id_idx ON turn (chat_id, committed_at)`,

  `CREATE TABLE usage (
    turn_id uuid PRIMARY KEY CONSTRAINT usage_turn_id_fkey REFERENCES turn ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL,
    chat_id uuid NOT NULL,
    subscriber_id uuid NOT NULL,
    model text,
    input_tokens integer NOT NULL DEFAULT 0,
    output_tokens integer NOT NULL DEFAULT 0,
    cost_usd numeric(14, 8) NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX usage_bot_id_created_at_idx ON usage (bot_id, created_at)`,

  // direction: in or out. position orders a Chat's messages.
  `CREATE TABLE message (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    chat_id uuid NOT NULL CONSTRAINT message_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    turn_id uuid NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    direction text NOT NULL,
    kind text NOT NULL,
    markdown text NOT NULL,
    citations jsonb NOT NULL DEFAULT '[]',
    buttons jsonb NOT NULL DEFAULT '[]',
    vendor_message_id text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX message_chat_id_position_idx ON message (chat_id, position)`,

  // state: queued, sending, sent, failed, doubtful. policy: answer (repeated in doubt) or notice (not).
  // delivery: what the vendor said later (delivered, read). doubts counts how often it was doubtful.
  `CREATE TABLE part (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL,
    chat_id uuid NOT NULL CONSTRAINT part_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    message_id uuid NOT NULL CONSTRAINT part_message_id_fkey REFERENCES message ON DELETE CASCADE,
    position bigint GENERATED ALWAYS AS IDENTITY,
    channel text NOT NULL,
    payload jsonb NOT NULL,
    policy text NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    delivery text,
    attempts smallint NOT NULL DEFAULT 0,
    doubts smallint NOT NULL DEFAULT 0,
    not_before timestamptz,
    holder_id integer,
    sending_at timestamptz,
    sent_at timestamptz,
    vendor_message_id text,
    error_code text,
    error_detail text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX part_open_idx ON part (chat_id, position) WHERE state IN ('queued', 'sending', 'doubtful')`,
  `CREATE INDEX part_vendor_message_id_idx ON part (bot_id, channel, vendor_message_id) WHERE vendor_message_id IS NOT NULL`,
  `CREATE INDEX part_message_id_idx ON part (message_id)`,

  // When the next send of a vendor account or a pair is due (generic cell rate algorithm): one step apart in
  // the long run, and as far ahead as slack allows.
  `CREATE UNLOGGED TABLE pace (
    key text PRIMARY KEY,
    due_at timestamptz NOT NULL,
    step interval NOT NULL,
    slack interval NOT NULL
  )`,

  `CREATE TABLE gap (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT gap_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    turn_id uuid NOT NULL,
    chat_id uuid NOT NULL CONSTRAINT gap_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    question text NOT NULL,
    language text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX gap_bot_id_created_at_idx ON gap (bot_id, created_at)`,

  // The answer being written in a browser chat: shown while it grows, worthless afterwards.
  `CREATE UNLOGGED TABLE draft (
    chat_id uuid PRIMARY KEY,
    markdown text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,

  // A worker's presence is an advisory lock on its number.
  `CREATE SEQUENCE worker_id_seq AS integer CYCLE`,
]
