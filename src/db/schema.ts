import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'

/** Text in, Date out, a default on insert where the column has one. */
type Timestamp = ColumnType<Date, Date | string, Date | string>
type DefaultTimestamp = ColumnType<Date, Date | string | undefined, Date | string>
/** bigint columns come as text, so that no id loses digits. */
type BigId = GeneratedAlways<string>
type BigCount = ColumnType<string, string | number | undefined, string | number>

interface CreatorTable {
  id: Generated<string>
  name: string
  guide: JSONColumnType<Record<string, unknown>, string | undefined, string>
  retention_days: number | null
  created_at: DefaultTimestamp
}

interface MemberTable {
  id: Generated<string>
  email: string
  name: string
  password_hash: string | null
  email_verified_at: Timestamp | null
  totp_secret: Buffer | null
  totp_enabled_at: Timestamp | null
  totp_last_step: ColumnType<string | null, string | number | null | undefined, string | number | null>
  is_operator: Generated<boolean>
  language: string | null
  created_at: DefaultTimestamp
}

export type Role = 'owner' | 'editor' | 'viewer'

interface MembershipTable {
  creator_id: string
  member_id: string
  role: Role
  wants_weekly_digest: Generated<boolean>
  wants_gap_digest: Generated<boolean>
  weekly_digest_at: Timestamp | null
  gap_digest_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface InvitationTable {
  id: Generated<string>
  creator_id: string
  email: string
  role: Role
  token_hash: Buffer
  invited_by: string | null
  expires_at: Timestamp
  accepted_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface SessionTable {
  id: Generated<string>
  member_id: string
  creator_id: string
  token_hash: Buffer
  previous_token_hash: Buffer | null
  rotated_at: DefaultTimestamp
  user_agent: string | null
  ip: string | null
  last_seen_at: DefaultTimestamp
  expires_at: Timestamp
  created_at: DefaultTimestamp
}

export type SignInPurpose = 'verify_email' | 'magic_link' | 'reset_password' | 'second_step'

interface SignInTokenTable {
  id: Generated<string>
  member_id: string
  purpose: SignInPurpose
  token_hash: Buffer
  expires_at: Timestamp
  created_at: DefaultTimestamp
}

interface RecoveryCodeTable {
  member_id: string
  code_hash: Buffer
}

interface ApiKeyTable {
  id: Generated<string>
  creator_id: string
  name: string
  prefix: string
  key_hash: Buffer
  scopes: string[]
  created_by: string | null
  last_used_at: Timestamp | null
  expires_at: Timestamp | null
  revoked_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface IdempotencyKeyTable {
  creator_id: string
  key: string
  request_hash: Buffer
  status: number | null
  answer: JSONColumnType<Record<string, unknown>, string | null | undefined, string | null> | null
  created_at: DefaultTimestamp
}

interface AuditEntryTable {
  id: BigId
  creator_id: string
  member_id: string | null
  api_key_id: string | null
  action: string
  object_type: string
  object_id: string | null
  details: JSONColumnType<Record<string, unknown>, string | undefined, string>
  ip: string | null
  created_at: DefaultTimestamp
}

interface SecurityEventTable {
  id: BigId
  creator_id: string | null
  kind: string
  details: JSONColumnType<Record<string, unknown>, string | undefined, string>
  ip: string | null
  count: Generated<number>
  minute: DefaultTimestamp
  created_at: DefaultTimestamp
}

interface PromptOverrideTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  purpose: string
  version: number
  text: string
  is_active: Generated<boolean>
  created_by: string | null
  created_at: DefaultTimestamp
}

interface KnowledgeBaseTable {
  id: Generated<string>
  creator_id: string
  name: string
  keyword_weight: Generated<number>
  recency: Generated<number>
  languages: Generated<string[]>
  passage_count: Generated<number>
  term_count: BigCount
  revision: BigCount
  created_at: DefaultTimestamp
}

interface BotTable {
  id: Generated<string>
  creator_id: string
  knowledge_base_id: string
  slug: string
  settings: JSONColumnType<Record<string, unknown>, string, string>
  created_at: DefaultTimestamp
  updated_at: DefaultTimestamp
}

interface VectorCollectionTable {
  knowledge_base_id: string
  creator_id: string
  model: string
  collection_name: string
  collection_id: string
  is_active: Generated<boolean>
  created_at: DefaultTimestamp
}

interface DocumentTable {
  id: Generated<string>
  creator_id: string
  knowledge_base_id: string
  name: string
  title: string
  tags: Generated<string[]>
  source_weight: Generated<number>
  url: string | null
  active_version_id: string | null
  changed_at: DefaultTimestamp
  created_at: DefaultTimestamp
}

export type VersionState = 'queued' | 'extracting' | 'embedding' | 'ready' | 'failed' | 'replaced'

interface DocumentVersionTable {
  id: Generated<string>
  creator_id: string
  knowledge_base_id: string
  document_id: string
  file_key: string
  sha256: string
  size_bytes: BigCount
  media_type: string | null
  language: string | null
  state: Generated<VersionState>
  error_code: string | null
  attempts: Generated<number>
  progress_done: Generated<number>
  progress_total: Generated<number>
  page_count: number | null
  passage_count: Generated<number>
  term_count: BigCount
  /** The day its text gives itself, as YYYY-MM-DD on writing. */
  dated_on: ColumnType<Date | null, string | null | undefined, string | null>
  embedded_with: string | null
  worker_id: number | null
  created_at: DefaultTimestamp
  ready_at: Timestamp | null
}

export type WebSourceState = 'queued' | 'crawling' | 'done' | 'failed'

interface WebSourceTable {
  id: Generated<string>
  creator_id: string
  knowledge_base_id: string
  url: string
  host: string
  kind: 'page' | 'sitemap'
  every_hours: number | null
  max_pages: number
  state: Generated<WebSourceState>
  error_code: string | null
  attempts: Generated<number>
  worker_id: number | null
  run_started_at: Timestamp | null
  progress_done: Generated<number>
  progress_total: Generated<number>
  pages_added: Generated<number>
  pages_changed: Generated<number>
  pages_removed: Generated<number>
  pages_failed: Generated<number>
  crawled_at: Timestamp | null
  next_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface WebPageTable {
  source_id: string
  url: string
  creator_id: string
  knowledge_base_id: string
  document_id: string | null
  fetched_url: string | null
  etag: string | null
  last_modified: string | null
  digest: string | null
  error_code: string | null
  checked_at: Timestamp | null
  changed_at: Timestamp | null
}

interface VersionChangeTable {
  version_id: string
  creator_id: string
  document_id: string
  before_id: string
  added: number
  removed: number
  is_cut: Generated<boolean>
  lines: JSONColumnType<[string, string][], string, string>
  created_at: DefaultTimestamp
}

interface PassageTable {
  id: BigId
  creator_id: string
  knowledge_base_id: string
  document_id: string
  version_id: string
  ordinal: number
  section: number
  heading_path: Generated<string[]>
  page_from: number | null
  page_to: number | null
  start_ms: number | null
  text: string
  term_count: number
}

interface PostingTable {
  knowledge_base_id: string
  term: string
  version_id: string
  creator_id: string
  passage_ids: string[]
  frequencies: number[]
  lengths: number[]
}

interface ConnectionTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  channel: string
  external_id: string
  name: Generated<string>
  credentials: Buffer
  last_error: string | null
  last_error_at: Timestamp | null
  connected_at: DefaultTimestamp
}

interface SubscriberTable {
  id: Generated<string>
  creator_id: string
  name: string | null
  language: string | null
  created_at: DefaultTimestamp
}

interface ChatTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  subscriber_id: string
  channel: string
  chat_key: string
  language: string | null
  state: JSONColumnType<Record<string, unknown>, string | undefined, string>
  last_inbound_at: Timestamp | null
  blocked_at: Timestamp | null
  holder_id: number | null
  lease: string | null
  leased_at: Timestamp | null
  attempts: Generated<number>
  takeover_member_id: string | null
  takeover_at: Timestamp | null
  takeover_until: Timestamp | null
  flag: string | null
  flagged_at: Timestamp | null
  last_message_at: DefaultTimestamp
  created_at: DefaultTimestamp
}

interface ChatNoteTable {
  id: Generated<string>
  creator_id: string
  chat_id: string
  member_id: string | null
  text: string
  created_at: DefaultTimestamp
}

interface InboxTable {
  id: BigId
  creator_id: string
  bot_id: string
  channel: string
  chat_key: string
  external_id: string
  update: JSONColumnType<Record<string, unknown>, string, string>
  error_code: string | null
  received_at: DefaultTimestamp
  done_at: Timestamp | null
  turn_id: string | null
}

interface ReceiptTable {
  id: BigId
  creator_id: string
  bot_id: string
  channel: string
  external_id: string
  receipt: JSONColumnType<Record<string, unknown>, string, string>
  attempts: Generated<number>
  received_at: DefaultTimestamp
  done_at: Timestamp | null
}

interface TurnTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  chat_id: string
  kind: string
  trace: JSONColumnType<Record<string, unknown>, string | undefined, string>
  committed_at: DefaultTimestamp
}

