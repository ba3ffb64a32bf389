import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../accounts/vault.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createMetrics } from '../insights/metrics.ts'
import { createLogger } from '../logger.ts'
import {
  beginMail,
  claimMail,
  forgetOldMails,
  listDueMails,
  MAX_ATTEMPTS,
  settleDoubtfulMails,
} from '../mail/mail-claim.ts'
import { recordMailEvents } from '../mail/mail-event.ts'
import { createQueueMail } from '../mail/mail-queue.ts'
import type { Mail, OutgoingMail } from '../mail/mailer.ts'
import { presentGapDigestMail, presentResetMail } from '../mail/mails.ts'
import { recordSuppressions, type Suppression } from '../mail/suppression.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { createSendMail } from './send-mail.ts'

const vault = createVault(randomBytes(32).toString('hex'))
const queueMail = createQueueMail(vault)
const UNSUBSCRIBE = 'https://coach.example/mail/unsubscribe/x'
const SECRET = 'https://coach.example/admin/reset?token=secret-word-of-the-mail'

let test: TestDatabase
const log: string[] = []
beforeAll(async () => {
  test = await openTestDatabase()
})
afterAll(() => test[Symbol.asyncDispose]())
afterEach(async () => {
  await test.db.deleteFrom('mail').execute()
  await test.db.deleteFrom('mail_suppression').execute()
})

function randomAddress(): string {
  return `reader-${randomUUID()}@example.org`
}

function buildReset(email = randomAddress()): Mail {
  return presentResetMail({ email, name: 'Ada' }, SECRET)
}

function buildNews(email = randomAddress()): Mail {
  const facts = { creatorName: 'Lumen', gaps: [], total: 0, unsubscribeUrl: UNSUBSCRIBE }
  return presentGapDigestMail({ email, name: 'Ada' }, undefined, facts)
}

/** A mail service in this process, and the job over it. `fail` decides about each mail. */
function openPost(fail: (mail: OutgoingMail) => ErrorCode | undefined = () => undefined) {
  const sent: OutgoingMail[] = []
  const sendMail = createSendMail({
    db: test.db,
    vault,
    metrics: createMetrics(),
    log: createLogger('trace', { write: (line: string) => log.push(line) }),
    mailer: {
      async send(mail) {
        const code = fail(mail)
        if (code) throw new AppError(code, code === 'mail.unavailable' ? { retryAfterSeconds: 100 } : {})
        sent.push(mail)
      },
    },
  })
  return { sent, send: (mailId: string) => sendMail({ mailId }, new AbortController().signal) }
}

async function queue(mail = buildReset(), creatorId?: string): Promise<string> {
  return (await queueMail(test.db, { creatorId, dedupeKey: randomUUID(), mail })) ?? ''
}

