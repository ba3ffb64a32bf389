import type { ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openDatabase } from '../src/db/database.ts'
import { type CommandResult, runScript, spawnScript } from '../src/testing/command.ts'
import { openTestDataDir } from '../src/testing/data-dir.ts'
import { findTablesHolding } from '../src/testing/database-search.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { startWhatsappStandIn, type WhatsappStandIn } from '../src/testing/whatsapp/stand-in.ts'

const BOTS = fileURLToPath(new URL('../bots', import.meta.url))
const QUESTION = 'Where should my phone sleep at night?'
const TELEGRAM_TOKEN = `8412345678:AAE${'c0mmand'.repeat(4)}xyz`
const WHATSAPP_TOKEN = 'EAAcommands0123456789canary'
const APP_SECRET = 'commands-app-secret-canary'

const AskAnswer = z.strictObject({
  answer: z.string().min(1),
  refused: z.boolean(),
  citations: z.array(
    z.strictObject({ n: z.int(), document: z.string(), locator: z.string(), quote: z.string().min(1) }),
  ),
  model: z.string(),
  cached: z.boolean(),
  degraded: z.array(z.string()),
  usage: z.strictObject({ inputTokens: z.int(), outputTokens: z.int(), costUsd: z.number() }),
  ms: z.looseObject({ total: z.number(), retrieve: z.number(), generate: z.number() }),
})

const lastJson = ({ lines }: CommandResult): unknown => JSON.parse(lines.at(-1) ?? '')