interface UsageTable {
  turn_id: string
  creator_id: string
  bot_id: string
  chat_id: string
  subscriber_id: string
  model: string | null
  input_tokens: Generated<number>
  output_tokens: Generated<number>
  cost_usd: ColumnType<string, string | number | undefined, string | number>
  outcome: string | null
  total_ms: number | null
  cited_document_ids: string[] | null
  is_cached: Generated<boolean>
  saved_usd: BigCount
  created_at: DefaultTimestamp
}

interface MessageTable {
  id: Generated<string>
  creator_id: string
  chat_id: string
  turn_id: string
  position: BigId
  direction: 'in' | 'out'
  kind: string
  markdown: string
  citations: JSONColumnType<Record<string, unknown>[], string | undefined, string>
  buttons: JSONColumnType<Record<string, unknown>[], string | undefined, string>
  vendor_message_id: string | null
  member_id: string | null
  created_at: DefaultTimestamp
}

export type PartState = 'queued' | 'sending' | 'sent' | 'failed' | 'doubtful'

interface PartTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  chat_id: string
  message_id: string
  position: BigId
  channel: string
  payload: JSONColumnType<Record<string, unknown>, string, string>
  policy: 'answer' | 'notice'
  state: Generated<PartState>
  delivery: string | null
  attempts: Generated<number>
  doubts: Generated<number>
  not_before: Timestamp | null
  holder_id: number | null
  claim: string | null
  sending_at: Timestamp | null
  sent_at: Timestamp | null
  vendor_message_id: string | null
  error_code: string | null
  error_detail: string | null
  created_at: DefaultTimestamp
}

