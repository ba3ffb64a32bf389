import { createPublicKey } from 'node:crypto'
import { z } from 'zod'

/** One environment variable: its default as text, its reading, and one line of why. */
interface Setting<T> {
  default: string
  why: string
  wants: string
  read: z.ZodType<T, string>
}

const text = () => z.string()
const integer = (min: number, max: number) => z.string().transform(Number).pipe(z.int().min(min).max(max))
const number = (min: number, max: number) => z.string().transform(Number).pipe(z.number().min(min).max(max))
const flag = () => z.enum(['true', 'false', '']).transform((value) => value === 'true')
const list = () =>
  z.string().transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
const url = (protocols: string[]) =>
  z
    .string()
    .refine((value) => value === '' || (URL.canParse(value) && protocols.includes(new URL(value).protocol)))
const web = () => url(['http:', 'https:'])
const places = () => list().pipe(z.array(z.string().regex(/^(\[[\da-f:.]+\]|[\w.-]+):\d{1,5}$/i)))
const models = () => list().pipe(z.array(z.string().regex(/^[a-z][\w-]*:\S+$/i)))
const KEY_BYTES = 32
const encryptionKey = () =>
  text().refine((value) =>
    value
      .split(/[\s,]+/)
      .filter(Boolean)
      .every((key) => /^[0-9a-f]{64}$/i.test(key) || Buffer.from(key, 'base64').length === KEY_BYTES),
  )

const publicKey = () =>
  text().refine((value) => {
    try {
      return (
        value === '' || createPublicKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'spki' })
      )
    } catch {
      return false
    }
  })

const ROLES = ['web', 'worker', 'scheduler'] as const

const setting = <T>(value: string, wants: string, read: z.ZodType<T, string>, why: string): Setting<T> => ({
  default: value,
  why,
  wants,
  read,
})

