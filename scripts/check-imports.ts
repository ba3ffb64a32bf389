/** Which room may import from which: the architecture, checked. Run by `npm run check`. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const SRC = resolve(import.meta.dirname, '../src')

/** Ports: what a room may know of the outside. Anyone may import them. */
const PORTS = [
  'channels/channel',
  'models/model',
  'models/transcriber',
  'vectors/vector-index',
  'files/file-store',
  'mail/mailer',
  'billing/payment-provider',
  'jobs/job',
]
/** Said by no one but needed by all. */
const EVERYWHERE = ['errors', 'logger', 'deadline', 'give-way', 'lane', 'parse-json', 'files/within-bytes']

/** Room -> rooms it may import from, besides itself, the ports and what is everywhere. */
const MAY_IMPORT: Record<string, string[]> = {
  deadline: [],
  'give-way': [],
  lane: [],
  errors: [],
  logger: [],
  'parse-json': [],
  config: ['settings'],
  settings: [],
  db: [],
  insights: ['db', 'messaging', 'accounts', 'knowledge', 'billing'],
  accounts: ['db'],
  messaging: ['db', 'accounts'],
  channels: ['messaging/update'],
  models: [],
  vectors: [],
  files: [],
  mail: ['db', 'channels/vendor-fetch', 'channels/escape-html'],
  billing: [
    'db',
    'accounts',
    'messaging',
    'crawling/public-address',
    'mail/mail-queue',
    'mail/mails',
    'mail/suppression',
  ],
  crawling: ['db', 'accounts/audit', 'extraction/xml', 'knowledge'],
  extraction: [],
  knowledge: ['db', 'extraction', 'messaging/worker-presence', 'accounts/audit'],
  bots: ['db', 'messaging', 'accounts', 'knowledge'],
  packs: ['db', 'accounts', 'knowledge', 'billing', 'bots'],
  attachments: ['db', 'messaging', 'bots', 'extraction', 'models/prices', 'models/seeing'],
  safety: ['knowledge', 'bots'],
  grounding: ['knowledge'],
  answering: ['db', 'messaging', 'accounts', 'knowledge', 'bots', 'safety', 'grounding'],
  memory: ['db', 'messaging', 'accounts', 'knowledge', 'bots'],
  coaching: [
    'db',
    'messaging',
    'accounts',
    'knowledge',
    'billing',
    'bots',
    'memory',
    'safety',
    'answering',
    'attachments',
  ],
  jobs: [
    'db',
    'messaging',
    'accounts',
    'knowledge',
    'crawling',
    'extraction',
    'bots',
    'memory',
    'answering',
    'coaching',
    'insights',
    'billing',
    'mail',
  ],
  web: [
    'db',
    'messaging',
    'accounts',
    'knowledge',
    'crawling',
    'bots',
    'packs',
    'memory',
    'answering',
    'coaching',
    'insights',
    'billing',
    'mail',
  ],
  embedded: [],
}

/** Vendor package -> where alone it may be imported. */
const VENDOR_HOME: Record<string, RegExp> = {
  grammy: /^channels\/telegram/,
  'whatsapp-api-js': /^channels\/whatsapp/,
  bullmq: /^(jobs\/queues|db\/migrate)/,
  ioredis: /^jobs\/queues/,
  express: /^(web\/|app)/,
  helmet: /^web\//,
  eta: /^web\//,
  '@langchain/core': /^(models|bots\/prompt)/,
  '@langchain/openai': /^models\//,
  '@langchain/ollama': /^models\//,
  langchain: /^models\//,
  chromadb: /^vectors\//,
  '@huggingface/transformers': /^models\//,
  busboy: /^web\//,
  uqr: /^web\//,
  otpauth: /^accounts\//,
  '@node-rs/argon2': /^accounts\//,
  stripe: /^billing\/stripe\//,
  nodemailer: /^mail\/smtp/,
  marked: /^(channels\/markdown|extraction\/text\/markdown)/,
}

/** The composition root sees every part; tests and their aids see what they need. */
const isFree = (file: string) =>
  /^(app|installation|material|answers|engines|choices|workers)\.ts$/.test(file) ||
  file.startsWith('testing/') ||
  file.includes('.test.')

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const troubles = files.filter((file) => !isFree(file)).flatMap(checkFile)
const cycles = findCycles()
for (const line of [...troubles, ...cycles]) console.error(line)
if (troubles.length + cycles.length > 0) process.exit(1)
console.log(`imports: ${files.length} files keep the rules`)

function checkFile(file: string): string[] {
  return importsOf(file).flatMap(({ specifier, isType }) => {
    if (specifier.startsWith('.')) return checkOwn(file, specifier, isType)
    const vendor = Object.keys(VENDOR_HOME).find(
      (name) => specifier === name || specifier.startsWith(`${name}/`),
    )
    if (vendor && !VENDOR_HOME[vendor]?.test(file))
      return [`src/${file}: ${vendor} does not belong in this room`]
    return []
  })
}

function checkOwn(file: string, specifier: string, isType: boolean): string[] {
  if (!specifier.endsWith('.ts')) return [`src/${file}: ${specifier} has to end in .ts`]
  const target = relative(SRC, resolve(SRC, dirname(file), specifier)).replace(/\.ts$/, '')
  const [from, to] = [roomOf(file), roomOf(target)]
  const allowed = MAY_IMPORT[from] ?? []
  const isAllowed =
    from === to ||
    PORTS.includes(target) ||
    EVERYWHERE.includes(target) ||
    allowed.some((place) => target === place || target.startsWith(`${place}/`)) ||
    // A type costs nothing at run time: the shape of a neighbour's part may be known, but not the part.
    (isType && !['web', 'embedded', 'testing', 'app'].includes(to))
  return isAllowed ? [] : [`src/${file}: ${from} may not import ${target}`]
}

function importsOf(file: string): { specifier: string; isType: boolean }[] {
  const code = readFileSync(join(SRC, file), 'utf8')
  const found = code.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"]*?from\s+)?['"]([^'"]+)['"]/gm)
  const dynamic = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [
    ...[...found].map((match) => ({ specifier: match[2] ?? '', isType: match[1] !== undefined })),
    ...[...dynamic].map((match) => ({ specifier: match[1] ?? '', isType: false })),
  ]
}

function roomOf(file: string): string {
  return file.replace(/\.ts$/, '').split('/')[0] ?? ''
}

/** Files that need each other to load. Types are left out: they are gone by then. */
function findCycles(): string[] {
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ specifier, isType }) => specifier.startsWith('.') && !isType)
        .map(({ specifier }) => relative(SRC, resolve(SRC, dirname(file), specifier))),
    ]),
  )
  const done = new Set<string>()
  const found: string[] = []
  function visit(file: string, path: string[]): void {
    if (path.includes(file)) found.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`)
    if (done.has(file) || path.includes(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  return found
}
