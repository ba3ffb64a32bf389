import { type Kysely, sql } from 'kysely'

/** What is sold, who may do what, what Stripe said, orders, and mail on its way. */
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of [...STATEMENTS, ...TENANT_TABLES.flatMap(wallOf), ...OTHER_WALLS])
    await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // A creator's own account at Stripe, through Connect. Without one the installation's account takes the money.
  `CREATE TABLE payment_account (
    creator_id uuid PRIMARY KEY CONSTRAINT payment_account_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    account_id text NOT NULL CONSTRAINT payment_account_account_id_key UNIQUE,
    is_charging boolean NOT NULL DEFAULT false,
    is_paying_out boolean NOT NULL DEFAULT false,
    fee_percent numeric(5, 2) NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
  )`,

  // The free plan (is_free, at most one in use a bot) and those that are paid for.
  // allowance: {"question": {"count": 5, "per": "day"}}; a kind that is not named is unlimited. per: day, month, lifetime.
  `CREATE TABLE plan (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT plan_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    is_free boolean NOT NULL DEFAULT false,
    allowance jsonb NOT NULL DEFAULT '{}',
    position integer NOT NULL DEFAULT 0,
    retired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plan_bot_id_key_key UNIQUE (bot_id, key)
  )`,
  `CREATE UNIQUE INDEX plan_free_key ON plan (bot_id) WHERE is_free AND retired_at IS NULL`,

  // A price never changes: a new one takes its place and those who pay the old one keep it (retired_at).
  // amount: in the currency's smallest unit. interval: month, year. stars: on Telegram, where turned on.
  // mirror_*: how taking it to the payment provider goes, until provider_price_id is there.
  `CREATE TABLE price (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    plan_id uuid NOT NULL CONSTRAINT price_plan_id_fkey REFERENCES plan ON DELETE CASCADE,
    interval text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    trial_days integer NOT NULL DEFAULT 0,
    stars integer,
    provider_product_id text,
    provider_price_id text CONSTRAINT price_provider_price_id_key UNIQUE,
    mirror_attempts smallint NOT NULL DEFAULT 0,
    mirror_not_before timestamptz,
    mirror_error text,
    retired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX price_plan_id_idx ON price (plan_id)`,
  `CREATE INDEX price_unmirrored_idx ON price (created_at) WHERE provider_price_id IS NULL AND retired_at IS NULL`,

  // kind: topup (adds topup_count to an allowance kind), goods, session. stock is null where it has no end.
  // delivery: what a buyer is told once they paid, e.g. where to download. photo_type: image/jpeg or image/png.
  `CREATE TABLE product (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT product_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    key text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    delivery text NOT NULL DEFAULT '',
    photo_key text,
    photo_type text,
    position integer NOT NULL DEFAULT 0,
    currency text NOT NULL,
    amount bigint NOT NULL,
    stars integer,
    topup_kind text,
    topup_count integer,
    stock integer CONSTRAINT product_stock_check CHECK (stock >= 0),
    is_shipped boolean NOT NULL DEFAULT false,
    provider_product_id text,
    provider_price_id text,
    retired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT product_bot_id_key_key UNIQUE (bot_id, key),
    CONSTRAINT product_topup_check CHECK ((kind = 'topup') = (topup_kind IS NOT NULL AND topup_count IS NOT NULL))
  )`,
  `CREATE INDEX product_photo_key_idx ON product (photo_key) WHERE photo_key IS NOT NULL`,

  `CREATE TABLE coupon (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT coupon_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    code text NOT NULL,
    percent_off numeric(5, 2),
    amount_off bigint,
    currency text,
    duration text NOT NULL,
    duration_months integer,
    max_redemptions integer,
    expires_at timestamptz,
    provider_coupon_id text,
    provider_promotion_code_id text,
    mirror_attempts smallint NOT NULL DEFAULT 0,
    mirror_not_before timestamptz,
    mirror_error text,
    retired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT coupon_bot_id_code_key UNIQUE (bot_id, code)
  )`,
  `CREATE INDEX coupon_unmirrored_idx ON coupon (created_at)
    WHERE provider_promotion_code_id IS NULL AND retired_at IS NULL`,

  // Lets a group in without paying: each use gives the plan for so many days (null: for good).
  `CREATE TABLE access_code (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT access_code_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    plan_id uuid NOT NULL CONSTRAINT access_code_plan_id_fkey REFERENCES plan ON DELETE CASCADE,
    code text NOT NULL,
    days integer,
    max_uses integer,
    used_count integer NOT NULL DEFAULT 0,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT access_code_bot_id_code_key UNIQUE (bot_id, code),
    CONSTRAINT access_code_uses_check CHECK (max_uses IS NULL OR used_count <= max_uses)
  )`,
  `CREATE TABLE access_grant (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL,
    subscriber_id uuid NOT NULL CONSTRAINT access_grant_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    plan_id uuid NOT NULL CONSTRAINT access_grant_plan_id_fkey REFERENCES plan ON DELETE CASCADE,
    access_code_id uuid CONSTRAINT access_grant_access_code_id_fkey REFERENCES access_code ON DELETE SET NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT access_grant_subscriber_id_access_code_id_key UNIQUE (subscriber_id, access_code_id)
  )`,
  `CREATE INDEX access_grant_bot_id_plan_id_idx ON access_grant (bot_id, plan_id)`,

  // A subscriber's person at Stripe.
  `CREATE TABLE payer (
    subscriber_id uuid NOT NULL CONSTRAINT payer_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    customer_id text NOT NULL,
    email text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payer_pkey PRIMARY KEY (subscriber_id, customer_id)
  )`,
  `CREATE INDEX payer_customer_id_idx ON payer (customer_id)`,

  // As Stripe last showed it. status is Stripe's word. read_at: when it was asked; an older reading never
  // overwrites a newer one. cancel_asked_at: the person wants it ended, which Stripe is still to be told.
  // erased_at: whose it was has been erased, and is not to be learned again.
  // blocked_at: refunded or disputed, so access is over whatever the status.
  // subscriber_id is null for one who paid and has not opened the chat yet: email is where they are reached. source: stripe, stars.
  `CREATE TABLE subscription (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT subscription_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    subscriber_id uuid CONSTRAINT subscription_subscriber_id_fkey REFERENCES subscriber ON DELETE SET NULL,
    plan_id uuid NOT NULL CONSTRAINT subscription_plan_id_fkey REFERENCES plan,
    price_id uuid CONSTRAINT subscription_price_id_fkey REFERENCES price,
    source text NOT NULL DEFAULT 'stripe',
    provider_id text NOT NULL CONSTRAINT subscription_provider_id_key UNIQUE,
    customer_id text,
    email text,
    status text NOT NULL,
    period_end timestamptz,
    trial_end timestamptz,
    cancels_at timestamptz,
    cancel_asked_at timestamptz,
    ended_at timestamptz,
    grace_until timestamptz,
    blocked_at timestamptz,
    erased_at timestamptz,
    read_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX subscription_subscriber_id_idx ON subscription (subscriber_id)`,
  `CREATE INDEX subscription_bot_id_status_idx ON subscription (bot_id, status)`,
  `CREATE INDEX subscription_bot_id_created_at_idx ON subscription (bot_id, created_at DESC, id DESC)`,

  // What was used of a plan's allowance: one row a subscriber, kind and period (day, month, lifetime, which begins
  // with the epoch); topup: bought on top, without an end.
  `CREATE TABLE allowance (
    subscriber_id uuid NOT NULL CONSTRAINT allowance_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    bot_id uuid NOT NULL CONSTRAINT allowance_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    plan_id uuid NOT NULL CONSTRAINT allowance_plan_id_fkey REFERENCES plan ON DELETE CASCADE,
    kind text NOT NULL,
    per text NOT NULL,
    period_start timestamptz NOT NULL,
    used integer NOT NULL DEFAULT 0,
    CONSTRAINT allowance_pkey PRIMARY KEY (subscriber_id, plan_id, kind, per, period_start)
  )`,
  `CREATE TABLE topup (
    subscriber_id uuid NOT NULL CONSTRAINT topup_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    bot_id uuid NOT NULL CONSTRAINT topup_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    kind text NOT NULL,
    left_count integer NOT NULL CONSTRAINT topup_left_count_check CHECK (left_count >= 0),
    CONSTRAINT topup_pkey PRIMARY KEY (subscriber_id, bot_id, kind)
  )`,
  // One charge an Update, however often its Turn is tried. source: allowance (of the plan and period), topup.
  `CREATE TABLE allowance_charge (
    inbox_id bigint PRIMARY KEY,
    creator_id uuid NOT NULL,
    subscriber_id uuid NOT NULL CONSTRAINT allowance_charge_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    bot_id uuid NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    plan_id uuid,
    per text,
    period_start timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX allowance_charge_created_at_idx ON allowance_charge (created_at)`,

  // The question someone was stopped at, kept until they may ask it.
  `CREATE TABLE held_question (
    chat_id uuid PRIMARY KEY CONSTRAINT held_question_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    subscriber_id uuid NOT NULL CONSTRAINT held_question_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    bot_id uuid NOT NULL,
    update jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX held_question_subscriber_id_idx ON held_question (subscriber_id)`,
  `CREATE INDEX held_question_created_at_idx ON held_question (created_at)`,

  // Every Checkout we opened: what a payment that comes back is held against. purpose: subscription, order.
  `CREATE TABLE checkout (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT checkout_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    subscriber_id uuid CONSTRAINT checkout_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    chat_id uuid CONSTRAINT checkout_chat_id_fkey REFERENCES chat ON DELETE CASCADE,
    purpose text NOT NULL,
    price_id uuid CONSTRAINT checkout_price_id_fkey REFERENCES price,
    order_id uuid,
    coupon_id uuid CONSTRAINT checkout_coupon_id_fkey REFERENCES coupon ON DELETE SET NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    provider_id text CONSTRAINT checkout_provider_id_key UNIQUE,
    url text,
    state text NOT NULL DEFAULT 'open',
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX checkout_subscriber_id_idx ON checkout (subscriber_id)`,
  `CREATE INDEX checkout_order_id_idx ON checkout (order_id) WHERE order_id IS NOT NULL`,
  `CREATE INDEX checkout_state_idx ON checkout (state, expires_at)`,

  // state: reserved, paid, shipped, fulfilled, refunded, expired, canceled. chat_id: where it was ordered and is told of.
  // is_stock_held: its pieces are taken from the product's stock; they go back exactly once.
  `CREATE TABLE "order" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT order_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    subscriber_id uuid CONSTRAINT order_subscriber_id_fkey REFERENCES subscriber ON DELETE SET NULL,
    chat_id uuid CONSTRAINT order_chat_id_fkey REFERENCES chat ON DELETE SET NULL,
    product_id uuid NOT NULL CONSTRAINT order_product_id_fkey REFERENCES product,
    quantity integer NOT NULL DEFAULT 1 CONSTRAINT order_quantity_check CHECK (quantity > 0),
    is_stock_held boolean NOT NULL DEFAULT false,
    currency text NOT NULL,
    amount bigint NOT NULL,
    state text NOT NULL DEFAULT 'reserved',
    payment_id text CONSTRAINT order_payment_id_key UNIQUE,
    email text,
    shipping bytea,
    tracking text,
    reserved_until timestamptz,
    paid_at timestamptz,
    shipped_at timestamptz,
    fulfilled_at timestamptz,
    refunded_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX order_bot_id_created_at_idx ON "order" (bot_id, created_at DESC, id DESC)`,
  `CREATE INDEX order_bot_id_state_idx ON "order" (bot_id, state, created_at DESC, id DESC)`,
  `CREATE INDEX order_product_id_idx ON "order" (product_id)`,
  `CREATE INDEX order_reserved_idx ON "order" (reserved_until) WHERE state = 'reserved'`,
  // However often and at once one person follows a link to buy: one reservation.
  `CREATE UNIQUE INDEX order_open_key ON "order" (subscriber_id, product_id) WHERE state = 'reserved'`,

  // What a buyer is to be told, in the chat and by mail, once each. kind: paid, shipped, fulfilled, refunded, sold_out.
  `CREATE TABLE order_notice (
    order_id uuid NOT NULL CONSTRAINT order_notice_order_id_fkey REFERENCES "order" ON DELETE CASCADE,
    creator_id uuid NOT NULL,
    kind text NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz,
    told_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT order_notice_pkey PRIMARY KEY (order_id, kind)
  )`,
  `CREATE INDEX order_notice_open_idx ON order_notice (created_at) WHERE told_at IS NULL`,
  // Payments to be given back: wanted by the creator, or taken for what could not be had. state: queued, done, failed.
  `CREATE TABLE order_refund (
    payment_id text PRIMARY KEY,
    creator_id uuid NOT NULL,
    order_id uuid NOT NULL CONSTRAINT order_refund_order_id_fkey REFERENCES "order" ON DELETE CASCADE,
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz,
    error_code text,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX order_refund_order_id_idx ON order_refund (order_id)`,
  `CREATE INDEX order_refund_open_idx ON order_refund (created_at) WHERE state = 'queued'`,
  // Where a shop of the creator hears of its orders. secret: AES-256-GCM envelope; it signs what is sent.
  `CREATE TABLE fulfilment_hook (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bot_id uuid NOT NULL CONSTRAINT fulfilment_hook_bot_id_fkey REFERENCES bot ON DELETE CASCADE
      CONSTRAINT fulfilment_hook_bot_id_key UNIQUE,
    creator_id uuid NOT NULL,
    url text NOT NULL,
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE fulfilment_call (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL,
    order_id uuid NOT NULL CONSTRAINT fulfilment_call_order_id_fkey REFERENCES "order" ON DELETE CASCADE,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz,
    error_code text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT fulfilment_call_order_id_kind_key UNIQUE (order_id, kind)
  )`,
  `CREATE INDEX fulfilment_call_open_idx ON fulfilment_call (created_at) WHERE state = 'queued'`,

  // What Stripe told us, stored before it is acted on. account: of Connect, null for the installation's own.
  `CREATE TABLE payment_event (
    id text PRIMARY KEY,
    account text,
    type text NOT NULL,
    object_id text,
    payload jsonb NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    error_code text,
    not_before timestamptz,
    received_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz
  )`,
  `CREATE INDEX payment_event_open_idx ON payment_event (received_at) WHERE done_at IS NULL`,

  // What came in and went out, for the money pages: one row a paid invoice, refund or one-off payment.
  `CREATE TABLE payment (
    id text PRIMARY KEY,
    creator_id uuid NOT NULL,
    bot_id uuid NOT NULL CONSTRAINT payment_bot_id_fkey REFERENCES bot ON DELETE CASCADE,
    subscriber_id uuid CONSTRAINT payment_subscriber_id_fkey REFERENCES subscriber ON DELETE SET NULL,
    subscription_id uuid CONSTRAINT payment_subscription_id_fkey REFERENCES subscription ON DELETE SET NULL,
    order_id uuid,
    kind text NOT NULL,
    state text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    fee bigint NOT NULL DEFAULT 0,
    refunded bigint NOT NULL DEFAULT 0,
    receipt_url text,
    read_at timestamptz NOT NULL,
    paid_at timestamptz
  )`,
  `CREATE INDEX payment_bot_id_paid_at_idx ON payment (bot_id, paid_at)`,
  `CREATE INDEX payment_subscriber_id_idx ON payment (subscriber_id)`,
  `CREATE INDEX payment_subscription_id_idx ON payment (subscription_id)`,

  // What a reconciliation found different from Stripe and mended.
  `CREATE TABLE payment_repair (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    creator_id uuid,
    kind text NOT NULL,
    object_id text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX payment_repair_created_at_idx ON payment_repair (created_at)`,

  // Each time all was held against Stripe. creator_id: only what is theirs; null for all. One that has no finished_at was
  // broken off. silent_since: events that Stripe made and no webhook brought.
  `CREATE TABLE reconciliation (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    creator_id uuid CONSTRAINT reconciliation_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    checked integer NOT NULL DEFAULT 0,
    repaired integer NOT NULL DEFAULT 0,
    silent_since timestamptz
  )`,
  `CREATE INDEX reconciliation_started_at_idx ON reconciliation (started_at)`,

  // Mail on its way. dedupe_key: the same occasion is mailed once. body: AES-256-GCM envelope, dropped once it left.
  // state: queued, sending, doubtful, sent, failed, suppressed; delivery: what the mail service said later.
  // not_before: no attempt before it; while sending, when its sender counts as dead. doubts: how often it may have left unseen.
  `CREATE TABLE mail (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid CONSTRAINT mail_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    subscriber_id uuid CONSTRAINT mail_subscriber_id_fkey REFERENCES subscriber ON DELETE CASCADE,
    kind text NOT NULL,
    dedupe_key text NOT NULL CONSTRAINT mail_dedupe_key_key UNIQUE,
    recipient text NOT NULL,
    body bytea,
    state text NOT NULL DEFAULT 'queued',
    delivery text,
    attempts smallint NOT NULL DEFAULT 0,
    doubts smallint NOT NULL DEFAULT 0,
    not_before timestamptz,
    error_code text,
    sent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX mail_open_idx ON mail (created_at) WHERE state IN ('queued', 'sending', 'doubtful')`,
  `CREATE INDEX mail_recipient_idx ON mail (recipient)`,
  `CREATE INDEX mail_creator_id_created_at_idx ON mail (creator_id, created_at DESC)`,
  `CREATE INDEX mail_created_at_idx ON mail (created_at)`,
  `CREATE INDEX mail_subscriber_id_idx ON mail (subscriber_id)`,
  // When a Member was last written a digest of a Creator, so that each week is told once.
  `ALTER TABLE membership
    ADD COLUMN wants_weekly_digest boolean NOT NULL DEFAULT true,
    ADD COLUMN wants_gap_digest boolean NOT NULL DEFAULT false,
    ADD COLUMN weekly_digest_at timestamptz,
    ADD COLUMN gap_digest_at timestamptz`,
  // Who gets no more mail, and why: bounce, spam_report, unsubscribe (of one kind, or of all; of one creator, or of all).
  `CREATE TABLE mail_suppression (
    email text NOT NULL,
    kind text NOT NULL DEFAULT '*',
    creator_id uuid CONSTRAINT mail_suppression_creator_id_fkey REFERENCES creator ON DELETE CASCADE,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mail_suppression_key UNIQUE NULLS NOT DISTINCT (email, kind, creator_id)
  )`,
  // Events of the mail service, so that each counts once.
  `CREATE TABLE mail_event (
    id text PRIMARY KEY,
    mail_id uuid CONSTRAINT mail_event_mail_id_fkey REFERENCES mail ON DELETE CASCADE,
    kind text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX mail_event_mail_id_idx ON mail_event (mail_id)`,
  `CREATE INDEX mail_event_received_at_idx ON mail_event (received_at)`,
]

