import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { type ModelStandIn, startModelStandIn } from '../../../testing/models/stand-in.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'
import { createTelegramPerson } from '../../../testing/telegram/person.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../../../testing/telegram/stand-in.ts'
import { unzip } from '../../../testing/unzip.ts'

const QUESTION = 'What is the word of locker k1003?'

let telegram: TelegramStandIn
let model: ModelStandIn
let app: TestApp
let owner: SignedInTester
let viewer: SignedInTester
let stranger: SignedInTester
/** Of another creator who has no bot at all. */
let onlooker: SignedInTester
let base: string
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  telegram = opened.use(await startTelegramStandIn())
  model = opened.use(await startModelStandIn())
  app = opened.use(
    await startTestApp({
      env: {
        TELEGRAM_API_ROOT: telegram.url,
        MODEL_CHAT: 'openai:first,openai:second',
        OPENAI_BASE_URL: model.openAiUrl,
        OPENAI_API_KEY: 'test-key',
      },
    }),
  )
  owner = await signUpTester(app)
  viewer = await signUpTester(app, { role: 'viewer' })
  stranger = await signUpTester(app, { creatorId: 'new' })
  onlooker = await signUpTester(app, { creatorId: 'new' })
  base = `/admin/bots/${app.bot.id}`
}, 120_000)
afterAll(() => opened.disposeAsync())

async function pageOf(tester: SignedInTester, path: string): Promise<string> {
  const response = await tester.fetch(path)
  expect(response.status).toBe(200)
  return response.text()
}

/** The fields of the settings form as a browser would send them untouched. */
async function readSettingsForm(): Promise<URLSearchParams> {
  const html = await pageOf(owner, `${base}/settings`)
  const form = html.slice(html.indexOf(`action="${base}/settings"`))
  const fields = new URLSearchParams()
  for (const [tag] of form.slice(0, form.indexOf('</form>')).matchAll(/<input[^>]*>/g)) {
    const [name, value, type] = ['name', 'value', 'type'].map((key) => attributeOf(tag, key))
    const isChoice = type === 'radio' || type === 'checkbox'
    if (name && name !== '_csrf' && (!isChoice || / checked/.test(tag))) fields.append(name, value ?? 'on')
  }
  for (const [, name = '', text = ''] of form.matchAll(/<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</g)) {
    fields.append(name, plainOf(text))
  }
  for (const [, name = '', options = ''] of form.matchAll(
    /<select[^>]* name="([^"]+)"[^>]*>(.*?)<\/select>/gs,
  )) {
    const chosen = /<option(?: value="([^"]*)")? selected>([^<]*)/.exec(options)
    fields.append(name, chosen ? (chosen[1] ?? chosen[2] ?? '') : '')
  }
  return fields
}

function attributeOf(tag: string, name: string): string | undefined {
  const value = new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1]
  return value === undefined ? undefined : plainOf(value)
}