/** Every environment variable Cornerman reads. `.env.example` is generated from this table. */
export const SETTINGS = {
  PORT: setting(
    '3000',
    'a port from 0 to 65535',
    integer(0, 65535),
    'Port of the web server (0 picks a free one).',
  ),
  HOST: setting('0.0.0.0', 'an address to listen on', text(), 'Address the web server listens on.'),
  PUBLIC_URL: setting(
    '',
    'an http(s) URL',
    web(),
    'Where vendors and people reach the web server; webhooks are registered under it. Default: http://localhost:PORT.',
  ),
  DATA_DIR: setting(
    '.data',
    'a folder path',
    text().min(1),
    'Holds the embedded parts, uploaded files and the generated key.',
  ),
  BOTS_DIR: setting(
    'bots',
    'a folder path',
    text().min(1),
    'Folder of bot packs imported on the first start.',
  ),
  ROLES: setting(
    'web,worker,scheduler',
    'a comma list of web, worker, scheduler',
    list().pipe(z.array(z.enum(ROLES)).min(1)),
    'Which parts of the program this process runs.',
  ),
  LOG_LEVEL: setting(
    'info',
    'one of fatal, error, warn, info, debug, trace, silent',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'How much is logged (JSON lines on standard error).',
  ),
  NODE_ENV: setting(
    'development',
    'development, test or production',
    z.enum(['development', 'test', 'production']),
    'In production /try is off unless TRY_ENABLED is true.',
  ),
  TRY_ENABLED: setting(
    '',
    'true, false or empty',
    flag(),
    'Turns the browser chat at /try on in production.',
  ),

  DATABASE_URL: setting(
    '',
    'a postgres:// URL',
    url(['postgres:', 'postgresql:']),
    'PostgreSQL 15 or newer. Empty: an embedded server in DATA_DIR.',
  ),
  DATABASE_POOL_SIZE: setting(
    '10',
    'a number from 2 to 200',
    integer(2, 200),
    'Connections each process keeps to PostgreSQL.',
  ),
  REDIS_URL: setting(
    '',
    'a redis:// URL',
    url(['redis:', 'rediss:']),
    'Redis for the queues. Empty: the queues live in PostgreSQL.',
  ),
  CHROMA_URL: setting(
    '',
    'an http(s) URL',
    web(),
    'Chroma server, never reachable from outside. Empty: an embedded server in DATA_DIR.',
  ),
  ENCRYPTION_KEY: setting(
    '',
    '32 bytes as 64 hex digits or base64; several separated by commas',
    encryptionKey(),
    'Encrypts credentials at rest; of several the first seals and all open (`npm run keys -- rotate`). Empty: made once in DATA_DIR, with a warning.',
  ),
  FILES_URL: setting(
    '',
    'file:///folder',
    url(['file:', 's3:']),
    'Where uploaded files are kept. Empty: DATA_DIR/files.',
  ),

  MODEL_CHAT: setting(
    '',
    'a comma list of provider:model',
    models(),
    'Chat models, tried in order. Empty: Ollama if it answers, else the built-in extractive answerer.',
  ),
  MODEL_BULK: setting(
    '',
    'a comma list of provider:model',
    models(),
    'Cheaper models for rewriting questions and other small work. Empty: MODEL_CHAT.',
  ),
  MODEL_TRANSCRIBE: setting(
    '',
    'a comma list of provider:model',
    models(),
    'Models that write down what is said (openai: or groq:), tried in order: voice notes, and sound and film as material. Empty: neither is taken in.',
  ),
  MODEL_SEES: setting(
    '',
    'a comma list of provider:model, or of beginnings of such names',
    models(),
    'Chat models that take pictures. Empty: those that are known to.',
  ),
  MODEL_EMBED: setting(
    'local:Xenova/all-MiniLM-L6-v2',
    'local:<org>/<name>, openai:<model>, ollama:<model> or none',
    text().regex(/^(none|(local|openai|ollama):\S+)$/),
    'Embedding model. `none`: keyword search alone.',
  ),
  MODEL_RERANK: setting(
    'none',
    'local:<org>/<name> or none',
    text().regex(/^(none|local:\S+)$/),
    'Cross-encoder that orders the best candidates again.',
  ),
  MODELS_DIR: setting(
    '',
    'a folder path',
    text(),
    'Local weights in Hugging Face layout (<org>/<name>/); looked up before any download.',
  ),
  OPENAI_API_KEY: setting('', 'an API key', text(), 'Key for openai: models (any OpenAI-compatible server).'),
  OPENAI_BASE_URL: setting(
    'https://api.openai.com/v1',
    'an http(s) URL',
    web(),
    'OpenAI or a compatible server.',
  ),
  OLLAMA_BASE_URL: setting('http://127.0.0.1:11434', 'an http(s) URL', web(), 'Ollama server.'),
  OLLAMA_CONTEXT_TOKENS: setting(
    '4096',
    'a number from 1024 to 1000000',
    integer(1024, 1_000_000),
    'Context length set on every Ollama call; the prompt is fitted to it.',
  ),
  ANTHROPIC_API_KEY: setting(
    '',
    'an API key',
    text(),
    'Key for anthropic: models (install @langchain/anthropic beside).',
  ),
  GOOGLE_API_KEY: setting(
    '',
    'an API key',
    text(),
    'Key for google-genai: models (install @langchain/google-genai beside).',
  ),
  MISTRAL_API_KEY: setting(
    '',
    'an API key',
    text(),
    'Key for mistralai: models (install @langchain/mistralai beside).',
  ),
  GROQ_API_KEY: setting('', 'an API key', text(), 'Key for groq: models (install @langchain/groq beside).'),
  GROQ_BASE_URL: setting(
    'https://api.groq.com/openai/v1',
    'an http(s) URL',
    web(),
    'Groq, for transcription.',
  ),
  MODEL_CONTEXT_TOKENS: setting(
    '16000',
    'a number from 1024 to 1000000',
    integer(1024, 1_000_000),
    'Longest prompt sent to a cloud model, in tokens.',
  ),
  MODEL_MAX_OUTPUT_TOKENS: setting(
    '900',
    'a number from 16 to 100000',
    integer(16, 100_000),
    'Longest answer asked of a model, in tokens.',
  ),
  MODEL_FIRST_TOKEN_TIMEOUT_MS: setting(
    '20000',
    'milliseconds from 100 to 600000',
    integer(100, 600_000),
    'A model that says nothing for this long is given up for the next one.',
  ),
  MODEL_TOTAL_TIMEOUT_MS: setting(
    '60000',
    'milliseconds from 100 to 600000',
    integer(100, 600_000),
    'Longest time one model may take for one answer.',
  ),
  MODEL_CONCURRENCY: setting(
    '16',
    'a number from 1 to 1000',
    integer(1, 1000),
    'Calls to one provider at a time, per process.',
  ),

  ANSWER_CACHE: setting(
    'true',
    'true or false',
    flag(),
    'Gives an answer again to who asks the same. A bot can be left out in its own settings.',
  ),
  ANSWER_CACHE_SIMILARITY: setting(
    '0.92',
    'a number from 0.5 to 1',
    number(0.5, 1),
    'Least cosine between two wordings of one question, by MODEL_EMBED, for one answer to serve both.',
  ),
  ANSWER_CACHE_DAYS: setting(
    '30',
    'days from 1 to 365',
    integer(1, 365),
    'How long an answer is given again. A change of material, prompts or models ends it at once.',
  ),
  ANSWER_CACHE_ENTRIES: setting(
    '10000',
    'a number from 10 to 1000000',
    integer(10, 1_000_000),
    'Answers kept of one bot.',
  ),
  BUDGET_SUBSCRIBER_DAY_USD: setting(
    '0',
    'US dollars from 0 to 1000000',
    number(0, 1_000_000),
    'What the answers to one person may cost in a day (UTC). Past it material is quoted. 0: no bound.',
  ),
  BUDGET_BOT_MONTH_USD: setting(
    '0',
    'US dollars from 0 to 1000000',
    number(0, 1_000_000),
    'What the answers of one bot may cost in a month. 0: no bound. A bot can have a lower one of its own.',
  ),
  BUDGET_INSTALLATION_DAY_USD: setting(
    '0',
    'US dollars from 0 to 1000000',
    number(0, 1_000_000),
    'What all answers may cost in a day. 0: no bound.',
  ),

  ATTACHMENT_MAX_BYTES: setting(
    '20971520',
    'bytes from 1024 to 104857600',
    integer(1024, 104_857_600),
    'Largest file of a person in a chat that is fetched (Telegram gives bots 20 MB).',
  ),
  ATTACHMENT_TIMEOUT_MS: setting(
    '60000',
    'milliseconds from 100 to 600000',
    integer(100, 600_000),
    'A file of a person must have arrived within this time.',
  ),
  VOICE_MAX_SECONDS: setting(
    '600',
    'seconds from 1 to 14400',
    integer(1, 14_400),
    'Longest recording of a person that is listened to.',
  ),
  TRANSCRIBE_TIMEOUT_MS: setting(
    '60000',
    'milliseconds from 100 to 600000',
    integer(100, 600_000),
    'Longest time one model may take to write a voice message down.',
  ),
  TRANSCRIBE_MATERIAL_TIMEOUT_MS: setting(
    '1800000',
    'milliseconds from 100 to 86400000',
    integer(100, 86_400_000),
    'The same for a recording added as material: an hour of speech takes some minutes, on a CPU of your own rather half an hour.',
  ),
  TRANSCRIBE_MATERIAL_MAX_SECONDS: setting(
    '14400',
    'seconds from 1 to 360000',
    integer(1, 360_000),
    'Longest recording taken in as material.',
  ),

  TELEGRAM_API_ROOT: setting('https://api.telegram.org', 'an http(s) URL', web(), 'Telegram Bot API server.'),
  TELEGRAM_BOT_PER_SECOND: setting(
    '30',
    'a number from 1 to 100000',
    number(1, 100_000),
    'Messages a bot may send per second, over all its chats.',
  ),
  TELEGRAM_CHAT_PER_SECOND: setting(
    '1',
    'a number from 0.01 to 100000',
    number(0.01, 100_000),
    'Messages per second in one Telegram chat, after a short burst.',
  ),
  WHATSAPP_API_ROOT: setting('https://graph.facebook.com', 'an http(s) URL', web(), 'Meta Graph API server.'),
  WHATSAPP_API_VERSION: setting(
    'v26.0',
    'a Graph version such as v26.0',
    z.string().regex(/^v\d+\.\d+$/),
    'Graph API version.',
  ),
  WHATSAPP_APP_SECRET: setting(
    '',
    'the app secret',
    text(),
    'Signs WhatsApp webhooks. A number connected with its own secret uses that one.',
  ),
  WHATSAPP_VERIFY_TOKEN: setting(
    '',
    'a word of your choice',
    text(),
    'Answers the webhook verification handshake. Empty: the handshake is refused.',
  ),
  WHATSAPP_NUMBER_PER_SECOND: setting(
    '80',
    'a number from 1 to 100000',
    number(1, 100_000),
    'Messages a number may send per second.',
  ),
  WHATSAPP_PAIR_PER_SECOND: setting(
    '0.1667',
    'a number from 0.01 to 100000',
    number(0.01, 100_000),
    'Messages per second from one number to one person, after a burst of 45.',
  ),
  WHATSAPP_SETTLE_MS: setting(
    '60000',
    'milliseconds from 100 to 86400000',
    integer(100, 86_400_000),
    'How long a doubtful WhatsApp send waits for its status before it is sent again.',
  ),
  SEND_TIMEOUT_MS: setting(
    '15000',
    'milliseconds from 100 to 120000',
    integer(100, 120_000),
    'Longest wait for a vendor to take a message.',
  ),

  STRIPE_SECRET_KEY: setting(
    '',
    'a Stripe secret or restricted key',
    text(),
    'Takes payments. Empty: nothing can be sold, and the pages say so.',
  ),
  STRIPE_WEBHOOK_SECRET: setting(
    '',
    'a Stripe endpoint secret (whsec_...)',
    text(),
    'Checks that /webhooks/stripe is called by Stripe. Empty: every call is refused.',
  ),
  STRIPE_API_ROOT: setting('https://api.stripe.com', 'an http(s) URL', web(), 'Stripe API server.'),
  PAYMENT_RECONCILE_HOURS: setting(
    '24',
    'hours from 1 to 168',
    integer(1, 168),
    'How often what we know of payments is held against Stripe.',
  ),
  PAYMENT_GRACE_DAYS: setting(
    '7',
    'days from 0 to 60',
    integer(0, 60),
    'How long someone keeps access while their payment fails.',
  ),

  MAIL_FROM: setting(
    '',
    'an address such as Cornerman <hello@example.org>',
    z
      .string()
      .refine((value) => value === '' || /^[^<>@\s]+@[^<>@\s]+$|^[^<>]+<[^<>@\s]+@[^<>@\s]+>$/.test(value)),
    'Sender of mails. Wanted by SendGrid and SMTP.',
  ),
  SENDGRID_API_KEY: setting('', 'an API key', text(), 'Sends mails by SendGrid.'),
  SENDGRID_API_ROOT: setting('https://api.sendgrid.com', 'an http(s) URL', web(), 'SendGrid API server.'),
  SENDGRID_WEBHOOK_KEY: setting(
    '',
    'the public key of the signed event webhook, as SendGrid shows it',
    publicKey(),
    'Checks that /webhooks/sendgrid is called by SendGrid. Empty: every call is refused.',
  ),
  SMTP_URL: setting(
    '',
    'an smtp(s) URL such as smtps://user:password@mail.example.org:465',
    url(['smtp:', 'smtps:']),
    'Sends mails by SMTP where SENDGRID_API_KEY is empty. With neither, mails are logged only.',
  ),

  WEBHOOK_BODY_BYTES: setting(
    '3145728',
    'bytes from 1024 to 104857600',
    integer(1024, 104_857_600),
    'Largest webhook body taken (WhatsApp sends up to 3 MB).',
  ),
  WEBHOOK_BODY_TIMEOUT_MS: setting(
    '10000',
    'milliseconds from 100 to 120000',
    integer(100, 120_000),
    'A request body must arrive within this time.',
  ),
  API_REQUESTS_PER_MINUTE: setting(
    '600',
    'a number from 1 to 1000000',
    integer(1, 1_000_000),
    'Requests one API key may make a minute, per process.',
  ),
  API_BODY_BYTES: setting(
    '1048576',
    'bytes from 1024 to 104857600',
    integer(1024, 104_857_600),
    'Largest JSON body the API takes; files have a bound of their own.',
  ),
  TURN_CONCURRENCY: setting(
    '32',
    'a number from 1 to 1000',
    integer(1, 1000),
    'Turns one worker works on at a time.',
  ),
  SEND_CONCURRENCY: setting(
    '64',
    'a number from 1 to 1000',
    integer(1, 1000),
    'Chats one worker sends to at a time.',
  ),
  INGEST_CONCURRENCY: setting(
    '2',
    'a number from 1 to 64',
    integer(1, 64),
    'Documents one worker takes in at a time.',
  ),
  TURN_MAX_RESTARTS: setting(
    '3',
    'a number from 0 to 20',
    integer(0, 20),
    'How often an answer starts over because the person wrote on.',
  ),
  TURN_MAX_ATTEMPTS: setting(
    '5',
    'a number from 1 to 100',
    integer(1, 100),
    'Tries before an Update that always fails is set aside.',
  ),
  TURN_TIMEOUT_MS: setting(
    '120000',
    'milliseconds from 1000 to 900000',
    integer(1000, 900_000),
    'Longest time one Turn may take.',
  ),
  TAKEOVER_MINUTES: setting(
    '60',
    'minutes from 1 to 10080',
    integer(1, 10_080),
    'How long a person of yours answers in a chat before the bot comes back, where they do not say.',
  ),
  TAKEOVER_MAX_MINUTES: setting(
    '1440',
    'minutes from 1 to 10080',
    integer(1, 10_080),
    'Longest time the bot stays silent in a chat that was taken over.',
  ),
  SWEEP_INTERVAL_MS: setting(
    '1000',
    'milliseconds from 100 to 60000',
    integer(100, 60_000),
    'How often work that no queue holds is looked for.',
  ),
  VECTORS_CHECK_MS: setting(
    '600000',
    'milliseconds from 1000 to 86400000',
    integer(1_000, 86_400_000),
    'How often the collections of the vector server are held against what was written to them. Each costs it some 3 ms.',
  ),
  SHUTDOWN_TIMEOUT_MS: setting(
    '8000',
    'milliseconds from 0 to 600000',
    integer(0, 600_000),
    'How long running Turns may finish after a stop signal.',
  ),

  UPLOAD_MAX_BYTES: setting(
    '52428800',
    'bytes from 1024 to 1073741824',
    integer(1024, 1_073_741_824),
    'Largest document taken.',
  ),
  UPLOAD_TIMEOUT_MS: setting(
    '900000',
    'milliseconds from 1000 to 86400000',
    integer(1000, 86_400_000),
    'An upload must arrive within this time (50 MB take 7 minutes at 1 Mbit/s).',
  ),
  UPLOAD_MAX_DOCUMENTS: setting(
    '5000',
    'a number from 1 to 1000000',
    integer(1, 1_000_000),
    'Documents one bot may have.',
  ),
  UPLOAD_MAX_TOTAL_BYTES: setting(
    '10737418240',
    'bytes from 1024 to 1099511627776000',
    integer(1024, 1_099_511_627_776_000),
    'Room for the files of one creator.',
  ),
  CRAWL_ALLOW_PRIVATE: setting(
    '',
    'a comma list of host:port',
    places(),
    'Servers in private networks that creators may fetch pages from, each exactly as it stands in the address: an intranet of yours. Anyone who may add material reads what they say. Empty: none.',
  ),
  CRAWL_MAX_SOURCES: setting(
    '50',
    'a number from 0 to 10000',
    integer(0, 10_000),
    'Web pages and sitemaps one bot may have as sources. 0: nothing is fetched from the web.',
  ),
  CRAWL_MAX_PAGES: setting(
    '500',
    'a number from 1 to 5000',
    integer(1, 5_000),
    'Pages taken of one sitemap at most; a source can be given fewer.',
  ),
  CRAWL_PAGE_BYTES: setting(
    '20971520',
    'bytes from 1024 to 1073741824',
    integer(1024, 1_073_741_824),
    'Largest page, document or sitemap fetched, unpacked.',
  ),
  CRAWL_PAGE_TIMEOUT_MS: setting(
    '60000',
    'milliseconds from 100 to 3600000',
    integer(100, 3_600_000),
    'A page must have arrived within this time.',
  ),
  CRAWL_IDLE_TIMEOUT_MS: setting(
    '15000',
    'milliseconds from 100 to 600000',
    integer(100, 600_000),
    'A site that sends nothing for this long is given up.',
  ),
  CRAWL_DELAY_MS: setting(
    '1000',
    'milliseconds from 0 to 10000',
    integer(0, 10_000),
    'Wait between two pages of one host; a longer one asked for in robots.txt is kept, up to 10 seconds.',
  ),
  CRAWL_CONCURRENCY: setting(
    '2',
    'a number from 1 to 64',
    integer(1, 64),
    'Sources one worker crawls at a time; never two of one host.',
  ),
  EXTRACT_MEMORY_BYTES: setting(
    '536870912',
    'bytes from 67108864 to 17179869184',
    integer(67_108_864, 17_179_869_184),
    'Memory one extraction may use before it is ended.',
  ),
  EXTRACT_TIMEOUT_MS: setting(
    '30000',
    'milliseconds from 100 to 3600000',
    integer(100, 3_600_000),
    'Longest time one extraction may take.',
  ),
  EXTRACT_INFLATED_BYTES: setting(
    '52428800',
    'bytes from 1024 to 1073741824',
    integer(1024, 1_073_741_824),
    'Most a packed document may unpack to.',
  ),
  OCR_LANGUAGES: setting(
    'eng',
    'languages as tesseract names them, such as deu+eng, or off',
    z.string().regex(/^[A-Za-z0-9_]+(\+[A-Za-z0-9_]+)*$/),
    'Languages of scanned pages, read when tesseract is on the PATH; off: scans are refused.',
  ),

  GAP_UNDO_MS: setting(
    '30000',
    'milliseconds from 0 to 86400000',
    integer(0, 86_400_000),
    'How long the answer to a gap can be taken back before who asked is told.',
  ),
  METRICS_TOKEN: setting(
    '',
    'a secret word',
    text(),
    'Guards GET /metrics (Authorization: Bearer). Empty: open.',
  ),
} as const satisfies Record<string, Setting<unknown>>

/** `.env.example` as it must stand in the repository: every variable, its default, one line of why. */
export function presentEnvExample(): string {
  const head = '# Every variable Cornerman reads, with its default. Copy to .env and change what you need.\n'
  const lines = Object.entries(SETTINGS).map(
    ([name, { default: fallback, why }]) => `\n# ${why}\n${name}=${fallback}\n`,
  )
  return [head, ...lines].join('')
}
