import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phrase } from '../../../bots/phrases.ts'
import { openApiCaller } from '../../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import {
  addTestAnswer,
  addTestChat,
  addTestCitation,
  addTestQuestion,
  type TestChat,
} from '../../../testing/builders/conversation.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'
import { waitUntil } from '../../../testing/wait.ts'

const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(1)>'

let app: TestApp
let owner: SignedInTester
let viewer: SignedInTester
let stranger: SignedInTester
beforeAll(async () => {
  app = await startTestApp()
  owner = await signUpTester(app, { name: 'Ana Coach' })
  viewer = await signUpTester(app, { role: 'viewer', name: 'Vic' })
  stranger = await signUpTester(app, { creatorId: 'new', name: 'Mallory' })
}, 120_000)
afterAll(() => app?.[Symbol.asyncDispose]())

const listPath = () => `/admin/bots/${app.bot.id}/chats`
const pathOf = (chat: TestChat) => `${listPath()}/${chat.id}`

async function addChat(name = 'Maya'): Promise<TestChat> {
  const { db } = app.app.installation
  const chat = await addTestChat(db, app.bot)
  const { subscriber_id: id } = await db
    .selectFrom('chat')
    .select('subscriber_id')
    .where('id', '=', chat.id)
    .executeTakeFirstOrThrow()
  await db.updateTable('subscriber').set({ name }).where('id', '=', id).execute()
  return chat
}

function lastMessageId(chat: TestChat): Promise<string> {
  return app.app.installation.db
    .selectFrom('message')
    .select('id')
    .where('chat_id', '=', chat.id)
    .orderBy('position', 'desc')
    .executeTakeFirstOrThrow()
    .then(({ id }) => id)
}

async function auditOf(chat: TestChat): Promise<string[]> {
  const rows = await app.app.installation.db
    .selectFrom('audit_entry')
    .select('action')
    .where('object_id', '=', chat.id)
    .orderBy('id')
    .execute()
  return rows.map(({ action }) => action)
}

async function textOf(response: Promise<Response>, status = 200): Promise<string> {
  const answer = await response
  expect(answer.status).toBe(status)
  return answer.text()
}

