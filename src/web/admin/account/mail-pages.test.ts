import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAIL_KINDS } from '../../../mail/mail-kind.ts'
import { presentSamples } from '../../../mail/samples.ts'
import { recordSuppressions } from '../../../mail/suppression.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { addTestChat } from '../../../testing/builders/conversation.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'
import { waitUntil } from '../../../testing/wait.ts'

let app: TestApp
let owner: SignedInTester
beforeAll(async () => {
  app = await startTestApp()
  owner = await signUpTester(app)
})
afterAll(() => app[Symbol.asyncDispose]())

const PAGE = '/admin/account/mails'
const SCENE = { creatorName: 'Lumen', publicUrl: 'https://coach.example', amount: '€19', language: 'en' }
const textOf = async (answer: Response) => (await answer).text()

function queueReceipt(creatorId: string, to: string): Promise<string | undefined> {
  const { db, queueMail } = app.app.installation
  const mail = { ...presentSamples(SCENE).receipt, to }
  return queueMail(db, { creatorId, dedupeKey: randomUUID(), mail })
}

describe('the page of mails', () => {
  it('shows an example of every mail, as on a dark or a light screen', async () => {
    const dark: string[] = []
    for (const kind of Object.keys(MAIL_KINDS)) {
      for (const language of ['en', 'de', 'es']) {
        const answer = await owner.fetch(`${PAGE}/preview?kind=${kind}&language=${language}&look=dark`)
        expect(answer.status).toBe(200)
        const policy = answer.headers.get('content-security-policy') ?? ''
        expect(policy).toContain("default-src 'none'")
        expect(policy).toContain('sandbox')
        dark.push(await answer.text())
      }
    }
    const light = await textOf(await owner.fetch(`${PAGE}/preview?kind=receipt&look=light`))

    expect(new Set(dark).size).toBe(45)
    expect(dark.every((html) => html.includes('@media all'))).toBe(true)
    expect(light).toContain('@media not all')
  })

  it('frames its own examples and nothing else', async () => {
    const answer = await owner.fetch(`${PAGE}?kind=invitation&language=de&width=narrow&look=dark`)
    const html = await answer.text()

    expect(answer.headers.get('content-security-policy')).toContain("frame-src 'self'")
    expect(html).toContain('mail-frame narrow')
    expect(html).toContain('preview?kind=invitation&amp;language=de&amp;look=dark')
  })

  it.each(['nothing', 'constructor', '__proto__', ''])('has no example of %j', async (kind) => {
    expect((await owner.fetch(`${PAGE}/preview?kind=${kind}`)).status).toBe(404)
    expect((await owner.fetch(`${PAGE}?kind=${kind}&language=xx&width=1&look=[]`)).status).toBe(200)
  })

  it('lists what was sent and to whom nothing is, of one’s own alone', async () => {
    const { db } = app.app.installation
    const other = await signUpTester(app, { creatorId: 'new' })
    const [mine, theirs] = [`mine-${randomUUID()}@example.test`, `theirs-${randomUUID()}@example.test`]
    await queueReceipt(owner.creatorId, mine)
    await queueReceipt(other.creatorId, theirs)
    await waitUntil(async () => {
      const rows = await db
        .selectFrom('mail')
        .select('state')
        .where('recipient', 'in', [mine, theirs])
        .execute()
      return rows.every(({ state }) => state === 'sent')
    })
    await recordSuppressions(db, [
      { email: mine, reason: 'bounce' },
      { email: theirs, reason: 'spam_report' },
      {
        email: `stopped-${theirs}`,
        kind: 'client-follow-up',
        creatorId: other.creatorId,
        reason: 'unsubscribe',
      },
    ])

    const [seen, seenByOther] = [await textOf(await owner.fetch(PAGE)), await textOf(await other.fetch(PAGE))]

    expect(seen).toContain(mine)
    expect(seen).toContain('The mailbox does not exist')
    expect(seen).not.toContain(theirs)
    expect(seenByOther).toContain(`stopped-${theirs}`)
    expect(seenByOther).not.toContain(mine)
  })

  it('lets who runs the installation write to a mended mailbox again, and nobody else', async () => {
    const { db } = app.app.installation
    const email = `mended-${randomUUID()}@example.test`
    const operator = await signUpTester(app, { isOperator: true })
    await queueReceipt(owner.creatorId, email)
    await recordSuppressions(db, [
      { email, reason: 'bounce' },
      { email, kind: 'gap-digest', reason: 'unsubscribe' },
    ])
    const reasons = async () =>
      (await db.selectFrom('mail_suppression').select('reason').where('email', '=', email).execute()).map(
        ({ reason }) => reason,
      )

    expect(await textOf(await owner.fetch(PAGE))).not.toContain('Write again')
    expect((await owner.post(`${PAGE}/suppressed/lift`, { email })).status).toBe(403)
    expect(await reasons()).toHaveLength(2)
    expect(await textOf(await operator.fetch(PAGE))).toContain('Write again')
    expect((await operator.post(`${PAGE}/suppressed/lift`, { email })).status).toBe(303)

    expect(await reasons()).toEqual(['unsubscribe'])
  })

  it('shows older mails page by page', async () => {
    const tester = await signUpTester(app, { creatorId: 'new' })
    for (let n = 0; n < 33; n++) await queueReceipt(tester.creatorId, `n${n}-of-33@example.test`)

    const first = await textOf(await tester.fetch(PAGE))
    const [, next = ''] = /rel="next" href="([^"#]+)/.exec(first) ?? []
    const second = await textOf(await tester.fetch(next.replaceAll('&amp;', '&')))

    const addresses = (html: string) => html.match(/n\d+-of-33@/g) ?? []
    expect(addresses(first)).toHaveLength(30)
    expect(addresses(second)).toHaveLength(3)
    expect(new Set([...addresses(first), ...addresses(second)]).size).toBe(33)
    expect((await tester.fetch(`${PAGE}?before=nonsense`)).status).toBe(200)
  })

  it('lets everyone choose their own mails, and shows viewers no addresses', async () => {
    const { db, unsubscribeLinks } = app.app.installation
    const viewer = await signUpTester(app, { role: 'viewer' })
    const { creatorId, email } = viewer
    const url = unsubscribeLinks.urlOf({ email, kind: 'weekly-digest', creatorId })
    const isChecked = async (name: string) =>
      new RegExp(`name="${name}" value="on" checked`).test(await textOf(await viewer.fetch(PAGE)))
    expect([await isChecked('weekly'), await isChecked('gap')]).toEqual([true, false])
    await fetch(app.url + new URL(url).pathname, { method: 'POST' })
    expect(await isChecked('weekly')).toBe(false)

    const saved = await viewer.post(`${PAGE}/wishes`, { weekly: 'on', gap: 'on', language: 'es' })

    expect(saved.headers.get('location')).toContain('done=saved')
    expect([await isChecked('weekly'), await isChecked('gap')]).toEqual([true, true])
    const member = await db
      .selectFrom('member')
      .select('language')
      .where('id', '=', viewer.memberId)
      .executeTakeFirst()
    expect(member?.language).toBe('es')
    expect(await textOf(await viewer.fetch(PAGE))).not.toContain('Sent lately')
  })
})