function readMail(id: string) {
  return test.db.selectFrom('mail').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** As if the time of its lease, its wait or its doubt were over. */
async function passTime(id: string): Promise<void> {
  await test.db
    .updateTable('mail')
    .set({ not_before: new Date(0) })
    .where('id', '=', id)
    .execute()
}

async function addCreator(): Promise<string> {
  const row = await test.db
    .insertInto('creator')
    .values({ name: 'Lumen' })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

describe('a queued mail', () => {
  it('leaves once, keeps nothing of what it said, and is encrypted until then', async () => {
    const post = openPost()
    const id = await queue()
    const waiting = await readMail(id)
    expect(waiting.body?.toString('latin1')).not.toContain('secret-word')
    expect(JSON.stringify(waiting)).not.toContain('secret-word')

    await post.send(id)
    await post.send(id)

    expect(post.sent.map((mail) => [mail.id, mail.text.includes(SECRET)])).toEqual([[id, true]])
    expect(await readMail(id)).toMatchObject({ state: 'sent', body: null, attempts: 1, doubts: 0 })
  })

  it('is one for an occasion, however often that is told, and one for each creator', async () => {
    const [one, other] = [await addCreator(), await addCreator()]
    const order = (creatorId: string) => ({ creatorId, dedupeKey: 'order-shipped:7', mail: buildReset() })

    const ids = await Promise.all(Array.from({ length: 8 }, () => queueMail(test.db, order(one))))

    expect(ids.filter(Boolean)).toHaveLength(1)
    expect(await queueMail(test.db, order(other))).toBeDefined()
  })

  it('stays behind when its transaction does not commit', async () => {
    const broken = test.db.transaction().execute(async (trx) => {
      await queueMail(trx, { dedupeKey: 'rolled-back', mail: buildReset() })
      throw new Error('no commit')
    })

    await expect(broken).rejects.toThrow('no commit')
    expect(await listDueMails(test.db, 10)).toEqual([])
  })

  it('is sent by one of many who try at once', async () => {
    const post = openPost()
    const ids = await Promise.all(Array.from({ length: 20 }, () => queue()))

    await Promise.all([...ids, ...ids, ...ids].map((id) => post.send(id)))

    expect(post.sent.map((mail) => mail.id).sort()).toEqual([...ids].sort())
  })

  it('waits as long as asked when it was not taken, and longer each time', async () => {
    const post = openPost(() => 'mail.unavailable')
    const id = await queue()
    const waits: number[] = []
    for (let n = 0; n < 6; n++) {
      await passTime(id)
      await post.send(id)
      const { not_before, state } = await readMail(id)
      expect(state).toBe('queued')
      waits.push(Math.round(((not_before?.getTime() ?? 0) - Date.now()) / 1000))
    }

    expect(waits[0]).toBeGreaterThan(95)
    expect(waits[5]).toBeGreaterThan(470)
    expect(await listDueMails(test.db, 10)).toEqual([])
  })

  it('is given up after its last attempt, and at once when refused for good', async () => {
    const away = await queue()
    await test.db
      .updateTable('mail')
      .set({ attempts: MAX_ATTEMPTS - 1 })
      .where('id', '=', away)
      .execute()
    const refused = await queue()

    await openPost(() => 'mail.unavailable').send(away)
    await openPost(() => 'mail.rejected').send(refused)

    expect(await readMail(away)).toMatchObject({
      state: 'failed',
      error_code: 'mail.unavailable',
      body: null,
    })
    expect(await readMail(refused)).toMatchObject({
      state: 'failed',
      error_code: 'mail.rejected',
      body: null,
    })
  })

  it.each([
    'all@example.test, ada@example.org',
    'ada@example.org\r\nBcc: all@example.test',
    'Ada <ada@example.org>',
    'nobody',
  ])('goes to one address and no other: %j', async (address) => {
    const post = openPost()
    const id = await queue(buildReset(address))

    await post.send(id)

    expect(post.sent).toEqual([])
    expect(await readMail(id)).toMatchObject({ state: 'failed', error_code: 'mail.rejected' })
  })

  it('waits for a key that opens it', async () => {
    const stranger = createQueueMail(createVault(randomBytes(32).toString('hex')))
    const id = (await stranger(test.db, { dedupeKey: randomUUID(), mail: buildReset() })) ?? ''

    await openPost().send(id)

    expect(await readMail(id)).toMatchObject({ state: 'queued', error_code: 'vault.unreadable' })
    expect((await readMail(id)).body).not.toBeNull()
  })

  it('is forgotten after its time', async () => {
    const [old, young] = [await queue(), await queue()]
    await test.db
      .updateTable('mail')
      .set({ created_at: new Date(Date.now() - 91 * 86_400_000) })
      .where('id', '=', old)
      .execute()

    expect(await forgetOldMails(test.db, 100)).toBe(1)
    expect(await readMail(young)).toBeDefined()
  })

  it('puts neither address nor text into a log line', async () => {
    expect(log.length).toBeGreaterThan(3)
    expect(log.join()).not.toMatch(/@example|secret-word/)
  })
})

describe('a sender that dies', () => {
  it('before the mail left: it is sent once, without a doubt', async () => {
    const post = openPost()
    const id = await queue()
    await claimMail(test.db, id)

    await post.send(id)
    expect(post.sent).toEqual([])
    await passTime(id)
    await settleDoubtfulMails(test.db)
    expect(await listDueMails(test.db, 10)).toEqual([id])
    await post.send(id)

    expect(post.sent).toHaveLength(1)
    expect(await readMail(id)).toMatchObject({ state: 'sent', doubts: 0, attempts: 2 })
  })

  it('while the mail left: the doubt is counted, and settled by the mail service’s event', async () => {
    const id = await queue()
    await leaveSending(id)
    expect(await settleDoubtfulMails(test.db)).toEqual({ orphaned: 1, givenUp: 0 })
    expect(await readMail(id)).toMatchObject({ state: 'doubtful', doubts: 1 })

    const event = { id: randomUUID(), mailId: id, email: '', isHard: false, reason: '' }
    await recordMailEvents(test.db, [{ ...event, kind: 'processed' }])
    await passTime(id)
    await settleDoubtfulMails(test.db)

    expect(await readMail(id)).toMatchObject({ state: 'sent', body: null, delivery: 'processed' })
    expect(await listDueMails(test.db, 10)).toEqual([])
  })

  it('leaves a mail someone waits for to be sent again, and news not', async () => {
    const post = openPost()
    const [needed, news] = [await queue(), await queue(buildNews())]
    for (const id of [needed, news]) await leaveSending(id)
    await settleDoubtfulMails(test.db)
    for (const id of [needed, news]) await passTime(id)

    expect(await settleDoubtfulMails(test.db)).toEqual({ orphaned: 0, givenUp: 1 })
    expect(await listDueMails(test.db, 10)).toEqual([needed])
    await post.send(needed)
    await post.send(news)

    expect(post.sent.map((mail) => mail.id)).toEqual([needed])
    expect(await readMail(news)).toMatchObject({ state: 'failed', error_code: 'mail.doubtful', body: null })
    expect(await readMail(needed)).toMatchObject({ state: 'sent', doubts: 1 })
  })

  it('and comes back late changes nothing of what happened meanwhile', async () => {
    const id = await queue()
    const late = await claimMail(test.db, id)
    await passTime(id)
    await openPost().send(id)

    expect(late && (await beginMail(test.db, late))).toBeUndefined()
    expect(await readMail(id)).toMatchObject({ state: 'sent', attempts: 2 })
  })

  async function leaveSending(id: string): Promise<void> {
    const claimed = await claimMail(test.db, id)
    expect(claimed && (await beginMail(test.db, claimed))).toBe('sending')
    await passTime(id)
  }

  it('a doubt told by the mailer is the same doubt', async () => {
    const id = await queue()

    await openPost(() => 'mail.doubtful').send(id)

    expect(await readMail(id)).toMatchObject({ state: 'doubtful', doubts: 1 })
  })
})

describe('an address that is not written to', () => {
  type Reason = Suppression['reason']
  it.each<[Reason, boolean, boolean]>([
    ['bounce', false, false],
    ['spam_report', false, false],
    ['unsubscribe', true, false],
  ])('after a %s gets needed mails: %s, news: %s', async (reason, getsNeeded, getsNews) => {
    const post = openPost()
    const email = randomAddress()
    // Told in other letters than the mail has them.
    await recordSuppressions(test.db, [{ email: email.toUpperCase(), reason }])
    const [needed, news] = [await queue(buildReset(email)), await queue(buildNews(email))]

    await post.send(needed)
    await post.send(news)

    expect((await readMail(needed)).state).toBe(getsNeeded ? 'sent' : 'suppressed')
    expect((await readMail(news)).state).toBe(getsNews ? 'sent' : 'suppressed')
    expect(post.sent).toHaveLength(Number(getsNeeded) + Number(getsNews))
    expect((await readMail(news)).body).toBeNull()
  })

  it('of one kind of one creator gets the others', async () => {
    const post = openPost()
    const [one, other] = [await addCreator(), await addCreator()]
    const email = randomAddress()
    await recordSuppressions(test.db, [
      { email, kind: 'gap-digest', creatorId: one, reason: 'unsubscribe' },
      { email, kind: 'weekly-digest', creatorId: other, reason: 'unsubscribe' },
    ])
    const [stopped, wanted] = [await queue(buildNews(email), one), await queue(buildNews(email), other)]

    await post.send(stopped)
    await post.send(wanted)

    expect((await readMail(stopped)).state).toBe('suppressed')
    expect((await readMail(wanted)).state).toBe('sent')
  })
})
