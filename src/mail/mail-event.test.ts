import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../accounts/vault.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { recordMailEvents } from './mail-event.ts'
import { createQueueMail } from './mail-queue.ts'
import { presentResetMail } from './mails.ts'
import type { MailEvent, MailEventKind } from './sendgrid-events.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase()
})
afterAll(() => test[Symbol.asyncDispose]())

async function addMail(email: string): Promise<string> {
  const queueMail = createQueueMail(createVault(randomBytes(32).toString('hex')))
  const mail = presentResetMail({ email, name: 'A' }, 'https://coach.example/x')
  return (await queueMail(test.db, { dedupeKey: randomUUID(), mail })) ?? ''
}

function buildEvent(kind: MailEventKind, changes: Partial<MailEvent> = {}): MailEvent {
  return { id: randomUUID(), mailId: undefined, email: '', kind, isHard: true, reason: '', ...changes }
}

const deliveryOf = async (id: string) =>
  (await test.db.selectFrom('mail').select('delivery').where('id', '=', id).executeTakeFirst())?.delivery

const reasonsOf = async (email: string) =>
  (await test.db.selectFrom('mail_suppression').select('reason').where('email', '=', email).execute()).map(
    ({ reason }) => reason,
  )

describe('events of the mail service', () => {
  it('say the same in every order, however often they are told', async () => {
    const kinds: MailEventKind[] = ['processed', 'deferred', 'delivered', 'spamreport']
    const told = new Set<string>()
    for (const order of permutations(kinds)) {
      const id = await addMail('a@example.test')
      const events = order.map((kind) => buildEvent(kind, { mailId: id }))
      for (const event of events) await recordMailEvents(test.db, [event])
      expect(await recordMailEvents(test.db, [...events, ...events])).toBe(0)
      told.add((await deliveryOf(id)) ?? '')
    }

    expect([...told]).toEqual(['spamreport'])
  })

  it('count once when many calls bring them at the same moment', async () => {
    const id = await addMail('b@example.test')
    const batch = Array.from({ length: 50 }, () => buildEvent('delivered', { mailId: id }))

    const counts = await Promise.all(
      Array.from({ length: 6 }, (_, n) => recordMailEvents(test.db, n % 2 ? batch : [...batch].reverse())),
    )

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50)
  })

  it.each<[string, Partial<MailEvent> & { kind: MailEventKind }, string[]]>([
    ['a mailbox that does not exist', { kind: 'bounce' }, ['bounce']],
    ['a mailbox that is full', { kind: 'bounce', isHard: false }, []],
    ['a spam report', { kind: 'spamreport' }, ['spam_report']],
    ['an unsubscription', { kind: 'unsubscribe' }, ['unsubscribe']],
    ['held back as bounced', { kind: 'dropped', reason: 'Bounced Address' }, ['bounce']],
    ['held back as spam', { kind: 'dropped', reason: 'Spam Reporting Address' }, ['spam_report']],
    ['held back as unsubscribed', { kind: 'dropped', reason: 'Unsubscribed Address' }, ['unsubscribe']],
    ['held back for its text', { kind: 'dropped', reason: 'Spam Content' }, []],
    ['a delay', { kind: 'deferred' }, []],
    ['an arrival', { kind: 'delivered' }, []],
  ])('stop an address for %s only as far as it says', async (_name, { kind, ...changes }, reasons) => {
    const email = `${randomUUID()}@example.test`

    await recordMailEvents(test.db, [buildEvent(kind, { email: email.toUpperCase(), ...changes })])

    expect(await reasonsOf(email)).toEqual(reasons)
  })

  it('of mails that are not ours are stored and change nothing', async () => {
    expect(await recordMailEvents(test.db, [buildEvent('delivered', { mailId: randomUUID() })])).toBe(1)
    expect(await recordMailEvents(test.db, [])).toBe(0)
  })
})

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}
