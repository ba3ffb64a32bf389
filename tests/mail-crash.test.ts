import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../src/accounts/vault.ts'
import { settleDoubtfulMails } from '../src/mail/mail-claim.ts'
import { MAIL_KINDS, NEWS_KINDS } from '../src/mail/mail-kind.ts'
import { createQueueMail } from '../src/mail/mail-queue.ts'
import { presentSamples } from '../src/mail/samples.ts'
import { openTestDatabase, type TestDatabase } from '../src/testing/database.ts'
import { type SendgridStandIn, startSendgridStandIn } from '../src/testing/mail/sendgrid-stand-in.ts'
import { waitUntil } from '../src/testing/wait.ts'

const WORKER = fileURLToPath(new URL('../src/testing/mail/worker.ts', import.meta.url))
const API_KEY = 'SG.test'
const KEY = randomBytes(32).toString('hex')
const KILLS = 6
/** What one worker has in flight. */
const IN_FLIGHT = 4
const SCENE = { creatorName: 'Lumen', publicUrl: 'https://coach.example', amount: '€19', language: 'en' }

describe('workers killed while mails leave', () => {
  const opened = new AsyncDisposableStack()
  let test: TestDatabase
  let sendgrid: SendgridStandIn
  beforeAll(async () => {
    test = opened.use(await openTestDatabase())
    // It has each mail for a while before it says so: that is where a kill leaves a doubt.
    sendgrid = opened.use(await startSendgridStandIn(API_KEY, { delayMs: 30 }))
  })
  afterAll(() => opened.disposeAsync())

  it('lose none, repeat none that need not be, and send no news twice', async ({ annotate }) => {
    const queueMail = createQueueMail(createVault(KEY))
    for (let round = 0; round < 8; round++) {
      for (const mail of Object.values(presentSamples(SCENE)))
        await queueMail(test.db, { dedupeKey: randomUUID(), mail })
    }
    const total = 8 * Object.keys(MAIL_KINDS).length

    for (let kill = 1; kill <= KILLS; kill++) {
      const worker = startWorker()
      await waitUntil(() => sendgrid.sent.length >= kill * 12)
      await killNow(worker)
      await passTime()
    }
    const last = startWorker()
    await waitUntil(async () => (await countOpen()) === 0)
    await killNow(last)

    const taken = new Map<string, number>()
    for (const { personalizations } of sendgrid.sent) {
      const id = personalizations[0].custom_args.mail_id ?? ''
      taken.set(id, (taken.get(id) ?? 0) + 1)
    }
    const mails = await test.db.selectFrom('mail').selectAll().execute()
    expect(mails).toHaveLength(total)
    for (const { id, kind, state, doubts } of mails) {
      const count = taken.get(id) ?? 0
      if (NEWS_KINDS.includes(kind)) expect(count, kind).toBeLessThanOrEqual(1)
      else expect(count, kind).toBeGreaterThanOrEqual(1)
      // More than once only where nobody could know, and that is written down.
      expect(count, kind).toBeLessThanOrEqual(1 + doubts)
      expect(state, kind).toBe(NEWS_KINDS.includes(kind) && doubts > 0 ? 'failed' : 'sent')
    }
    const doubts = mails.reduce((sum, mail) => sum + mail.doubts, 0)
    const repeats = sendgrid.sent.length - taken.size
    await annotate(`${total} mails, ${KILLS} kills: ${doubts} doubts, ${repeats} sent twice`)
    expect(doubts).toBeLessThanOrEqual(KILLS * IN_FLIGHT)
    // Else no kill met a mail on its way, and nothing was proven.
    expect(doubts).toBeGreaterThan(0)
  }, 60_000)

  function startWorker(): ChildProcess {
    return spawn(process.execPath, [WORKER, test.url, KEY, sendgrid.url, API_KEY], { stdio: 'ignore' })
  }

  async function killNow(worker: ChildProcess): Promise<void> {
    const ended = once(worker, 'exit')
    worker.kill('SIGKILL')
    await ended
  }

  /** As if the leases of the dead, and the time for doubts to be settled, were over. */
  async function passTime(): Promise<void> {
    const past = new Date(0)
    await waitUntil(async () => {
      await test.db
        .updateTable('mail')
        .set({ not_before: past })
        .where('not_before', 'is not', null)
        .where('state', 'in', ['queued', 'sending', 'doubtful'])
        .execute()
      await settleDoubtfulMails(test.db)
      const { rows } = await sql`SELECT FROM mail WHERE state IN ('sending', 'doubtful')`.execute(test.db)
      return rows.length === 0
    })
  }

  async function countOpen(): Promise<number> {
    const rows = await test.db
      .selectFrom('mail')
      .select('id')
      .where('state', 'in', ['queued', 'sending'])
      .execute()
    return rows.length
  }
})