describe('a mail to one person', () => {
  async function addPerson(email?: string): Promise<{ path: string; subscriberId: string }> {
    const { db } = app.app.installation
    const chat = await addTestChat(db, app.bot)
    const { subscriber_id: subscriberId } = await db
      .selectFrom('chat')
      .select('subscriber_id')
      .where('id', '=', chat.id)
      .executeTakeFirstOrThrow()
    const payer = { subscriber_id: subscriberId, creator_id: app.bot.creatorId, customer_id: randomUUID() }
    if (email)
      await db
        .insertInto('payer')
        .values({ ...payer, email })
        .execute()
    return { path: `/admin/bots/${app.bot.id}/subscribers/${subscriberId}/mail`, subscriberId }
  }

  const newest = (email: string) => {
    const { mailer } = app.app.installation
    const sent = 'sent' in mailer && Array.isArray(mailer.sent) ? mailer.sent : []
    return sent.filter((mail: { to: string }) => mail.to === email)
  }

  it('reaches who left an address, once however often it is sent, and answers come to its writer', async () => {
    const email = `${randomUUID()}@example.test`
    const { path } = await addPerson(email)
    const html = await textOf(await owner.fetch(path))
    const [, draftId = ''] = /name="draftId" value="([^"]+)"/.exec(html) ?? []
    const fields = {
      draftId,
      subject: 'After our session\r\nBcc: all@example.test',
      text: 'One.\r\n\r\n<b>Two</b>',
    }

    for (let n = 0; n < 3; n++) expect((await owner.post(path, fields)).status).toBe(303)
    await waitUntil(() => newest(email).length > 0)

    expect(newest(email)).toHaveLength(1)
    const [mail] = newest(email)
    expect(mail).toMatchObject({ kind: 'client-follow-up', replyTo: owner.email })
    expect(mail.subject).toBe('After our session Bcc: all@example.test')
    expect(mail.html).toContain('&lt;b&gt;Two&lt;/b&gt;')
    expect(mail.unsubscribeUrl).toContain('/mail/unsubscribe/')
  })

  it('is not written to who left none, or wants none', async () => {
    const nobody = await addPerson()
    const email = `${randomUUID()}@example.test`
    const stopped = await addPerson(email)
    const { db } = app.app.installation
    const terms = { email, kind: 'client-follow-up', creatorId: app.bot.creatorId }
    await recordSuppressions(db, [{ ...terms, reason: 'unsubscribe' }])
    const fields = { subject: 'Hi', text: 'Hello' }

    expect(await textOf(await owner.fetch(nobody.path))).toContain('No address is known')
    expect(await textOf(await owner.fetch(stopped.path))).toContain('They are not written to')
    expect((await owner.post(nobody.path, fields)).status).toBe(409)
    expect((await owner.post(stopped.path, fields)).status).toBe(409)
  })

  it('is a follow-up and no campaign: three a week, also when all are sent at once', async () => {
    const { path } = await addPerson(`${randomUUID()}@example.test`)

    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        owner.post(path, { draftId: randomUUID(), subject: 'Hi', text: 'Hello' }),
      ),
    )

    expect(answers.map(({ status }) => status).sort()).toEqual([303, 303, 303, 429, 429, 429, 429, 429])
  })

  it('keeps what was written when something is missing', async () => {
    const { path } = await addPerson(`${randomUUID()}@example.test`)

    const answer = await owner.post(path, { draftId: randomUUID(), subject: '', text: 'Kept words' })

    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain('Kept words')
  })

  it('is written by editors, about people of their own', async () => {
    const { path } = await addPerson(`${randomUUID()}@example.test`)
    const viewer = await signUpTester(app, { role: 'viewer' })
    const other = await signUpTester(app, { creatorId: 'new' })
    const fields = { subject: 'Hi', text: 'Hello' }

    expect((await viewer.fetch(path)).status).toBe(403)
    expect((await viewer.post(path, fields)).status).toBe(403)
    expect((await other.fetch(path)).status).toBe(404)
    expect((await other.post(path, fields)).status).toBe(404)
  })

  it('goes with the person when they are erased', async () => {
    const email = `${randomUUID()}@example.test`
    const { path, subscriberId } = await addPerson(email)
    await owner.post(path, { draftId: randomUUID(), subject: 'Hi', text: 'Hello' })
    const { db } = app.app.installation
    const count = async () =>
      (await db.selectFrom('mail').select('id').where('recipient', '=', email).execute()).length
    expect(await count()).toBe(1)

    await owner.post(`/admin/bots/${app.bot.id}/subscribers/${subscriberId}/erase`)

    expect(await count()).toBe(0)
  })
})
