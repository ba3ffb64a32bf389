import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phrase } from '../src/bots/phrases.ts'
import { type ApiCaller, openApiCaller } from '../src/testing/api/caller.ts'
import type { TestApp } from '../src/testing/app.ts'
import { findTablesHolding, isQuiet } from '../src/testing/database-search.ts'
import { type SignedInTester, signUpTester } from '../src/testing/signed-in.ts'
import { createTelegramPerson, dataOf, type TelegramLine } from '../src/testing/telegram/person.ts'
import type { TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openTelegramWorld } from '../src/testing/telegram/world.ts'
import { waitUntil } from '../src/testing/wait.ts'

const UNDO_MS = 1_500
const REFUSAL = 'That is not in my material.'

const REACH_MS = 30_000

describe('questions the material does not answer', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let app: TestApp
  let line: TelegramLine
  let tess: SignedInTester
  let api: ApiCaller

  beforeAll(async () => {
    ;({ telegram, app, line } = opened.use(
      await openTelegramWorld({
        env: {
          GAP_UNDO_MS: String(UNDO_MS),
          SWEEP_INTERVAL_MS: '200',
        },
      }),
    ))
    tess = await signUpTester(app, { role: 'editor', name: 'Nell Coach' })
    api = await openApiCaller(app, app.bot.creatorId)
  })
  afterAll(() => opened.disposeAsync())

  const arrive = (options?: Parameters<typeof createTelegramPerson>[2]) =>
    createTelegramPerson(line, telegram, options)

  /** Someone asks and is refused; resolves with them. */
  async function refused(question: string, options?: Parameters<typeof createTelegramPerson>[2]) {
    const person = arrive(options)
    await person.says(question)
    await person.hears(1)
    return person
  }

  async function findGroup(question: string, askerCount: number): Promise<string> {
    const { db } = app.app.installation
    let id: string | undefined
    await waitUntil(async () => {
      const group = await db
        .selectFrom('gap_group')
        .select('id')
        .where('question', '=', question)
        .where('asker_count', '=', askerCount)
        .executeTakeFirst()
      id = group?.id
      return id !== undefined
    })
    return id ?? ''
  }

  const pathOf = (groupId: string) => `/admin/bots/${app.bot.id}/gaps/${groupId}`

  it('are answered once in the page, for all who asked and for the next one', async () => {
    const question = 'Where do I return the towel of the sauna?'
    const first = await refused(question)
    const second = await refused('where do i return the sauna towel', { languageCode: 'de' })
    expect(first.heard()[0]?.text).toBe(REFUSAL)
    const groupId = await findGroup(question, 2)

    const list = await (await tess.fetch(`/admin/bots/${app.bot.id}/gaps`)).text()
    expect(list).toContain(question)
    expect(list).toContain('2 people')
    const answered = await tess.post(`${pathOf(groupId)}/answer`, {
      question,
      text: 'Return the sauna towel in the **blue basket** by the exit.\u0000',
      intent: 'answer',
    })
    expect(answered.status).toBe(303)
    expect(answered.headers.get('location')).toBe(`${pathOf(groupId)}?done=gap_answered`)

    const told = await first.hears(2, REACH_MS)
    expect(told.text).toMatch(
      /^You asked: “Where do I return the towel of the sauna\?” Nell Coach has answered:\s+Return the sauna towel in the blue basket by the exit\. \[1\]$/,
    )
    expect((await second.hears(2, REACH_MS)).text).toContain(
      'Du hast gefragt: „where do i return the sauna towel“',
    )
    await first.taps(dataOf(told, '[1]'))
    expect((await first.hears(3)).text).toContain('Answered by Nell Coach')

    const next = arrive()
    await next.says(question)
    const answer = await next.hears(1)
    expect(answer.text).toContain('blue basket')
    await next.taps(dataOf(answer, '[1]'))
    expect((await next.hears(2)).text).toContain('Answered by Nell Coach')

    const page = await (await tess.fetch(pathOf(groupId))).text()
    expect(page).toContain('Answered by Nell Coach')
    expect(page.match(/>Sent</g)).toHaveLength(2)
    expect(second.heard()).toHaveLength(2)
  })

  it('are answered unseen when the answer is taken back in time', async () => {
    const question = 'Which plug fits the hair dryer upstairs?'
    const asker = await refused(question)
    const groupId = await findGroup(question, 1)
    await tess.post(`${pathOf(groupId)}/answer`, { question, text: 'The hair dryer has a wrong plug.' })
    const undone = await tess.post(`${pathOf(groupId)}/undo`)
    expect(undone.headers.get('location')).toBe(`${pathOf(groupId)}?done=gap_undone`)

    // A second question, answered after the first was taken back, arrives: so would the first one have.
    const other = 'When does the juice bar close tonight?'
    await asker.says(other)
    await asker.hears(2)
    const otherId = await findGroup(other, 1)
    await tess.post(`${pathOf(otherId)}/answer`, {
      question: other,
      text: 'The juice bar closes at nine tonight.',
    })
    expect((await asker.hears(3, REACH_MS)).text).toContain('closes at nine')

    expect(
      asker
        .heard()
        .map(({ text }) => text)
        .join('\n'),
    ).not.toContain('wrong plug')
    const { db } = app.app.installation
    const left = await db
      .selectFrom('document')
      .select('id')
      .where('name', '=', `answers/${groupId}.md`)
      .execute()
    expect(left).toEqual([])
    const page = await (await tess.fetch(pathOf(groupId))).text()
    expect(page).toContain('The hair dryer has a wrong plug.</textarea>')
  })

  it('keep what was sent when the answer is taken back late, and can be corrected', async () => {
    const question = 'How warm is the plunge pool outside?'
    const asker = await refused(question)
    const groupId = await findGroup(question, 1)
    await tess.post(`${pathOf(groupId)}/answer`, { question, text: 'The plunge pool has forty degrees.' })
    await asker.hears(2, REACH_MS)

    const undone = await tess.post(`${pathOf(groupId)}/undo`)
    expect(undone.headers.get('location')).toBe(`${pathOf(groupId)}?done=gap_undone_late`)
    await asker.says(question)
    expect((await asker.hears(3)).text).toBe(REFUSAL)

    await tess.post(`${pathOf(groupId)}/answer`, {
      question,
      text: 'The plunge pool outside has four degrees.',
      isCorrection: 'on',
    })
    expect((await asker.hears(4, REACH_MS)).text).toContain('four degrees')
  })

  it('come back on the list when the answer is not found by other words', async () => {
    const question = 'What is the price of a guest day pass?'
    await refused(question)
    const groupId = await findGroup(question, 1)
    await tess.post(`${pathOf(groupId)}/answer`, { question: 'Visitors', text: 'Twelve euros.' })
    const { db } = app.app.installation
    await waitUntil(async () => {
      const version = await db
        .selectFrom('document_version')
        .innerJoin('document', 'document.active_version_id', 'document_version.id')
        .select('ready_at')
        .where('document.name', '=', `answers/${groupId}.md`)
        .executeTakeFirst()
      return version !== undefined
    })
    // Long ago, so that the next one cannot have been on the way.
    await db
      .updateTable('document_version')
      .set({ ready_at: new Date(Date.now() - 60_000) })
      .where('document_id', 'in', (is) =>
        is.selectFrom('document').select('id').where('name', '=', `answers/${groupId}.md`),
      )
      .execute()

    await refused('price of guest day pass')

    await findGroup(question, 2)
    const page = await (await tess.fetch(pathOf(groupId))).text()
    expect(page).toContain('Answered before, and still open.')
    const list = await (await tess.fetch(`/admin/bots/${app.bot.id}/gaps`)).text()
    expect(list).toContain('Asked again')
  })

  it('leave with the words of who has them forgotten, and stay for the others who asked', async () => {
    const { db } = app.app.installation
    const secret = 'quagmire-8812'
    const question = `Where is the umbrella rack near ${secret}?`
    const person = await refused(question)
    const groupId = await findGroup(question, 1)
    const alone = 'May I store my cello overnight?'
    await person.says(`${alone} ${secret}`)
    await person.hears(2)
    await findGroup(`${alone} ${secret}`, 1)
    const other = await refused(`${question} umbrella`)
    await findGroup(question, 2)
    await tess.post(`${pathOf(groupId)}/answer`, { question, text: 'The umbrella rack stands by the door.' })
    await other.hears(2, REACH_MS)
    const told = (await person.hears(3, REACH_MS)).text
    expect(told).toContain('by the door')

    await person.says('/forget')
    await person.taps(dataOf(await person.hears(4), phrase('en', 'forget_confirm_button')))
    expect((await person.hears(5)).text).toBe(phrase('en', 'forget_done'))

    const groups = await db
      .selectFrom('gap_group')
      .select(['id', 'state', 'question', 'document_id'])
      .where('question', 'like', `%${secret}%`)
      .execute()
    // The other one asked in the same words: they are theirs, and the question is open again.
    expect(groups).toEqual([
      { id: groupId, state: 'open', question: `${question} umbrella`, document_id: null },
    ])
    await other.says('/forget')
    await other.taps(dataOf(await other.hears(3), phrase('en', 'forget_confirm_button')))
    await other.hears(4)
    await waitUntil(() => isQuiet(db))
    // The file of the answer goes right after the commit; of the rows nothing is left with it.
    await waitUntil(async () => (await findTablesHolding(db, secret)).length === 0)
  })

  it('go by the API as well', async () => {
    const question = 'Can I bring my dog to the rooftop?'
    const asker = await refused(question)
    const groupId = await findGroup(question, 1)
    const base = `/bots/${app.bot.id}/gaps`

    const listed = await api.call('GET', `${base}?limit=1`)
    expect(listed.status).toBe(200)
    const dismissed = await api.call('POST', `${base}/${groupId}/dismiss`)
    expect(dismissed.status).toBe(200)
    const refusedAnswer = await api.call('POST', `${base}/${groupId}/undo`)
    expect(refusedAnswer.json.error?.code).toBe('gap.not_answered')
    await api.call('POST', `${base}/${groupId}/reopen`)
    const answered = await api.call('POST', `${base}/${groupId}/answer`, {
      question: `## ${question}\n`,
      text: ' Dogs may come to the rooftop. ',
    })
    expect(answered.status).toBe(202)
    expect((await asker.hears(2, REACH_MS)).text).toContain('Dogs may come')
    const shown = await api.call('GET', `${base}/${groupId}`)
    expect(shown.json.data).toMatchObject({
      state: 'answered',
      answer: { question, text: 'Dogs may come to the rooftop.' },
      askers: [{ notice: 'sent' }],
    })
  })

  it('are no one else’s to see or answer, and a viewer only looks', async () => {
    const question = 'Is the climbing wall open to beginners?'
    await refused(question)
    const groupId = await findGroup(question, 1)
    const stranger = await signUpTester(app, { creatorId: 'new' })
    const viewer = await signUpTester(app, { role: 'viewer' })
    const strangersApi = await openApiCaller(app, stranger.creatorId)

    for (const path of [pathOf(groupId), `${pathOf(groupId)}/state`, `/admin/bots/${app.bot.id}/gaps`]) {
      expect((await stranger.fetch(path)).status).toBe(404)
      expect((await viewer.fetch(path)).status).toBe(200)
    }
    for (const action of ['answer', 'undo', 'dismiss', 'reopen']) {
      const fields = { question, text: 'Yes.' }
      expect((await stranger.post(`${pathOf(groupId)}/${action}`, fields)).status).toBe(404)
      expect((await viewer.post(`${pathOf(groupId)}/${action}`, fields)).status).toBe(403)
    }
    const body = { question, text: 'Yes.' }
    const called = await strangersApi.call('POST', `/bots/${app.bot.id}/gaps/${groupId}/answer`, body)
    expect(called.status).toBe(404)
    expect((await tess.fetch(`/admin/bots/${app.bot.id}/gaps/not-an-id`)).status).toBe(404)
  })

  it('show the form again, with what was written, when something is missing', async () => {
    const question = 'Is there a piano in the lounge room?'
    await refused(question)
    const groupId = await findGroup(question, 1)

    const empty = await tess.post(`${pathOf(groupId)}/answer`, { question: 'Piano <b>', text: ' ' })
    expect(empty.status).toBe(422)
    const page = await empty.text()
    expect(page).toContain('Write the answer.')
    expect(page).toContain('value="Piano &lt;b&gt;"')

    const preview = await tess.post(`${pathOf(groupId)}/answer`, {
      question,
      text: 'Yes, <script>alert(1)</script> **a grand**.',
      intent: 'preview',
    })
    expect(preview.status).toBe(200)
    const shown = await preview.text()
    expect(shown).toContain('<strong>a grand</strong>')
    expect(shown).not.toContain('<script>alert')
  })
})