describe('the pages of chats', () => {
  it('show what was said with its proof, how it fared and why not, and write each view down', async () => {
    const { db } = app.app.installation
    const chat = await addChat()
    await addTestQuestion(db, chat, { text: 'How do I begin?\nToday?' })
    const citation = await addTestCitation(db, app.bot, { n: 1, quote: 'Begin with two minutes.' })
    await addTestAnswer(db, chat, { markdown: 'With **two** minutes [1].', citations: [citation] })
    const { partId } = await addTestAnswer(db, chat, { markdown: 'And rest.', state: 'failed' })
    await db
      .updateTable('part')
      .set({ error_code: 'channel.window_closed', error_detail: '131047: Re-engagement' })
      .where('id', '=', partId)
      .execute()

    const list = await textOf(owner.fetch(listPath()))
    const thread = await textOf(owner.fetch(pathOf(chat)))

    expect(list).toContain('Maya')
    expect(list).toContain('Not delivered')
    expect(thread).toContain('How do I begin?\nToday?')
    expect(thread).toContain('<strong>two</strong>')
    expect(thread).toContain('Begin with two minutes.')
    expect(thread).toContain('24 hours for free-form WhatsApp messages are over')
    expect(thread).toContain('131047: Re-engagement')
    expect(await auditOf(chat)).toEqual(['chat.view'])
  })

  it('lead to the people who write, and to all that is kept of each', async () => {
    const chat = await addChat('Noor')
    const people = `/admin/bots/${app.bot.id}/subscribers`

    expect(await textOf(owner.fetch(listPath()))).toContain(`href="${people}"`)
    const list = await textOf(owner.fetch(people))
    const [, noor] = new RegExp(`href="(${people}/[^"]+)" dir="auto">Noor<`).exec(list) ?? []
    expect(await textOf(owner.fetch(noor ?? ''))).toMatch(
      new RegExp(`chats/${chat.id}">(Telegram|Browser)</a>`),
    )
  })

  it('let no word of a subscriber, a source or a model act as markup', async () => {
    const { db } = app.app.installation
    const chat = await addChat(`Eve ${SCRIPT}`)
    await addTestQuestion(db, chat, { text: SCRIPT })
    const citation = await addTestCitation(db, app.bot, { n: 1, quote: SCRIPT })
    const source = { ...citation, document: SCRIPT, locator: SCRIPT }
    const markdown = `${SCRIPT}\n\n[link](javascript:alert(1)) ![x](https://evil.example/p.png) [1]\n\n<b onclick=x>b</b>`
    await addTestAnswer(db, chat, { markdown, citations: [source], buttons: [{ label: SCRIPT, data: 'x' }] })
    await db
      .updateTable('turn')
      .set({
        trace: JSON.stringify({
          model: SCRIPT,
          question: SCRIPT,
          degraded: [SCRIPT],
          passages: [{ id: citation.passageId, score: 1 }],
        }),
      })
      .where('id', '=', chat.turnId)
      .execute()
    await owner.post(`${pathOf(chat)}/notes`, { text: SCRIPT })

    const id = await lastMessageId(chat)
    const pages = [
      await textOf(owner.fetch(listPath())),
      await textOf(owner.fetch(pathOf(chat))),
      await textOf(owner.fetch(`${pathOf(chat)}/messages/${id}/trace`)),
      await textOf(owner.fetch(`${listPath()}?q=${encodeURIComponent('<script>')}`)),
    ]

    for (const page of pages) {
      expect(page).toContain('&lt;script&gt;')
      expect(page).not.toContain('<script>alert')
      expect(page).not.toMatch(/href="?javascript:/i)
      // What stands in an attribute's quotes is no attribute.
      expect(page.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\s(?:onerror|onclick)=/i)
      expect(page).not.toContain('<img')
    }
  })

  it('page through a long thread', async () => {
    const { db } = app.app.installation
    const chat = await addChat()
    for (let n = 1; n <= 60; n += 1) await addTestQuestion(db, chat, { text: `word-${n}-end` })

    const newest = await textOf(owner.fetch(pathOf(chat)))
    const [, older = ''] = /href="([^"]*\?before=\d+)"/.exec(newest) ?? []
    const oldest = await textOf(owner.fetch(older))

    expect(newest.match(/word-\d+-end/g)).toEqual(
      Array.from({ length: 50 }, (_, index) => `word-${index + 11}-end`),
    )
    expect(oldest.match(/word-\d+-end/g)).toEqual(
      Array.from({ length: 10 }, (_, index) => `word-${index + 1}-end`),
    )
    expect(oldest).not.toContain('?before=')
  })

  it('tell why an answer is as it is, in the page and by itself', async () => {
    const { db } = app.app.installation
    const chat = await addChat()
    await addTestQuestion(db, chat, { text: 'And in winter?' })
    const citation = await addTestCitation(db, app.bot, { n: 1, quote: 'In winter use a lamp.' })
    await addTestAnswer(db, chat, { markdown: 'Use a lamp [1].', citations: [citation] })
    const trace = {
      kind: 'answer',
      question: 'How do I begin in winter?',
      language: 'en',
      model: 'openai:stand-in',
      degraded: ['keyword_only'],
      prompt: { version: 3, grounding: 0 },
      usage: { inputTokens: 1234, outputTokens: 56, costUsd: 0.0042 },
      ms: { total: 2_400, rewrite: 300, retrieve: 40, generate: 2_060 },
      passages: [
        { id: citation.passageId, score: 0.0321, keywordScore: 7.5, similarity: 0.61 },
        { id: '999999999', score: 0.01 },
      ],
      citations: [{ n: 1, passageId: citation.passageId }],
      droppedClaims: 1,
    }
    await db
      .updateTable('turn')
      .set({ trace: JSON.stringify(trace) })
      .where('id', '=', chat.turnId)
      .execute()
    const path = `${pathOf(chat)}/messages/${await lastMessageId(chat)}/trace`

    const page = await textOf(owner.fetch(path))
    const fragment = await textOf(owner.fetch(path, { headers: { 'HX-Request': 'true' } }))

    for (const html of [page, fragment]) {
      for (const words of [
        'And in winter?',
        'How do I begin in winter?',
        'openai:stand-in',
        'Your version 3',
        '1,234',
        '$0.00420',
        '2.4 s',
        'In winter use a lamp.',
        'Cited as [1]',
        '0.032',
        '7.50',
        '0.61',
        'Removed or replaced since',
        'by its words alone',
        '1 sentence that nothing supports',
      ]) {
        expect(html).toContain(words)
      }
    }
    expect(page).toContain('<!doctype html>')
    expect(fragment).not.toContain('<!doctype html>')
    expect(await auditOf(chat)).toEqual(['chat.trace', 'chat.trace'])
  })

  it('keep notes for the team', async () => {
    const chat = await addChat()

    expect((await owner.post(`${pathOf(chat)}/notes`, { text: ' Call her on Monday. ' })).status).toBe(303)
    expect(await textOf(owner.post(`${pathOf(chat)}/notes`, { text: ' ' }), 422)).toContain(
      'Write a few words',
    )
    const thread = await textOf(viewer.fetch(pathOf(chat)))
    expect(thread).toContain('Call her on Monday.')
    expect(thread).not.toContain('Add a note')
    const { id } = await app.app.installation.db
      .selectFrom('chat_note')
      .select('id')
      .where('chat_id', '=', chat.id)
      .executeTakeFirstOrThrow()
    expect((await viewer.post(`${pathOf(chat)}/notes/${id}/delete`)).status).toBe(403)
    expect((await stranger.post(`${pathOf(chat)}/notes/${id}/delete`)).status).toBe(404)
    expect((await owner.post(`${pathOf(chat)}/notes/${id}/delete`)).status).toBe(303)
    expect(await textOf(owner.fetch(pathOf(chat)))).not.toContain('Call her on Monday.')
  })

  it('hand a chat out so that no cell of it is a formula', async () => {
    const { db } = app.app.installation
    const chat = await addChat()
    const attacks = ['=HYPERLINK("https://evil.example")', '+1+1', '-2+3', '@SUM(A1)', '\t=1', '\r=1']
    for (const text of attacks) await addTestQuestion(db, chat, { text })

    const response = await owner.fetch(`${pathOf(chat)}/export?format=csv`)
    const csv = await response.text()
    const json = await textOf(owner.fetch(`${pathOf(chat)}/export?format=json`))

    expect(response.headers.get('content-type')).toContain('text/csv')
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename=chat-${chat.id}.csv`)
    expect(csv).toContain(`"'=HYPERLINK(""https://evil.example"")"`)
    for (const cell of csv.split(/[,\n]/)) expect(cell.replace(/^"/, '')).not.toMatch(/^[=+\-@\t\r](?!$)/)
    expect(JSON.parse(json).messages.map(({ markdown }: { markdown: string }) => markdown)).toEqual(attacks)
    expect(await auditOf(chat)).toEqual(['chat.export', 'chat.export'])
  })

  it('say the same of what is not there as of what is another Creator’s', async () => {
    const chat = await addChat()
    await addTestAnswer(app.app.installation.db, chat, { markdown: 'Secret words.' })
    const message = await lastMessageId(chat)
    const nobody = { ...chat, id: crypto.randomUUID() }
    const asks = [
      (of: TestChat) => ['GET', pathOf(of)],
      (of: TestChat) => ['GET', `${pathOf(of)}/events`],
      (of: TestChat) => ['GET', `${pathOf(of)}/export`],
      (of: TestChat) => ['GET', `${pathOf(of)}/messages/${message}/trace`],
      (of: TestChat) => ['POST', `${pathOf(of)}/takeover`],
      (of: TestChat) => ['POST', `${pathOf(of)}/takeover/end`],
      (of: TestChat) => ['POST', `${pathOf(of)}/messages`],
      (of: TestChat) => ['POST', `${pathOf(of)}/notes`],
    ] as const
    const ids = (text: string, of: TestChat) => text.replaceAll(of.id, 'ID')

    for (const ask of asks) {
      const answers = await Promise.all(
        [chat, nobody].map(async (of) => {
          const [method = '', path = ''] = ask(of)
          const response =
            method === 'GET'
              ? await stranger.fetch(path, { headers: { Accept: 'application/json' } })
              : await stranger.post(path, { text: 'Hello', requestId: 'x' })
          const text = ids(await response.text(), of).replace(
            /~[\w-]{40,}|"(timestamp|errorId)":"[^"]*"/g,
            '',
          )
          return { status: response.status, text }
        }),
      )
      expect(answers[0]?.status).toBe(404)
      expect(answers[0]?.text).not.toContain('Secret')
      expect(answers[0]?.text).toBe(answers[1]?.text)
    }
    expect((await stranger.fetch(listPath())).status).toBe(404)
    expect((await stranger.fetch(`${listPath()}/events`)).status).toBe(404)
    expect((await owner.fetch(`${listPath()}/no-id`)).status).toBe(404)
    expect(await auditOf(chat)).toEqual([])
  })

  it('let a viewer look and not speak', async () => {
    const chat = await addChat()
    const page = await textOf(viewer.fetch(pathOf(chat)))
    expect(page).toContain('Your role lets you look')

    expect((await viewer.post(`${pathOf(chat)}/takeover`)).status).toBe(403)
    await owner.post(`${pathOf(chat)}/takeover`)
    const words = { text: 'Hello', requestId: 'x' }
    expect((await viewer.post(`${pathOf(chat)}/messages`, words)).status).toBe(403)
    expect((await viewer.post(`${pathOf(chat)}/takeover/end`)).status).toBe(403)
    expect((await viewer.post(`${pathOf(chat)}/notes`, words)).status).toBe(403)

    const said = await app.app.installation.db
      .selectFrom('message')
      .select('markdown')
      .where('chat_id', '=', chat.id)
      .execute()
    expect(said).toEqual([{ markdown: phrase('en', 'takeover_started', { name: 'Ana Coach' }) }])
  })

  it('give words back that could not be sent', async () => {
    const chat = await addChat()
    const words = { text: 'Are you there?', requestId: 'x' }

    const refused = await textOf(owner.post(`${pathOf(chat)}/messages`, words), 422)
    expect(refused).toContain('The bot is answering in this chat')
    await owner.post(`${pathOf(chat)}/takeover`, { minutes: '15' })
    const tooLong = await textOf(
      owner.post(`${pathOf(chat)}/messages`, { ...words, text: `${'x'.repeat(4_100)}-end` }),
      422,
    )
    expect(tooLong).toContain('At most 4096 characters')
    expect(tooLong).toContain('-end')
    expect((await owner.post(`${pathOf(chat)}/messages`, words)).status).toBe(303)
    expect((await owner.post(`${pathOf(chat)}/messages`, words)).status).toBe(303)
    const thread = await textOf(owner.fetch(pathOf(chat)))
    expect(thread.match(/Are you there\?/g)).toHaveLength(1)
    expect(thread).toContain('You are answering')
    expect(thread).toContain('Ana Coach')
    expect(await auditOf(chat)).toEqual([
      'chat.view',
      'takeover.start',
      'chat.view',
      'takeover.message',
      'chat.view',
    ])
  })

  it('show what is said, how it fares and who answers as it happens, and go on without repeating', async () => {
    const { db } = app.app.installation
    const chat = await addChat()
    await addTestQuestion(db, chat, { text: 'First' })
    const { partId } = await addTestAnswer(db, chat, { markdown: 'Second', state: 'queued' })
    const thread = await textOf(owner.fetch(pathOf(chat)))
    const [, events = ''] = /data-live="([^"]*)"/.exec(thread) ?? []
    const stop = new AbortController()
    const stream = await owner.fetch(events, { signal: stop.signal })
    let heard = ''
    const listening = (async () => {
      for await (const chunk of stream.body ?? []) heard += Buffer.from(chunk).toString()
    })().catch(() => {})

    await waitUntil(() => heard.includes('On its way'))
    await db.updateTable('part').set({ state: 'sent', delivery: 'read' }).where('id', '=', partId).execute()
    await waitUntil(() => heard.includes('Read'))
    await owner.post(`${pathOf(chat)}/takeover`)
    await waitUntil(() => heard.includes('You are answering') && heard.includes('event: panel-bot'))
    await owner.post(`${pathOf(chat)}/messages`, { text: 'It is me.', requestId: 'x' })
    await waitUntil(() => heard.includes('It is me.'))
    await waitUntil(() => heard.includes('event: messages:append'))
    stop.abort()
    await listening

    expect(heard.match(/It is me\./g)?.length).toBe(1)
    // What someone is writing is never replaced by the same panel.
    expect(heard).not.toMatch(/event: panel-(\w+)\ndata: "<div id=\\"panel-\1/)
    const [, lastId = ''] =
      /id: (\d+)\nevent: messages:append\n(?![\s\S]*id: \d+\nevent: messages:append)/.exec(heard) ?? []
    const again = new AbortController()
    const second = await owner.fetch(events, { signal: again.signal, headers: { 'Last-Event-ID': lastId } })
    let rest = ''
    const reading = (async () => {
      for await (const chunk of second.body ?? []) rest += Buffer.from(chunk).toString()
    })().catch(() => {})
    await waitUntil(() => rest.includes('takeover-state'))
    again.abort()
    await reading
    expect(rest).not.toContain('messages:append')
    expect((await auditOf(chat)).filter((action) => action === 'chat.watch')).toHaveLength(1)
  })

  it('show a new chat in the open list', async () => {
    const stop = new AbortController()
    const stream = await owner.fetch(`${listPath()}/events`, { signal: stop.signal })
    let heard = ''
    const listening = (async () => {
      for await (const chunk of stream.body ?? []) heard += Buffer.from(chunk).toString()
    })().catch(() => {})
    await waitUntil(() => heard.includes('event: chat-rows'))

    const chat = await addChat('Newcomer Nina')

    await waitUntil(() => heard.includes('Newcomer Nina') && heard.includes(chat.id))
    stop.abort()
    await listening
  })
})

describe('the API of chats', () => {
  it('lists, reads, takes over, speaks once, gives back, notes and exports', async () => {
    const { db } = app.app.installation
    const chat = await addChat('Api Person')
    await addTestQuestion(db, chat, { text: 'How?' })
    await addTestAnswer(db, chat, { markdown: 'So.' })
    const api = await openApiCaller(app, app.bot.creatorId)
    const path = `/bots/${app.bot.id}/chats`

    const listed = await api.call('GET', `${path}?limit=5`)
    expect(listed.json.data).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ id: chat.id })]),
    })
    const found = await api.call('GET', `/bots/${app.bot.id}/chat-search?q=api%20person`)
    expect(found.json.data).toMatchObject({
      items: [{ chat: { id: chat.id }, message: null }],
      isPartial: false,
    })
    const taken = await api.call('POST', `${path}/${chat.id}/takeover`, { minutes: 5 })
    expect(taken).toMatchObject({ status: 200, json: { data: { takeover: { memberId: null } } } })
    const words = { text: 'A word.', requestId: 'r1' }
    const said = await api.call('POST', `${path}/${chat.id}/messages`, words)
    expect(said.status).toBe(201)
    expect((await api.call('POST', `${path}/${chat.id}/messages`, words)).json.data).toEqual(said.json.data)
    expect((await api.call('DELETE', `${path}/${chat.id}/takeover`)).json.data).toMatchObject({
      takeover: null,
    })
    const note = await api.call('POST', `${path}/${chat.id}/notes`, { text: 'Noted.' })
    expect(note.status).toBe(201)
    const messages = await api.call('GET', `${path}/${chat.id}/messages?limit=3`)
    expect(messages.json.data).toMatchObject({
      items: [
        { kind: 'notice' },
        { kind: 'takeover', from: 'member', markdown: 'A word.' },
        { kind: 'notice' },
      ],
      nextCursor: expect.any(String),
    })
    const copy = await api.call('GET', `${path}/${chat.id}/export`)
    expect(copy.json.data).toMatchObject({ isWhole: true, notes: [{ text: 'Noted.' }] })
    expect(
      (await api.call('POST', `${path}/${chat.id}/takeover`, { minutes: 99_999 })).json.error?.code,
    ).toBe('takeover.too_long')
    expect((await api.call('GET', `${path}/${crypto.randomUUID()}`)).json.error?.code).toBe('chat.not_found')
    const reader = await openApiCaller(app, app.bot.creatorId, ['chats:read'])
    expect((await reader.call('POST', `${path}/${chat.id}/takeover`, {})).status).toBe(403)
    expect(await auditOf(chat)).toEqual([
      'takeover.start',
      'takeover.message',
      'takeover.end',
      'chat.view',
      'chat.export',
    ])
  })
})
