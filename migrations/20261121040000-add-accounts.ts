import { type Kysely, sql } from 'kysely'

/** Who signs in and what they may do; takeovers, notes, grouped gaps, prompt overrides; and the tenant wall. */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of [...STATEMENTS, ...TENANT_TABLES.flatMap(wallOf), ...OTHER_WALLS]) {
    await sql.raw(statement).execute(db)
  }
}

const STATEMENTS = [
  // guide: what of the first ten minutes is done or left. retention_days: chats silent for longer are erased.
  `ALTER TABLE creator
    ADD COLUMN guide jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN retention_days integer`,

  // A person; one may be a member of several creators. email is kept in lower case.
  // password_hash: argon2id in PHC form. totp_secret: AES-256-GCM envelope; in use once totp_enabled_at is set.
  `CREATE TABLE member (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CONSTRAINT member_email_key UNIQUE,
    name text NOT NULL,
    password_hash text,
    email_verified_at timestamptz,
    totp_secret bytea,
    totp_enabled_at timestamptz,
    totp_last_step bigint,
    is_operator boolean NOT NULL DEFAULT false,
    language text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,

  `CREATE INDEX member_unverified_idx ON member (created_at) WHERE email_verified_at IS NULL`,

  // role: owner, editor, viewer.
  `CREATE TABLE membership (
    creator_id uuid NOT NULL CONSTRAINT membership_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    member_id uuid NOT NULL CONSTRAINT membership_member_id_fkey REFERENCES member ON DELETE CASCADE,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT membership_pkey PRIMARY KEY (creator_id, member_id)
  )`,
  `CREATE INDEX membership_member_id_idx ON membership (member_id)`,

  `CREATE TABLE invitation (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL CONSTRAINT invitation_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    email text NOT NULL,
    role text NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT invitation_token_hash_key UNIQUE,
    invited_by uuid CONSTRAINT invitation_invited_by_fkey REFERENCES member ON DELETE SET NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT invitation_creator_id_email_key UNIQUE (creator_id, email)
  )`,

  // token_hash: SHA-256 of the cookie's token. The token changes as it ages; the one before it stays good for
  // a moment, for requests that were under way. expires_at is the end whatever happens.
  `CREATE TABLE session (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    member_id uuid NOT NULL CONSTRAINT session_member_id_fkey REFERENCES member ON DELETE CASCADE,
    creator_id uuid NOT NULL CONSTRAINT session_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT session_token_hash_key UNIQUE,
    previous_token_hash bytea,
    rotated_at timestamptz NOT NULL DEFAULT now(),
    user_agent text,
    ip text,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX session_member_id_idx ON session (member_id)`,
  `CREATE INDEX session_expires_at_idx ON session (expires_at)`,
  `CREATE INDEX session_previous_token_hash_idx ON session (previous_token_hash) WHERE previous_token_hash IS NOT NULL`,

  // A secret that works once. purpose: verify_email, magic_link, reset_password, second_step.
  `CREATE TABLE sign_in_token (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    member_id uuid NOT NULL CONSTRAINT sign_in_token_member_id_fkey REFERENCES member ON DELETE CASCADE,
    purpose text NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT sign_in_token_token_hash_key UNIQUE,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX sign_in_token_member_id_idx ON sign_in_token (member_id)`,

  // What a member who lost their second step signs in with, once each. code_hash: SHA-256 of 80 random bits.
  `CREATE TABLE recovery_code (
    member_id uuid NOT NULL CONSTRAINT recovery_code_member_id_fkey REFERENCES member ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    CONSTRAINT recovery_code_pkey PRIMARY KEY (member_id, code_hash)
  )`,

  // prefix: the first letters, to tell keys apart. scopes: e.g. knowledge:read.
  `CREATE TABLE api_key (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL CONSTRAINT api_key_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    name text NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL CONSTRAINT api_key_key_hash_key UNIQUE,
    scopes text[] NOT NULL,
    created_by uuid CONSTRAINT api_key_created_by_fkey REFERENCES member ON DELETE SET NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX api_key_creator_id_idx ON api_key (creator_id)`,

  // What a repeated API request with the same key is answered with. status is null while the first is at work.
  `CREATE TABLE idempotency_key (
    creator_id uuid NOT NULL CONSTRAINT idempotency_key_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    answer jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_key_pkey PRIMARY KEY (creator_id, key)
  )`,
  `CREATE INDEX idempotency_key_created_at_idx ON idempotency_key (created_at)`,

  // action: noun.verb. Never holds message text or secrets.
  `CREATE TABLE audit_entry (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    creator_id uuid NOT NULL CONSTRAINT audit_entry_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    member_id uuid,
    api_key_id uuid,
    action text NOT NULL,
    object_type text NOT NULL,
    object_id text,
    details jsonb NOT NULL DEFAULT '{}',
    ip text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX audit_entry_creator_id_idx ON audit_entry (creator_id, id DESC)`,
  `CREATE INDEX audit_entry_object_type_idx ON audit_entry (creator_id, object_type, id DESC)`,

  // creator_id is null where no creator is concerned (a forged webhook, a failed sign-in): the operator's to see.
  // The same from one address within a minute is one row: a flood of tries is not a flood of rows.
  `CREATE TABLE security_event (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    creator_id uuid CONSTRAINT security_event_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    kind text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    ip text,
    count integer NOT NULL DEFAULT 1,
    minute timestamptz NOT NULL DEFAULT date_trunc('minute', now()),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT security_event_minute_key UNIQUE NULLS NOT DISTINCT (kind, ip, creator_id, minute)
  )`,
  `CREATE INDEX security_event_created_at_idx ON security_event (created_at)`,
  `CREATE INDEX security_event_creator_id_idx ON security_event (creator_id, id DESC)`,

  // A Bot's own wording of one of the prompts in prompts/; the newest active one of a purpose is in use.
  `CREATE TABLE prompt_override (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT prompt_override_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    purpose text NOT NULL,
    version integer NOT NULL,
    text text NOT NULL,
    is_active boolean NOT NULL DEFAULT false,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT prompt_override_bot_id_purpose_version_key UNIQUE (bot_id, purpose, version)
  )`,
  `CREATE UNIQUE INDEX prompt_override_active_key ON prompt_override (bot_id, purpose) WHERE is_active`,

  // changed_at: when its newest version was uploaded; lists show the last changed first.
  `ALTER TABLE document
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now()`,
  `CREATE INDEX document_knowledge_base_id_changed_at_idx ON document (knowledge_base_id, changed_at DESC, id DESC)`,
  `CREATE INDEX document_version_file_key_idx ON document_version (file_key)`,
  `CREATE INDEX document_version_unready_idx ON document_version (knowledge_base_id)
    WHERE state IN ('queued', 'extracting', 'embedding', 'failed')`,
  `CREATE INDEX document_version_creator_id_idx ON document_version (creator_id) WHERE state <> 'replaced'`,
  `CREATE INDEX document_creator_id_idx ON document (creator_id)`,

  // A takeover: the member who speaks while the bot is silent, and until when at the latest.
  // last_message_at orders the list of chats.
  `ALTER TABLE chat
    ADD COLUMN takeover_member_id uuid CONSTRAINT chat_takeover_member_id_fkey REFERENCES member ON DELETE SET NULL,
    ADD COLUMN takeover_at timestamptz,
    ADD COLUMN takeover_until timestamptz,
    ADD COLUMN last_message_at timestamptz NOT NULL DEFAULT now()`,
  `UPDATE chat SET last_message_at = coalesce(
    (SELECT max(created_at) FROM message WHERE message.chat_id = chat.id), chat.created_at)`,
  `CREATE INDEX chat_bot_id_last_message_at_idx ON chat (bot_id, last_message_at DESC, id DESC)`,
  `CREATE INDEX chat_subscriber_id_idx ON chat (subscriber_id)`,
  `CREATE INDEX chat_takeover_until_idx ON chat (takeover_until) WHERE takeover_until IS NOT NULL`,
  `CREATE INDEX subscriber_creator_id_idx ON subscriber (creator_id, created_at)`,

  // A member's own words about a chat, which the subscriber never sees.
  `CREATE TABLE chat_note (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    chat_id uuid NOT NULL CONSTRAINT chat_note_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    member_id uuid CONSTRAINT chat_note_member_id_fkey REFERENCES member ON DELETE SET NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX chat_note_chat_id_idx ON chat_note (chat_id, created_at)`,

  // claim: of the one try that is sending the part.
  `ALTER TABLE part ADD COLUMN claim uuid`,

  // Who wrote a message that no bot wrote.
  `ALTER TABLE message ADD COLUMN member_id uuid CONSTRAINT message_member_id_fkey REFERENCES member ON DELETE SET NULL`,

  // Gaps of one meaning. state: open, answered, dismissed. The answer is knowledge: document_id.
  // terms_key: digest of the question's words of meaning, so that the same words make one group whoever asks.
  // vector: of the question, for grouping by meaning; null where no embedding model is in use.
  // notify_at: from when the askers are told the answer; null once none is left to tell.
  `CREATE TABLE gap_group (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT gap_group_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    question text NOT NULL,
    terms_key text NOT NULL,
    language text,
    state text NOT NULL DEFAULT 'open',
    vector real[],
    vector_model text,
    asked_count integer NOT NULL DEFAULT 0,
    asker_count integer NOT NULL DEFAULT 0,
    last_asked_at timestamptz NOT NULL DEFAULT now(),
    answer text,
    answer_question text,
    answered_by uuid CONSTRAINT gap_group_answered_by_fkey REFERENCES member ON DELETE SET NULL,
    answered_name text,
    answered_at timestamptz,
    notify_at timestamptz,
    document_id uuid CONSTRAINT gap_group_document_id_fkey REFERENCES document ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT gap_group_bot_id_terms_key_key UNIQUE (bot_id, terms_key)
  )`,
  `CREATE INDEX gap_group_bot_id_state_idx ON gap_group (bot_id, state, asker_count DESC, id DESC)`,
  `CREATE INDEX gap_group_bot_id_last_asked_at_idx ON gap_group (bot_id, last_asked_at DESC)`,
  `CREATE INDEX gap_group_notify_at_idx ON gap_group (notify_at) WHERE notify_at IS NOT NULL`,
  `CREATE INDEX gap_group_document_id_idx ON gap_group (document_id) WHERE document_id IS NOT NULL`,
  `ALTER TABLE gap
    ADD COLUMN group_id uuid CONSTRAINT gap_group_id_fkey REFERENCES gap_group ON DELETE SET NULL,
    ADD COLUMN notified_message_id uuid`,
  `CREATE INDEX gap_group_id_idx ON gap (group_id, created_at DESC)`,
  `CREATE INDEX gap_ungrouped_idx ON gap (bot_id, created_at) WHERE group_id IS NULL`,

  // What the figures are made of, beside what an answer cost: usage stays when the words of a Chat are erased.
  // outcome: answer, refusal, small_talk, notice. total_ms: from the question read to the answer written.
  `ALTER TABLE usage
    ADD COLUMN outcome text,
    ADD COLUMN total_ms integer,
    ADD COLUMN cited_document_ids uuid[]`,
  `UPDATE usage SET
    outcome = turn.trace->>'kind',
    total_ms = round((turn.trace->'ms'->>'total')::numeric)::integer
    FROM turn WHERE turn.id = usage.turn_id`,

  `CREATE INDEX turn_bot_id_committed_at_idx ON turn (bot_id, committed_at)`,
  `CREATE INDEX usage_creator_id_created_at_idx ON usage (creator_id, created_at)`,
  // Everything an overview counts stands in the index: a busy bot's month is read from 500 pages instead of 9,000.
  `CREATE INDEX usage_overview_idx ON usage (bot_id, created_at)
    INCLUDE (creator_id, subscriber_id, chat_id, outcome, total_ms, cost_usd, cited_document_ids)`,
  `DROP INDEX usage_bot_id_created_at_idx`,
  `CREATE INDEX usage_subscriber_id_idx ON usage (subscriber_id)`,
  `CREATE INDEX message_creator_id_created_at_idx ON message (creator_id, created_at)`,
  `CREATE INDEX part_chat_id_idx ON part (chat_id)`,
  `CREATE INDEX gap_chat_id_idx ON gap (chat_id)`,
]

/** Every table whose rows belong to a creator, by creator_id. */
const TENANT_TABLES = [
  'knowledge_base',
  'bot',
  'vector_collection',
  'document',
  'document_version',
  'passage',
  'posting',
  'connection',
  'subscriber',
  'chat',
  'inbox',
  'receipt',
  'turn',
  'usage',
  'message',
  'part',
  'gap',
  'gap_group',
  'membership',
  'invitation',
  'api_key',
  'idempotency_key',
  'audit_entry',
  'security_event',
  'prompt_override',
  'chat_note',
]

/**
 * The wall: a connection sees what its session says it is for. FORCE, so that the owner of the tables is bound,
 * too. The settings are read once a statement, not once a row.
 */
const IS_SYSTEM = `(SELECT current_setting('cornerman.scope', true)) = 'system'`
const CREATOR = `(SELECT nullif(current_setting('cornerman.creator_id', true), '')::uuid)`

function wallOf(table: string): string[] {
  return walled(table, `${IS_SYSTEM} OR creator_id = ${CREATOR}`)
}

function walled(table: string, isVisible: string): string[] {
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY ${table}_wall ON ${table} USING (${isVisible}) WITH CHECK (${isVisible})`,
  ]
}

const OTHER_WALLS = [
  ...walled('creator', `${IS_SYSTEM} OR id = ${CREATOR}`),
  // A person is seen by the creators they are a member of.
  ...walled(
    'member',
    `${IS_SYSTEM} OR EXISTS (SELECT FROM membership WHERE membership.member_id = member.id AND membership.creator_id = ${CREATOR})`,
  ),
  // Not a creator's business at all.
  ...['session', 'sign_in_token', 'recovery_code', 'pace', 'draft'].flatMap((table) =>
    walled(table, IS_SYSTEM),
  ),
]
