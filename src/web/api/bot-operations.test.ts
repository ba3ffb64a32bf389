import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ApiCaller, openApiCaller } from '../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { signUpTester } from '../../testing/signed-in.ts'
import { createTelegramPerson } from '../../testing/telegram/person.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../../testing/telegram/stand-in.ts'
import { unzip } from '../../testing/unzip.ts'

const QUESTION = 'What is the word of locker k1003?'
const TEXT = '{{bot_name}} {{persona}} {{grounding}} {{language}} {{safety_line}} {{mark}} In short.'
const Bot = z.object({
  id: z.string(),
  updatedAt: z.string(),
  settings: z.looseObject({ persona: z.string() }),
})

let telegram: TelegramStandIn
let app: TestApp
let api: ApiCaller
let other: ApiCaller
let path: string
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  telegram = opened.use(await startTelegramStandIn())
  app = opened.use(await startTestApp({ env: { TELEGRAM_API_ROOT: telegram.url } }))
  api = await openApiCaller(app, app.bot.creatorId)
  const stranger = await signUpTester(app, { creatorId: 'new' })
  other = await openApiCaller(app, stranger.creatorId)
  path = `/bots/${app.bot.id}`
}, 120_000)
afterAll(() => opened.disposeAsync())

async function getBot() {
  return Bot.parse((await api.call('GET', path)).json.data)
}

async function change(settings: Record<string, unknown>) {
  const bot = await getBot()
  const body = { settings: { ...bot.settings, ...settings }, expectedUpdatedAt: bot.updatedAt }
  return { bot, answer: await api.call('PUT', path, body) }
}

describe('the bots of the API', () => {
  it('are made, listed page by page, and deleted by their own slug', async () => {
    const made = await api.call('POST', '/bots', { name: 'Átlas Coach', persona: 'Kind.', language: 'pt' })
    const { id } = z.object({ id: z.string() }).parse(made.json.data)
    const first = await api.call('GET', '/bots?limit=1')
    const second = await api.call('GET', '/bots?limit=1&cursor=atlas-coach')
    const wrong = await api.call('DELETE', `/bots/${id}?slug=lockers`)
    const gone = await api.call('DELETE', `/bots/${id}?slug=atlas-coach`)

    expect(made).toMatchObject({ status: 201, json: { data: { slug: 'atlas-coach' } } })
    expect(first.json.data).toMatchObject({ items: [{ slug: 'atlas-coach' }], nextCursor: 'atlas-coach' })
    expect(second.json.data).toMatchObject({ items: [{ slug: 'lockers' }], nextCursor: null })
    expect(wrong).toMatchObject({ status: 422, json: { error: { code: 'bot.slug_mismatch' } } })
    expect(gone.status).toBe(200)
    expect((await api.call('GET', `/bots/${id}`)).status).toBe(404)
  })

  it('take new settings once, for the state that was read', async () => {
    const { bot, answer } = await change({ persona: 'Like a ferryman.' })
    const late = await api.call('PUT', path, { settings: bot.settings, expectedUpdatedAt: bot.updatedAt })
    const unoffered = await change({ model: ['openai:unknown'] })

    expect(answer).toMatchObject({
      status: 200,
      json: { data: { settings: { persona: 'Like a ferryman.' } } },
    })
    expect(late).toMatchObject({ status: 409, json: { error: { code: 'bot.changed' } } })
    expect(unoffered.answer).toMatchObject({
      status: 422,
      json: { error: { code: 'bot.settings_invalid', details: { issues: [{ path: 'model' }] } } },
    })
  })

  it('are tried out with proof', async () => {
    const answer = await api.call('POST', `${path}/try`, { question: QUESTION })

    expect(answer.json.data).toMatchObject({
      kind: 'answer',
      model: 'extractive',
      citations: [{ n: 1, quote: expect.stringContaining('locker k1003 is amber1003.') }],
      passages: expect.arrayContaining([expect.objectContaining({ document: 'Lockers' })]),
    })
  })

  it('keep versions of their wording', async () => {
    const saved = await api.call('POST', `${path}/prompts/answer`, { text: TEXT })
    const faulty = await api.call('POST', `${path}/prompts/answer`, { text: 'No placeholder.' })
    const listed = await api.call('GET', `${path}/prompts/answer`)
    const back = await api.call('POST', `${path}/prompts/answer/activate`, { version: 0 })

    expect(saved.json.data).toEqual({ purpose: 'answer', version: 1 })
    expect(faulty).toMatchObject({ status: 422, json: { error: { code: 'prompt.placeholders' } } })
    expect(listed.json.data).toMatchObject({
      original: expect.stringContaining('{{persona}}'),
      versions: [{ version: 1, text: TEXT, isActive: true }],
    })
    expect(back.json.data).toEqual({ purpose: 'answer', version: 0 })
  })

  it('go out and in as packs', async () => {
    const response = await fetch(`${app.url}/api/v1${path}/pack`, {
      headers: { authorization: `Bearer ${api.key}` },
    })
    const zip = Buffer.from(await response.arrayBuffer())
    const post = (query: string, bytes: Buffer) =>
      fetch(`${app.url}/api/v1/packs${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${other.key}`, 'content-type': 'application/zip' },
        body: new Uint8Array(bytes),
      })

    const imported = await post('?slug=a-copy', zip)
    const broken = await post('?slug=another', zip.subarray(0, zip.length / 2))

    expect([...(await unzip(zip)).keys()]).toEqual(['bot.yaml', 'knowledge/lockers.md'])
    expect([imported.status, await imported.json()]).toMatchObject([201, { data: { added: ['lockers.md'] } }])
    expect([broken.status, await broken.json()]).toMatchObject([422, { error: { code: 'pack.invalid' } }])
  })

  it('are not there for another creator, and closed to a key without the scope', async () => {
    const reader = await openApiCaller(app, app.bot.creatorId, ['bots:read'])
    const calls: [string, string, unknown?][] = [
      ['GET', path],
      ['PUT', path, { settings: (await getBot()).settings, expectedUpdatedAt: new Date().toISOString() }],
      ['POST', `${path}/try`, { question: QUESTION }],
      ['GET', `${path}/prompts/answer`],
      ['POST', `${path}/prompts/answer`, { text: TEXT }],
      ['POST', `${path}/prompts/answer/activate`, { version: 0 }],
      ['DELETE', `${path}?slug=lockers`],
    ]
    for (const [method, address, body] of calls) {
      const foreign = await other.call(method, address, body)
      expect(foreign, `${method} ${address}`).toMatchObject({
        status: 404,
        json: { error: { code: 'bot.not_found' } },
      })
      if (method === 'GET') continue
      const unscoped = await reader.call(method, address, body)
      expect(unscoped, `${method} ${address}`).toMatchObject({
        status: 403,
        json: { error: { code: 'scope.missing' } },
      })
    }
  })
})

describe('a daily limit', () => {
  it('ends a person’s questions with a polite word, and costs nothing from then on', async () => {
    expect((await change({ limits: { daily_questions: 1 } })).answer.status).toBe(200)
    const person = createTelegramPerson(await app.connectTelegram(), telegram)
    await person.says(QUESTION)
    await person.hears()
    await person.says('What is the word of locker k1004?')
    await person.hears(2)

    const [answer, notice] = person.heard()
    expect(answer?.text).toContain('amber1003')
    expect(notice?.text).toContain('as many questions as I can answer in one day')
    const usage = await app.app.installation.db.selectFrom('usage').selectAll().execute()
    expect(usage).toHaveLength(1)
  })
})