interface PaceTable {
  key: string
  due_at: Timestamp
  step: unknown
  slack: unknown
}

interface GapTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  turn_id: string
  chat_id: string
  question: string
  language: string | null
  group_id: string | null
  notified_message_id: string | null
  created_at: DefaultTimestamp
}

export type GapState = 'open' | 'answered' | 'dismissed'

interface GapGroupTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  question: string
  terms_key: string
  language: string | null
  state: Generated<GapState>
  vector: number[] | null
  vector_model: string | null
  asked_count: Generated<number>
  asker_count: Generated<number>
  last_asked_at: DefaultTimestamp
  answer: string | null
  answer_question: string | null
  answered_by: string | null
  answered_name: string | null
  answered_at: Timestamp | null
  notify_at: Timestamp | null
  document_id: string | null
  created_at: DefaultTimestamp
}

interface AnswerCacheTable {
  id: string
  creator_id: string
  bot_id: string
  knowledge_base_id: string
  revision: ColumnType<string, string | number, string | number>
  wording: Buffer
  language: string
  question_hash: Buffer
  meaning_hash: Buffer | null
  vector: number[] | null
  answer: JSONColumnType<Record<string, unknown>, string, string>
  cost_usd: BigCount
  hits: Generated<number>
  used_at: DefaultTimestamp
  created_at: DefaultTimestamp
}

export type MemoryKind = 'name' | 'goal' | 'constraint' | 'preference' | 'other' | 'promise' | 'breakthrough'

interface MemoryConsentTable {
  subscriber_id: string
  bot_id: string
  creator_id: string
  state: 'given' | 'refused'
  decided_at: DefaultTimestamp
}

interface MemoryFactTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  subscriber_id: string
  chat_id: string
  kind: MemoryKind
  text: string
  said_at: Timestamp
  used_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface ChatMemoryTable {
  chat_id: string
  creator_id: string
  bot_id: string
  summary: string | null
  covered_position: BigCount
  read_position: ColumnType<string | null, string | number | null | undefined, string | number | null>
  due_at: Timestamp | null
  holder_id: number | null
  claim: string | null
  claimed_at: Timestamp | null
  updated_at: DefaultTimestamp
}

interface DraftTable {
  chat_id: string
  markdown: string
  updated_at: DefaultTimestamp
}

interface PaymentAccountTable {
  creator_id: string
  account_id: string
  is_charging: Generated<boolean>
  is_paying_out: Generated<boolean>
  fee_percent: BigCount
  updated_at: DefaultTimestamp
  created_at: DefaultTimestamp
}