function plainOf(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function postForm(tester: SignedInTester, path: string, fields: URLSearchParams): Promise<Response> {
  const body = new URLSearchParams(fields)
  body.set('_csrf', tester.csrfToken)
  return fetch(new URL(path, app.url), {
    method: 'POST',
    redirect: 'manual',
    headers: { Cookie: tester.cookie, Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' },
    body,
  })
}

async function settingsNow() {
  const { settings } = await app.app.installation.db
    .selectFrom('bot')
    .select('settings')
    .where('id', '=', app.bot.id)
    .executeTakeFirstOrThrow()
  return settings
}

/** How the next answer is asked for: what the model was told last. */
async function askedPrompt(): Promise<{ system: string; model: string; maxTokens: number | undefined }> {
  const before = model.calls.length
  const response = await owner.post(`${base}/try`, { question: QUESTION })
  expect(response.status).toBe(200)
  const call = model.calls.at(-1)
  expect(model.calls.length).toBe(before + 1)
  return {
    system: call?.body.messages.find(({ role }) => role === 'system')?.content ?? '',
    model: call?.body.model ?? '',
    maxTokens: call?.body.max_tokens ?? call?.body.max_completion_tokens,
  }
}

describe('the settings of a bot', () => {
  it('come back as they were when the form is sent untouched', async () => {
    const before = await settingsNow()

    const response = await postForm(owner, `${base}/settings`, await readSettingsForm())

    expect(response.status).toBe(303)
    expect(await settingsNow()).toEqual(before)
  })

  it('are changed, with the names of the changed fields in the audit log and not their words', async () => {
    const fields = await readSettingsForm()
    fields.set('persona', 'Like a lighthouse keeper <b>& co</b>.')
    fields.set('quiet', 'on')
    fields.set('quiet_from', '22:30')
    fields.set('quiet_to', '07:00')
    fields.set('time_zone', 'Europe/Madrid')
    fields.set('answer_tokens', '200')
    fields.set('daily_questions', '50')
    fields.set('person_day_usd', '0.25')
    fields.set('month_usd', '40')
    fields.set('add_language', 'fr')

    expect((await postForm(owner, `${base}/settings`, fields)).status).toBe(303)

    expect(await settingsNow()).toMatchObject({
      persona: 'Like a lighthouse keeper <b>& co</b>.',
      quiet_hours: { from: '22:30', to: '07:00', time_zone: 'Europe/Madrid' },
      limits: { answer_tokens: 200, daily_questions: 50 },
      budget: { subscriber_day_usd: 0.25, month_usd: 40 },
      languages: ['en', 'de', 'fr'],
    })
    const entry = await app.app.installation.db
      .selectFrom('audit_entry')
      .selectAll()
      .where('action', '=', 'bot.update')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    expect(entry).toMatchObject({
      member_id: owner.memberId,
      object_id: app.bot.id,
      details: { fields: ['persona', 'languages', 'quiet_hours', 'limits', 'budget'] },
    })
    expect(JSON.stringify(entry)).not.toContain('lighthouse')
    const html = await pageOf(owner, `${base}/settings`)
    expect(html).toContain('Like a lighthouse keeper &lt;b&gt;&amp; co&lt;/b&gt;.')
  })

  it('tell beside the field what does not fit, and keep what was typed', async () => {
    const before = await settingsNow()
    const fields = await readSettingsForm()
    fields.set('name', 'A name kept')
    fields.set('persona', ' ')
    fields.set('greeting.en', '')
    fields.set('quiet', 'on')
    fields.set('quiet_to', '22:30')
    fields.set('answer_tokens', '1')
    fields.set('month_usd', '0')
    fields.append('model', 'openai:unknown')

    const response = await postForm(owner, `${base}/settings`, fields)
    const html = await response.text()

    expect(response.status).toBe(422)
    expect(html).toContain('value="A name kept"')
    for (const field of ['persona', 'greeting.en', 'quiet_to', 'answer_tokens', 'month_usd']) {
      expect(html).toContain(`id="${field}-error"`)
    }
    expect(await settingsNow()).toEqual(before)

    fields.set('persona', 'Short.')
    fields.set('greeting.en', 'Hello.')
    fields.set('quiet_to', '07:00')
    fields.set('answer_tokens', '100')
    fields.set('month_usd', '')
    const unoffered = await postForm(owner, `${base}/settings`, fields)
    expect(unoffered.status).toBe(422)
    expect(await unoffered.text()).toContain('openai:unknown is not offered here')
  })

  it('are not lost when two people save at once', async () => {
    const [mine, theirs] = [await readSettingsForm(), await readSettingsForm()]
    theirs.set('description', 'Theirs.')
    mine.set('description', 'Mine.')
    expect((await postForm(owner, `${base}/settings`, theirs)).status).toBe(303)

    const response = await postForm(owner, `${base}/settings`, mine)

    expect(response.status).toBe(409)
    expect(await response.text()).toContain('Someone else saved this bot')
    expect(await settingsNow()).toMatchObject({ description: 'Theirs.' })
  })

  it('choose which models are asked, in which order, and how much they may write', async () => {
    const fields = await readSettingsForm()
    fields.delete('model')
    fields.append('model', 'openai:second')
    fields.set('answer_tokens', '150')
    expect((await postForm(owner, `${base}/settings`, fields)).status).toBe(303)

    expect(await askedPrompt()).toMatchObject({ model: 'second', maxTokens: 150 })

    const back = await readSettingsForm()
    expect(back.getAll('model')).toEqual(['openai:second', ''])
    back.delete('model')
    expect((await postForm(owner, `${base}/settings`, back)).status).toBe(303)
    expect(await askedPrompt()).toMatchObject({ model: 'first' })
  })
})

describe('the try-out', () => {
  it('answers with proof and leaves no chat, no usage and no gap', async () => {
    const html = await (await owner.post(`${base}/try`, { question: QUESTION })).text()

    expect(html).toContain('amber1003')
    expect(html).toContain('<blockquote class="quote"')
    expect(html).toContain('openai:first')
    for (const table of ['chat', 'usage', 'gap', 'message'] as const) {
      expect(await app.app.installation.db.selectFrom(table).selectAll().execute()).toEqual([])
    }
  })

  it('is a part of the page for a script', async () => {
    const response = await owner.fetch(`${base}/try`, {
      method: 'POST',
      headers: { 'HX-Request': 'true' },
      body: new URLSearchParams({ question: 'Who won the chess game?' }),
    })
    const html = await response.text()

    expect(html).toMatch(/^\s*<div id="try-answer"/)
    expect(html).toContain('That is not in my material.')
  })

  it('is bounded in what is asked', async () => {
    expect((await owner.post(`${base}/try`, { question: '   ' })).status).toBe(422)
    expect((await owner.post(`${base}/try`, { question: 'x'.repeat(2_001) })).status).toBe(422)
  })
})

describe('the wording', () => {
  const NEW = `You are {{bot_name}}. {{persona}} {{grounding}} {{language}} {{safety_line}} {{mark}} Speak of lanterns.`

  it('of a new version is what the model is told, and the original is after a rollback', async () => {
    const original = await askedPrompt()
    expect(original.system).not.toContain('lanterns')

    expect((await owner.post(`${base}/prompts`, { purpose: 'answer', text: NEW })).status).toBe(303)
    const changed = await askedPrompt()
    const back = await owner.post(`${base}/prompts/activate`, { purpose: 'answer', version: '0' })
    const restored = await askedPrompt()

    expect(changed.system).toContain('Speak of lanterns.')
    expect(back.status).toBe(303)
    expect(restored.system.replace(/[0-9a-f]{12}/g, '')).toBe(original.system.replace(/[0-9a-f]{12}/g, ''))
  })

  it('lists its versions, shows what changed between two, and goes back to any', async () => {
    expect((await owner.post(`${base}/prompts`, { purpose: 'answer', text: `${NEW}\r\nTwo.` })).status).toBe(
      303,
    )

    const html = await pageOf(owner, `${base}/prompts?purpose=answer&from=1&to=2`)
    expect(html).toContain('Version 2')
    expect(html).toContain('by <span dir="auto">Tess Tester</span>')
    expect(html).toMatch(/<ins>.*Two\.\s*<\/ins>/)
    expect(html).not.toContain('<del>')

    await owner.post(`${base}/prompts/activate`, { purpose: 'answer', version: '1' })
    expect((await askedPrompt()).system).not.toContain('Two.')
  })

  it('keeps every placeholder', async () => {
    const text = NEW.replace('{{mark}}', '{{marks}}')

    const response = await owner.post(`${base}/prompts`, { purpose: 'answer', text })
    const html = await response.text()

    expect(response.status).toBe(422)
    expect(html).toContain('Put in again: {{mark}}.')
    expect(html).toContain('Nothing fills {{marks}}')
    expect(html).toContain('Speak of lanterns.')
    expect((await owner.post(`${base}/prompts/activate`, { purpose: 'answer', version: '99' })).status).toBe(
      404,
    )
  })

  it('is written into the Trace of an answer in a chat', async () => {
    const person = createTelegramPerson(await app.connectTelegram(), telegram)
    await person.says(QUESTION)
    await person.hears()

    const { trace } = await app.app.installation.db
      .selectFrom('turn')
      .select('trace')
      .where('kind', '=', 'question')
      .orderBy('committed_at', 'desc')
      .executeTakeFirstOrThrow()

    expect(trace).toMatchObject({ prompt: { purpose: 'answer', version: 1, grounding: 0 } })
  })
})

describe('a pack', () => {
  it('takes settings, wording and material out, and in again as a bot of its own', async () => {
    const response = await owner.fetch(`${base}/pack.zip`)
    const zip = Buffer.from(await response.arrayBuffer())
    const files = await unzip(zip)

    expect(response.headers.get('Content-Disposition')).toBe('attachment; filename="lockers.zip"')
    expect([...files.keys()]).toEqual(['bot.yaml', 'prompts/answer.md', 'knowledge/lockers.md'])
    expect(parse(files.get('bot.yaml')?.toString() ?? '')).toMatchObject({
      slug: 'lockers',
      ...(await settingsNow()),
    })

    const imported = await importZip(stranger, zip, { slug: 'lockers-two' })

    expect(imported.status).toBe(303)
    const { db } = app.app.installation
    const copy = await db
      .selectFrom('bot')
      .selectAll()
      .where('slug', '=', 'lockers-two')
      .executeTakeFirstOrThrow()
    expect(copy.creator_id).toBe(stranger.creatorId)
    expect(copy.settings).toEqual(await settingsNow())
    const overrides = await db
      .selectFrom('prompt_override')
      .selectAll()
      .where('bot_id', '=', copy.id)
      .execute()
    expect(overrides).toMatchObject([{ purpose: 'answer', is_active: true, creator_id: stranger.creatorId }])
    const documents = await db
      .selectFrom('document')
      .select(['name', 'creator_id'])
      .where('knowledge_base_id', '=', copy.knowledge_base_id)
      .execute()
    expect(documents).toEqual([{ name: 'lockers.md', creator_id: stranger.creatorId }])
  })

  it('replaces a bot only where that was asked for, and never another creator’s', async () => {
    const zip = Buffer.from(await (await owner.fetch(`${base}/pack.zip`)).arrayBuffer())

    const again = await importZip(owner, zip, {})
    const replaced = await importZip(owner, zip, { replace: 'on' })
    const foreign = await importZip(stranger, zip, { replace: 'on' })

    expect([again.status, replaced.status, foreign.status]).toEqual([409, 303, 422])
    expect(await again.text()).toContain('There is a bot at this address already.')
    expect(await foreign.text()).toContain('a slug that no other creator uses')
  })

  it('that is none is refused with what is wrong', async () => {
    const broken = await importZip(owner, await readFile(new URL(import.meta.url)), {})
    const none = await importZip(owner, Buffer.alloc(0), {})

    expect(broken.status).toBe(422)
    expect(await broken.text()).toContain('a whole zip file that holds a pack')
    expect(none.status).toBe(422)
  })

  it('needs the token of the form', async () => {
    const form = new FormData()
    form.append('_csrf', 'forged')
    form.append('pack', new Blob(['x']), 'pack.zip')
    const response = await fetch(new URL('/admin/bots/import', app.url), {
      method: 'POST',
      headers: { Cookie: owner.cookie, 'Sec-Fetch-Site': 'same-origin', Accept: 'application/json' },
      body: form,
    })

    expect(response.status).toBe(403)
  })

  function importZip(tester: SignedInTester, zip: Buffer, fields: Record<string, string>): Promise<Response> {
    const form = new FormData()
    form.append('_csrf', tester.csrfToken)
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('pack', new Blob([new Uint8Array(zip)]), 'pack.zip')
    return fetch(new URL('/admin/bots/import', app.url), {
      method: 'POST',
      redirect: 'manual',
      headers: { Cookie: tester.cookie, Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' },
      body: form,
    })
  }
})

describe('the walls of a bot', () => {
  const PAGES = ['settings', 'try', 'prompts', 'pack.zip', 'channels', 'channels/telegram/check']
  const ACTIONS = [
    'settings',
    'delete',
    'try',
    'prompts',
    'prompts/activate',
    'channels/telegram',
    'channels/telegram/disconnect',
  ]

  it.each(PAGES)('hide %s from another creator as if there were no bot', async (page) => {
    const foreign = await onlooker.fetch(`${base}/${page}`)
    const unknown = await onlooker.fetch(`/admin/bots/${crypto.randomUUID()}/${page}`)
    const malformed = await onlooker.fetch(`/admin/bots/x/${page}`)

    expect([foreign.status, unknown.status, malformed.status]).toEqual([404, 404, 404])
    expect(await foreign.text()).not.toContain('Lockers')
  })

  it.each(ACTIONS)('refuse %s of another creator, and of a viewer who only looks', async (action) => {
    const before = await settingsNow()
    const fields = {
      slug: 'lockers',
      question: 'Hello?',
      purpose: 'answer',
      version: '0',
      token: `1:${'a'.repeat(35)}`,
    }

    const foreign = await onlooker.post(`${base}/${action}`, fields)
    const looking = action === 'try' ? undefined : await viewer.post(`${base}/${action}`, fields)

    // Only an owner may delete: a stranger who owns their own account is still told that there is no such bot.
    expect(foreign.status).toBe(404)
    if (looking) expect(looking.status).toBe(403)
    expect(await settingsNow()).toEqual(before)
  })

  it('let an editor change a bot but not delete it', async () => {
    const editor = await signUpTester(app, { role: 'editor' })

    expect((await editor.post(`${base}/delete`, { slug: 'lockers' })).status).toBe(403)
    expect((await editor.fetch(`${base}/settings`)).status).toBe(200)
  })
})

describe('a deleted bot', () => {
  it('is gone with its chats, people, material, files and channels, and only by its own address', async () => {
    const { db, files } = app.app.installation
    const { file_key } = await db
      .selectFrom('document_version')
      .select('file_key')
      .where('creator_id', '=', app.bot.creatorId)
      .executeTakeFirstOrThrow()

    const wrong = await owner.post(`${base}/delete`, { slug: 'locker' })
    expect(wrong.status).toBe(422)
    expect((await owner.post(`${base}/delete`, { slug: 'lockers' })).status).toBe(303)

    expect(telegram.calls.some(({ method }) => method === 'deleteWebhook')).toBe(true)
    for (const table of [
      'chat',
      'message',
      'subscriber',
      'inbox',
      'document',
      'passage',
      'connection',
    ] as const) {
      const rows = await db
        .selectFrom(table)
        .selectAll()
        .where('creator_id', '=', app.bot.creatorId)
        .execute()
      expect(rows, table).toEqual([])
    }
    await expect(files.openLocal(file_key)).rejects.toMatchObject({ code: 'file.missing' })
    expect((await owner.fetch(`${base}/settings`)).status).toBe(404)
  })
})