/** Every table whose rows belong to a creator, by creator_id. */
const TENANT_TABLES = [
  'payment_account',
  'plan',
  'price',
  'product',
  'coupon',
  'access_code',
  'access_grant',
  'payer',
  'subscription',
  'allowance',
  'topup',
  'allowance_charge',
  'held_question',
  'checkout',
  '"order"',
  'order_notice',
  'order_refund',
  'fulfilment_hook',
  'fulfilment_call',
  'payment',
  'payment_repair',
  'reconciliation',
  'mail',
]

const IS_SYSTEM = `(SELECT current_setting('cornerman.scope', true)) = 'system'`
const CREATOR = `(SELECT nullif(current_setting('cornerman.creator_id', true), '')::uuid)`

function wallOf(table: string): string[] {
  return walled(table, `${IS_SYSTEM} OR creator_id = ${CREATOR}`)
}

function walled(table: string, isVisible: string): string[] {
  const policy = `${table.replaceAll('"', '')}_wall`
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY ${policy} ON ${table} USING (${isVisible}) WITH CHECK (${isVisible})`,
  ]
}

/**
 * The installation's own: no creator sees them, save which of the addresses they wrote to are not written to, and
 * why. What people asked of them alone they may change.
 */
const OTHER_WALLS = [
  ...walled('payment_event', IS_SYSTEM),
  ...walled('mail_event', IS_SYSTEM),
  ...walled('mail_suppression', `${IS_SYSTEM} OR creator_id = ${CREATOR}`),
  `CREATE POLICY mail_suppression_seen ON mail_suppression FOR SELECT
    USING (creator_id IS NULL AND EXISTS (SELECT FROM mail WHERE mail.recipient = mail_suppression.email))`,
]