interface PlanTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  key: string
  name: string
  description: Generated<string>
  is_free: Generated<boolean>
  allowance: JSONColumnType<Record<string, unknown>, string | undefined, string>
  position: Generated<number>
  retired_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface PriceTable {
  id: Generated<string>
  creator_id: string
  plan_id: string
  interval: string
  currency: string
  amount: ColumnType<string, string | number, string | number>
  trial_days: Generated<number>
  stars: number | null
  provider_product_id: string | null
  provider_price_id: string | null
  mirror_attempts: Generated<number>
  mirror_not_before: Timestamp | null
  mirror_error: string | null
  retired_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface ProductTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  key: string
  kind: string
  name: string
  description: Generated<string>
  delivery: Generated<string>
  photo_key: string | null
  photo_type: string | null
  position: Generated<number>
  currency: string
  amount: ColumnType<string, string | number, string | number>
  stars: number | null
  topup_kind: string | null
  topup_count: number | null
  stock: number | null
  is_shipped: Generated<boolean>
  provider_product_id: string | null
  provider_price_id: string | null
  retired_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface CouponTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  code: string
  percent_off: ColumnType<string | null, string | number | null | undefined, string | number | null>
  amount_off: ColumnType<string | null, string | number | null | undefined, string | number | null>
  currency: string | null
  duration: string
  duration_months: number | null
  max_redemptions: number | null
  expires_at: Timestamp | null
  provider_coupon_id: string | null
  provider_promotion_code_id: string | null
  mirror_attempts: Generated<number>
  mirror_not_before: Timestamp | null
  mirror_error: string | null
  retired_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface AccessCodeTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  plan_id: string
  code: string
  days: number | null
  max_uses: number | null
  used_count: Generated<number>
  expires_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface AccessGrantTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  subscriber_id: string
  plan_id: string
  access_code_id: string | null
  expires_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface PayerTable {
  subscriber_id: string
  creator_id: string
  customer_id: string
  email: string | null
  created_at: DefaultTimestamp
}

interface SubscriptionTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  subscriber_id: string | null
  plan_id: string
  price_id: string | null
  source: Generated<string>
  provider_id: string
  customer_id: string | null
  email: string | null
  status: string
  period_end: Timestamp | null
  trial_end: Timestamp | null
  cancels_at: Timestamp | null
  cancel_asked_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
  ended_at: Timestamp | null
  grace_until: Timestamp | null
  erased_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
  blocked_at: Timestamp | null
  read_at: Timestamp
  created_at: DefaultTimestamp
}

interface AllowanceTable {
  subscriber_id: string
  bot_id: string
  creator_id: string
  plan_id: string
  kind: string
  per: string
  period_start: Timestamp
  used: Generated<number>
}

interface TopupTable {
  subscriber_id: string
  bot_id: string
  creator_id: string
  kind: string
  left_count: number
}

interface AllowanceChargeTable {
  inbox_id: ColumnType<string, string | number, string | number>
  creator_id: string
  subscriber_id: string
  bot_id: string
  kind: string
  source: string
  plan_id: string | null
  per: string | null
  period_start: Timestamp | null
  created_at: DefaultTimestamp
}

interface HeldQuestionTable {
  chat_id: string
  creator_id: string
  subscriber_id: string
  bot_id: string
  update: JSONColumnType<Record<string, unknown>, string, string>
  created_at: DefaultTimestamp
}

interface CheckoutTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  subscriber_id: string | null
  chat_id: string | null
  purpose: string
  price_id: string | null
  order_id: string | null
  coupon_id: string | null
  currency: string
  amount: ColumnType<string, string | number, string | number>
  provider_id: string | null
  url: string | null
  state: Generated<string>
  expires_at: Timestamp
  created_at: DefaultTimestamp
}

