import { resolve } from 'node:path'
import type { z } from 'zod'
import { AppError } from './errors.ts'
import { SETTINGS } from './settings.ts'

type SettingName = keyof typeof SETTINGS
type Values = { [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['read']> }

/** The validated environment, in camel case by area. Frozen: nothing changes it after the start. */
export type Config = Readonly<ReturnType<typeof arrange>>

/**
 * Reads and validates the environment.
 *
 * @throws {AppError} `config.invalid` whose details name the variable and what it wants.
 */
export function readConfig(env: Record<string, string | undefined> = readEnvironment()): Config {
  const values: Record<string, unknown> = {}
  for (const [name, { default: fallback, read, wants }] of Object.entries(SETTINGS)) {
    const parsed = read.safeParse(env[name]?.trim() || fallback)
    if (!parsed.success) throw new AppError('config.invalid', { variable: name, wants })
    values[name] = parsed.data
  }
  // The loop above filled exactly the keys of SETTINGS with their parsed values.
  return Object.freeze(arrange(values as Values))
}

/** The process's environment over what `.env` in the working folder says. */
function readEnvironment(): Record<string, string | undefined> {
  try {
    process.loadEnvFile('.env')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return process.env
}

function arrange(values: Values) {
  const dataDir = resolve(values.DATA_DIR)
  return {
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL.replace(/\/$/, '') || `http://localhost:${values.PORT}`,
    dataDir,
    botsDir: resolve(values.BOTS_DIR),
    roles: values.ROLES,
    logLevel: values.LOG_LEVEL,
    isProduction: values.NODE_ENV === 'production',
    isTryEnabled: values.TRY_ENABLED || values.NODE_ENV !== 'production',
    databaseUrl: values.DATABASE_URL || undefined,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    redisUrl: values.REDIS_URL || undefined,
    chromaUrl: values.CHROMA_URL || undefined,
    encryptionKey: values.ENCRYPTION_KEY || undefined,
    filesUrl: values.FILES_URL || undefined,
    models: {
      chat: values.MODEL_CHAT,
      bulk: values.MODEL_BULK,
      transcribe: values.MODEL_TRANSCRIBE,
      sees: values.MODEL_SEES,
      embed: values.MODEL_EMBED,
      rerank: values.MODEL_RERANK,
      modelsDir: values.MODELS_DIR ? resolve(values.MODELS_DIR) : undefined,
      openai: { apiKey: values.OPENAI_API_KEY || undefined, baseUrl: values.OPENAI_BASE_URL },
      groq: { apiKey: values.GROQ_API_KEY || undefined, baseUrl: values.GROQ_BASE_URL },
      ollama: { baseUrl: values.OLLAMA_BASE_URL, contextTokens: values.OLLAMA_CONTEXT_TOKENS },
      apiKeys: {
        anthropic: values.ANTHROPIC_API_KEY || undefined,
        'google-genai': values.GOOGLE_API_KEY || undefined,
        mistralai: values.MISTRAL_API_KEY || undefined,
        groq: values.GROQ_API_KEY || undefined,
      },
      contextTokens: values.MODEL_CONTEXT_TOKENS,
      maxOutputTokens: values.MODEL_MAX_OUTPUT_TOKENS,
      firstTokenTimeoutMs: values.MODEL_FIRST_TOKEN_TIMEOUT_MS,
      totalTimeoutMs: values.MODEL_TOTAL_TIMEOUT_MS,
      concurrency: values.MODEL_CONCURRENCY,
    },
    answerCache: {
      isOn: values.ANSWER_CACHE,
      similarity: values.ANSWER_CACHE_SIMILARITY,
      days: values.ANSWER_CACHE_DAYS,
      entries: values.ANSWER_CACHE_ENTRIES,
    },
    budget: {
      subscriberDayUsd: values.BUDGET_SUBSCRIBER_DAY_USD,
      botMonthUsd: values.BUDGET_BOT_MONTH_USD,
      installationDayUsd: values.BUDGET_INSTALLATION_DAY_USD,
    },
    attachments: {
      maxBytes: values.ATTACHMENT_MAX_BYTES,
      timeoutMs: values.ATTACHMENT_TIMEOUT_MS,
      maxSeconds: values.VOICE_MAX_SECONDS,
      transcribeTimeoutMs: values.TRANSCRIBE_TIMEOUT_MS,
    },
    recordings: {
      timeoutMs: values.TRANSCRIBE_MATERIAL_TIMEOUT_MS,
      maxSeconds: values.TRANSCRIBE_MATERIAL_MAX_SECONDS,
    },
    telegram: {
      apiRoot: values.TELEGRAM_API_ROOT.replace(/\/$/, ''),
      botPerSecond: values.TELEGRAM_BOT_PER_SECOND,
      chatPerSecond: values.TELEGRAM_CHAT_PER_SECOND,
      timeoutMs: values.SEND_TIMEOUT_MS,
    },
    whatsapp: {
      apiRoot: values.WHATSAPP_API_ROOT.replace(/\/$/, ''),
      apiVersion: values.WHATSAPP_API_VERSION,
      appSecret: values.WHATSAPP_APP_SECRET || undefined,
      verifyToken: values.WHATSAPP_VERIFY_TOKEN || undefined,
      numberPerSecond: values.WHATSAPP_NUMBER_PER_SECOND,
      pairPerSecond: values.WHATSAPP_PAIR_PER_SECOND,
      settleMs: values.WHATSAPP_SETTLE_MS,
      timeoutMs: values.SEND_TIMEOUT_MS,
    },
    stripe: {
      secretKey: values.STRIPE_SECRET_KEY || undefined,
      webhookSecret: values.STRIPE_WEBHOOK_SECRET || undefined,
      apiRoot: values.STRIPE_API_ROOT.replace(/\/$/, ''),
    },
    payments: { reconcileHours: values.PAYMENT_RECONCILE_HOURS, graceDays: values.PAYMENT_GRACE_DAYS },
    mail: {
      from: values.MAIL_FROM || undefined,
      sendgrid: {
        apiKey: values.SENDGRID_API_KEY || undefined,
        apiRoot: values.SENDGRID_API_ROOT.replace(/\/$/, ''),
        webhookKey: values.SENDGRID_WEBHOOK_KEY || undefined,
      },
      smtpUrl: values.SMTP_URL || undefined,
    },
    webhook: { bodyBytes: values.WEBHOOK_BODY_BYTES, bodyTimeoutMs: values.WEBHOOK_BODY_TIMEOUT_MS },
    api: { requestsPerMinute: values.API_REQUESTS_PER_MINUTE, bodyBytes: values.API_BODY_BYTES },
    turn: {
      concurrency: values.TURN_CONCURRENCY,
      maxRestarts: values.TURN_MAX_RESTARTS,
      maxAttempts: values.TURN_MAX_ATTEMPTS,
      timeoutMs: values.TURN_TIMEOUT_MS,
      /** On top, for a message with a file: to fetch it and have it written down by whichever model does. */
      fileTimeoutMs:
        values.ATTACHMENT_TIMEOUT_MS +
        values.TRANSCRIBE_TIMEOUT_MS * Math.max(1, values.MODEL_TRANSCRIBE.length),
    },
    takeover: { minutes: values.TAKEOVER_MINUTES, maxMinutes: values.TAKEOVER_MAX_MINUTES },
    sendConcurrency: values.SEND_CONCURRENCY,
    ingestConcurrency: values.INGEST_CONCURRENCY,
    sweepIntervalMs: values.SWEEP_INTERVAL_MS,
    vectorCheckMs: values.VECTORS_CHECK_MS,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
    extract: {
      inputBytes: values.UPLOAD_MAX_BYTES,
      memoryBytes: values.EXTRACT_MEMORY_BYTES,
      timeoutMs: values.EXTRACT_TIMEOUT_MS,
      inflatedBytes: values.EXTRACT_INFLATED_BYTES,
      /** Of scans; absent: they are refused. */
      ocrLanguages: values.OCR_LANGUAGES === 'off' ? undefined : values.OCR_LANGUAGES,
    },
    upload: {
      maxBytes: values.UPLOAD_MAX_BYTES,
      maxDocuments: values.UPLOAD_MAX_DOCUMENTS,
      maxCreatorBytes: values.UPLOAD_MAX_TOTAL_BYTES,
      timeoutMs: values.UPLOAD_TIMEOUT_MS,
    },
    crawl: {
      allowPrivate: values.CRAWL_ALLOW_PRIVATE,
      maxSources: values.CRAWL_MAX_SOURCES,
      maxPages: values.CRAWL_MAX_PAGES,
      maxBytes: values.CRAWL_PAGE_BYTES,
      totalMs: values.CRAWL_PAGE_TIMEOUT_MS,
      idleMs: values.CRAWL_IDLE_TIMEOUT_MS,
      delayMs: values.CRAWL_DELAY_MS,
      concurrency: values.CRAWL_CONCURRENCY,
    },
    gapUndoMs: values.GAP_UNDO_MS,
    metricsToken: values.METRICS_TOKEN || undefined,
  }
}