// Each command is a process of its own, which takes a second to begin with.
describe('the commands', { timeout: 120_000 }, () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let whatsapp: WhatsappStandIn
  let env: Record<string, string>
  let scratch: string
  let running: ChildProcess
  let url: string

  beforeAll(async () => {
    telegram = opened.use(await startTelegramStandIn())
    whatsapp = opened.use(await startWhatsappStandIn())
    const { path: dataDir } = opened.use(await openTestDataDir())
    scratch = await mkdtemp(join(tmpdir(), 'cornerman-commands-'))
    opened.defer(() => rm(scratch, { recursive: true, force: true }))
    env = {
      DATA_DIR: dataDir,
      BOTS_DIR: BOTS,
      HOST: '127.0.0.1',
      PORT: '0',
      PUBLIC_URL: 'https://coach.example.org',
      MODEL_EMBED: 'none',
      OLLAMA_BASE_URL: 'http://127.0.0.1:9',
      LOG_LEVEL: 'error',
      TELEGRAM_API_ROOT: telegram.url,
      WHATSAPP_API_ROOT: whatsapp.url,
    }
    running = spawnScript('start', [], env)
    opened.defer(() => void running.kill('SIGKILL'))
    url = await readReadyUrl(running)
  }, 90_000)
  afterAll(() => opened.disposeAsync())

  const run = (script: string, ...args: string[]) => runScript(script, args, env)

  /** The database that is embedded in the running installation, as the commands find it. */
  async function openRunningDatabase() {
    const { databaseUrl } = z
      .looseObject({ databaseUrl: z.string() })
      .parse(JSON.parse(await readFile(join(env.DATA_DIR ?? '', 'running.json'), 'utf8')))
    const db = openDatabase(databaseUrl, { max: 2 })
    return { db, [Symbol.asyncDispose]: () => db.destroy() }
  }

  it('start says where it is once it is ready', async () => {
    const response = await fetch(`${url}/readyz`)

    expect(response.status).toBe(200)
  })

  it('start refuses a data folder on which one runs, in one line', async () => {
    const second = await run('start')

    expect(second.exitCode).toBe(1)
    expect(second.stderr.trim().split('\n')).toEqual([expect.stringMatching(/^instance.already_running: /)])
  })

  it('ask answers beside a running installation, in the documented form', async () => {
    const asked = await run('ask', '--bot', 'habit-coach', '--json', QUESTION)
    const refused = await run('ask', '--bot', 'habit-coach', '--json', 'Who won the chess match of 1972?')

    expect(asked.exitCode).toBe(0)
    const answer = AskAnswer.parse(lastJson(asked))
    expect(answer).toMatchObject({ refused: false, model: 'extractive', cached: false })
    expect(answer.citations.map(({ n }) => n)).toEqual(answer.citations.map((_, index) => index + 1))
    for (const { quote } of answer.citations) expect(fold(answer.answer)).toContain(fold(quote))
    expect(AskAnswer.parse(lastJson(refused))).toMatchObject({ refused: true, citations: [] })
  })

  it('bot lists, exports and takes back a pack with nothing changed', async () => {
    const folder = join(scratch, 'exported')

    const listed = await run('bot', 'list')
    const exported = await run('bot', 'export', 'habit-coach', folder)
    const imported = await run('bot', 'import', folder)
    await rm(join(folder, 'knowledge', 'movement-snacks.html'))
    await writeFile(join(folder, 'knowledge', 'new.md'), '# New\n\nThe zebra rule is about stripes.\n')
    const changed = await run('bot', 'import', folder)

    expect(listed.stdout).toMatch(/^habit-coach\t/m)
    expect(exported.exitCode).toBe(0)
    const documents = 17
    expect(imported.stdout).toContain(`0 added, 0 changed, 0 removed, ${documents} unchanged`)
    expect(changed.stdout).toContain(`1 added, 0 changed, 1 removed, ${documents - 1} unchanged`)
    const asked = await run('ask', '--bot', 'habit-coach', '--json', 'What is the zebra rule about?')
    expect(AskAnswer.parse(lastJson(asked)).citations[0]?.quote).toContain('zebra rule')
  })

  it('bot says what is wrong with a pack: file, place and what is wanted', async () => {
    const folder = join(scratch, 'faulty')
    await cp(join(scratch, 'exported'), folder, { recursive: true })
    const settings = await readFile(join(folder, 'bot.yaml'), 'utf8')
    await writeFile(join(folder, 'bot.yaml'), settings.replace(/^slug: .*$/m, 'slug: "Not A Slug"'))

    const imported = await run('bot', 'import', folder)

    expect(imported.exitCode).toBe(1)
    expect(imported.stderr).toMatch(/^pack\.invalid: .*bot\.yaml.*slug.*lower-case/m)
    expect(imported.stderr.trim().split('\n')).toHaveLength(1)
  })

  it('channel connects, tells how it stands and disconnects; no token is readable at rest', async () => {
    const connected = await run('channel', 'connect', 'habit-coach', 'telegram', '--token', TELEGRAM_TOKEN)
    const numberId = ['--phone-number-id', '100200300']
    const secrets = ['--token', WHATSAPP_TOKEN, '--app-secret', APP_SECRET]
    const onWhatsapp = await run('channel', 'connect', 'habit-coach', 'whatsapp', ...numberId, ...secrets)
    const status = await run('channel', 'status', 'habit-coach')

    const [, webhook] = /^webhook (.*)$/m.exec(connected.stdout) ?? []
    expect(webhook).toMatch(/^https:\/\/coach\.example\.org\/webhooks\/telegram\/[0-9a-f-]{36}$/)
    expect(onWhatsapp.stdout).toContain('webhook https://coach.example.org/webhooks/whatsapp')
    const set = telegram.calls.find(({ method }) => method === 'setWebhook')
    expect(set?.body).toMatchObject({ url: webhook, secret_token: expect.stringMatching(/^[\w-]{32,256}$/) })
    expect(status.stdout).toContain(`Telegram delivers to ${webhook}`)
    for (const { stdout, stderr } of [connected, onWhatsapp, status]) {
      for (const secret of [TELEGRAM_TOKEN, WHATSAPP_TOKEN, APP_SECRET])
        expect(stdout + stderr).not.toContain(secret)
    }
    await using database = await openRunningDatabase()
    expect(await database.db.selectFrom('connection').select('id').execute()).toHaveLength(2)
    const stored = String(set?.body.secret_token)
    for (const secret of [TELEGRAM_TOKEN, WHATSAPP_TOKEN, APP_SECRET, stored]) {
      const asBytes = Buffer.from(secret).toString('hex') // How a dump shows bytea.
      for (const form of [secret, asBytes]) expect(await findTablesHolding(database.db, form)).toEqual([])
    }

    const gone = await run('channel', 'disconnect', 'habit-coach', 'telegram')
    expect(gone.exitCode).toBe(0)
    expect(telegram.calls.at(-1)?.method).toBe('deleteWebhook')
    expect((await run('channel', 'status', 'habit-coach')).stdout).toContain('telegram: not connected')
  })

  it('extract tells of every file in one line, and fails for none', async () => {
    const folder = join(scratch, 'files')
    await mkdir(folder)
    await writeFile(join(folder, 'good.md'), '# Title\n\nSome words.\n')
    await writeFile(join(folder, 'bad.pdf'), '%PDF-1.7 and then nothing')
    const manifest = ['good.md', 'bad.pdf', 'missing.txt'].map((file) => ({ file }))
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))

    const extracted = await run('extract', folder, '--json')

    expect(extracted.exitCode).toBe(0)
    const rows = extracted.lines.map((line) => JSON.parse(line))
    expect(rows.map(({ file, ok }) => [file, ok])).toEqual([
      ['good.md', true],
      ['bad.pdf', false],
      ['missing.txt', false],
    ])
    expect(Object.keys(rows[0])).toEqual(['file', 'ok', 'chars', 'pages', 'ms', 'error'])
    for (const { error } of rows.slice(1)) expect(error).toMatch(/^[a-z_]+\.[a-z_]+$/)
  })

  it('migrate says that nothing is to be done', async () => {
    expect((await run('migrate')).stdout.trim()).toBe('The schema is up to date.')
  })

  it('refuse a wrong call with the way they are called', async () => {
    const calls = [
      ['ask', '--json'],
      ['bot', 'export', 'habit-coach'],
      ['channel', 'connect', 'habit-coach', 'pigeon', '--token', 'x'],
      ['extract'],
      ['inbox', 'replay', 'x'],
    ] as const

    const refusals = await Promise.all(calls.map(([script, ...args]) => run(script, ...args)))

    for (const [index, { exitCode, stderr }] of refusals.entries()) {
      expect([calls[index], exitCode]).toEqual([calls[index], 2])
      expect(stderr).toMatch(/usage: .*npm run/i)
    }
  })

  it('start stops at a wrong value with one line that names the variable', async () => {
    const wrong = {
      PORT: '70000',
      DATABASE_URL: 'mysql://someone:hidden-password@localhost/x',
      ENCRYPTION_KEY: 'too-short-hidden-password',
      ROLES: 'web,cook',
      MODEL_CHAT: 'no-provider-here',
      MODEL_EMBED: 'nonsense',
    }

    const refusals = await Promise.all(
      Object.entries(wrong).map(([name, value]) => runScript('start', [], { ...env, [name]: value })),
    )

    for (const [index, name] of Object.keys(wrong).entries()) {
      expect(refusals[index]).toMatchObject({ exitCode: 1, stdout: '' })
      expect(refusals[index]?.stderr.trim().split('\n')).toEqual([expect.stringContaining(name)])
      expect(refusals[index]?.stderr).not.toContain('hidden-password')
    }
  })

  it('start ends cleanly when it is told to, and ask answers on its own then', async () => {
    const exited = new Promise<number | null>((resolve) => running.once('exit', resolve))
    running.kill('SIGTERM')

    expect(await exited).toBe(0)
    const asked = await run('ask', '--bot', 'habit-coach', '--json', QUESTION)
    expect(AskAnswer.parse(lastJson(asked)).refused).toBe(false)
    expect(asked.exitCode).toBe(0)
  })
})

/** The words alone, without the signs of Markdown and how lines were broken. */
function fold(text: string): string {
  return text.replace(/[>*_\\\s]+/g, ' ').trim()
}

/** The address behind `ready`. */
function readReadyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const [, address] = /^ready (http:\/\/\S+)$/m.exec(output) ?? []
      if (address) resolve(address)
    })
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${errors}`)))
  })
}