interface OrderTable {
  id: Generated<string>
  creator_id: string
  bot_id: string
  subscriber_id: string | null
  chat_id: string | null
  product_id: string
  quantity: Generated<number>
  is_stock_held: Generated<boolean>
  currency: string
  amount: ColumnType<string, string | number, string | number>
  state: Generated<string>
  payment_id: string | null
  email: string | null
  shipping: Buffer | null
  tracking: string | null
  reserved_until: Timestamp | null
  paid_at: Timestamp | null
  shipped_at: Timestamp | null
  fulfilled_at: Timestamp | null
  refunded_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface OrderNoticeTable {
  order_id: string
  creator_id: string
  kind: string
  attempts: Generated<number>
  not_before: Timestamp | null
  told_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface OrderRefundTable {
  payment_id: string
  creator_id: string
  order_id: string
  reason: string
  state: Generated<string>
  attempts: Generated<number>
  not_before: Timestamp | null
  error_code: string | null
  created_at: DefaultTimestamp
}

interface FulfilmentHookTable {
  id: Generated<string>
  bot_id: string
  creator_id: string
  url: string
  secret: Buffer
  created_at: DefaultTimestamp
}

interface FulfilmentCallTable {
  id: Generated<string>
  creator_id: string
  order_id: string
  kind: string
  state: Generated<string>
  attempts: Generated<number>
  not_before: Timestamp | null
  error_code: string | null
  created_at: DefaultTimestamp
}

interface PaymentEventTable {
  id: string
  account: string | null
  type: string
  object_id: string | null
  payload: JSONColumnType<Record<string, unknown>, string, string>
  attempts: Generated<number>
  error_code: string | null
  not_before: Timestamp | null
  received_at: DefaultTimestamp
  done_at: Timestamp | null
}

interface PaymentTable {
  id: string
  creator_id: string
  bot_id: string
  subscriber_id: string | null
  subscription_id: string | null
  order_id: string | null
  kind: string
  state: string
  currency: string
  amount: ColumnType<string, string | number, string | number>
  fee: BigCount
  refunded: BigCount
  receipt_url: string | null
  read_at: Timestamp
  paid_at: Timestamp | null
}

interface PaymentRepairTable {
  id: BigId
  creator_id: string | null
  kind: string
  object_id: string
  details: JSONColumnType<Record<string, unknown>, string | undefined, string>
  created_at: DefaultTimestamp
}

interface ReconciliationTable {
  id: BigId
  creator_id: string | null
  started_at: DefaultTimestamp
  finished_at: Timestamp | null
  checked: Generated<number>
  repaired: Generated<number>
  silent_since: Timestamp | null
}

interface MailTable {
  id: Generated<string>
  creator_id: string | null
  subscriber_id: string | null
  kind: string
  dedupe_key: string
  recipient: string
  body: Buffer | null
  state: Generated<string>
  delivery: string | null
  attempts: Generated<number>
  doubts: Generated<number>
  not_before: Timestamp | null
  error_code: string | null
  sent_at: Timestamp | null
  created_at: DefaultTimestamp
}

interface MailSuppressionTable {
  email: string
  kind: Generated<string>
  creator_id: string | null
  reason: string
  created_at: DefaultTimestamp
}

interface MailEventTable {
  id: string
  mail_id: string | null
  kind: string
  received_at: DefaultTimestamp
}

/** Every table, as `migrations/` made it. */
export interface Database {
  creator: CreatorTable
  member: MemberTable
  membership: MembershipTable
  invitation: InvitationTable
  session: SessionTable
  sign_in_token: SignInTokenTable
  recovery_code: RecoveryCodeTable
  api_key: ApiKeyTable
  idempotency_key: IdempotencyKeyTable
  audit_entry: AuditEntryTable
  security_event: SecurityEventTable
  prompt_override: PromptOverrideTable
  chat_note: ChatNoteTable
  gap_group: GapGroupTable
  knowledge_base: KnowledgeBaseTable
  bot: BotTable
  vector_collection: VectorCollectionTable
  document: DocumentTable
  document_version: DocumentVersionTable
  passage: PassageTable
  posting: PostingTable
  web_source: WebSourceTable
  web_page: WebPageTable
  version_change: VersionChangeTable
  connection: ConnectionTable
  subscriber: SubscriberTable
  chat: ChatTable
  inbox: InboxTable
  receipt: ReceiptTable
  turn: TurnTable
  usage: UsageTable
  message: MessageTable
  part: PartTable
  pace: PaceTable
  gap: GapTable
  draft: DraftTable
  memory_consent: MemoryConsentTable
  memory_fact: MemoryFactTable
  chat_memory: ChatMemoryTable
  answer_cache: AnswerCacheTable
  payment_account: PaymentAccountTable
  plan: PlanTable
  price: PriceTable
  product: ProductTable
  coupon: CouponTable
  access_code: AccessCodeTable
  access_grant: AccessGrantTable
  payer: PayerTable
  subscription: SubscriptionTable
  allowance: AllowanceTable
  topup: TopupTable
  allowance_charge: AllowanceChargeTable
  held_question: HeldQuestionTable
  checkout: CheckoutTable
  order: OrderTable
  order_notice: OrderNoticeTable
  order_refund: OrderRefundTable
  fulfilment_hook: FulfilmentHookTable
  fulfilment_call: FulfilmentCallTable
  payment_event: PaymentEventTable
  payment: PaymentTable
  payment_repair: PaymentRepairTable
  reconciliation: ReconciliationTable
  mail: MailTable
  mail_suppression: MailSuppressionTable
  mail_event: MailEventTable
}
