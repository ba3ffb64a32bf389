import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setDigestWishes } from '../accounts/digest-wish.ts'
import { createVault } from '../accounts/vault.ts'
import { createLogger } from '../logger.ts'
import { createQueueMail, openMailBody } from '../mail/mail-queue.ts'
import type { Mail } from '../mail/mailer.ts'
import { createUnsubscribeLinks, unsubscribe } from '../mail/unsubscribe.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { createMakeDigests, lastDue } from './make-digests.ts'

const vault = createVault(randomBytes(32).toString('hex'))
const unsubscribeLinks = createUnsubscribeLinks(vault, 'https://coach.example')
/** A Monday, an hour after the weekly digest is due. */
const MONDAY = new Date('2026-11-16T06:00:00Z')
const THURSDAY = new Date('2026-11-19T06:00:00Z')
const DAY_MS = 86_400_000

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase()
})
afterAll(() => test[Symbol.asyncDispose]())

/** One process of the scheduler: each remembers for itself what it has looked at. */
function openMaker() {
  const publicUrl = 'https://coach.example'
  const log = createLogger('silent')
  return createMakeDigests({
    db: test.db,
    queueMail: createQueueMail(vault),
    unsubscribeLinks,
    publicUrl,
    log,
  })
}

interface World {
  creatorId: string
  memberId: string
  email: string
  botId: string
}

async function addWorld({
  language = 'en',
  isBusy = true,
  joinedAt = new Date('2026-01-01'),
} = {}): Promise<World> {
  const { db } = test
  const bot = await addTestBot(db)
  const { creatorId } = bot
  const email = `${randomUUID()}@example.test`
  const { id: memberId } = await db
    .insertInto('member')
    .values({ email, name: 'Ada', language, email_verified_at: new Date() })
    .returning('id')
    .executeTakeFirstOrThrow()
  const membership = {
    creator_id: creatorId,
    member_id: memberId,
    role: 'owner',
    created_at: joinedAt,
  } as const
  await db.insertInto('membership').values(membership).execute()
  if (isBusy) {
    await db
      .insertInto('subscriber')
      .values(
        ['2026-11-08T23:59:59Z', '2026-11-09T00:00:00Z', '2026-11-15T23:59:59Z', '2026-11-16T00:00:00Z'].map(
          (created_at) => ({ creator_id: creatorId, name: 'P', created_at }),
        ),
      )
      .execute()
  }
  return { creatorId, memberId, email, botId: bot.id }
}

async function addGap({ creatorId, botId }: World, question: string): Promise<void> {
  await test.db
    .insertInto('gap_group')
    .values({
      creator_id: creatorId,
      bot_id: botId,
      question,
      terms_key: question,
      asker_count: 3,
      asked_count: 3,
      last_asked_at: new Date('2026-11-18T10:00:00Z'),
    })
    .execute()
}

async function mailsTo(email: string): Promise<Mail[]> {
  const rows = await test.db.selectFrom('mail').selectAll().where('recipient', '=', email).execute()
  return rows.flatMap(({ id, body }) => (body ? [openMailBody(vault, { id, body })] : []))
}

describe('the weekly digest', () => {
  it('tells of the week from Monday to Sunday, in the reader’s language', async () => {
    const { email, creatorId } = await addWorld({ language: 'de' })

    await openMaker()(MONDAY)

    const [mail, ...more] = await mailsTo(email)
    expect(more).toEqual([])
    expect(mail?.kind).toBe('weekly-digest')
    expect(mail?.text).toContain('vom 9. November 2026 bis zum 15. November 2026')
    expect(mail?.text).toContain('Neue Menschen: 2')
    const token = mail?.unsubscribeUrl?.split('/').at(-1) ?? ''
    expect(unsubscribeLinks.read(token)).toEqual({ email, kind: 'weekly-digest', creatorId, language: 'de' })
  })

  it('comes once a week, whoever makes it and however often', async () => {
    const { email } = await addWorld()
    const makers = Array.from({ length: 5 }, openMaker)

    await Promise.all(makers.map((make) => make(MONDAY)))
    for (let day = 0; day < 7; day++) {
      await openMaker()(new Date(MONDAY.getTime() + day * DAY_MS))
    }
    expect((await mailsTo(email)).filter(({ kind }) => kind === 'weekly-digest')).toHaveLength(1)
  })

  it('comes for the next week, too', async () => {
    const world = await addWorld()
    const make = openMaker()
    await make(MONDAY)
    await test.db
      .insertInto('subscriber')
      .values({ creator_id: world.creatorId, name: 'Next', created_at: new Date('2026-11-18T00:00:00Z') })
      .execute()

    await make(new Date(MONDAY.getTime() + 7 * DAY_MS))

    expect((await mailsTo(world.email)).map(({ kind }) => kind)).toEqual(['weekly-digest', 'weekly-digest'])
  })

  it('is made up for when nothing ran on Monday', async () => {
    const { email } = await addWorld()

    await openMaker()(new Date('2026-11-22T23:00:00Z'))

    expect((await mailsTo(email))[0]?.text).toContain('November 9, 2026')
  })

  it.each<[string, () => Promise<World>]>([
    ['has a quiet week', () => addWorld({ isBusy: false })],
    ['has just joined', () => addWorld({ joinedAt: new Date('2026-11-16T05:30:00Z') })],
    ['wants none', async () => wish(await addWorld(), { weekly: false })],
    ['ended it with one click', async () => stop(await addWorld())],
  ])('does not come to who %s', async (_name, build) => {
    const { email } = await build()

    await openMaker()(MONDAY)

    expect(await mailsTo(email)).toEqual([])
  })
})

describe('the digest of open questions', () => {
  it('comes to who asked for it, with what was asked', async () => {
    const world = await wish(await addWorld({ language: 'es' }), { weekly: false, gap: true, language: 'es' })
    const other = await wish(await addWorld(), { weekly: false })
    for (const each of [world, other]) await addGap(each, 'How long is a nap?')

    await openMaker()(THURSDAY)
    await openMaker()(THURSDAY)

    const mails = await mailsTo(world.email)
    expect(mails.map(({ kind }) => kind)).toEqual(['gap-digest'])
    expect(mails[0]?.text).toContain('> How long is a nap? (3 veces)')
    expect(mails[0]?.text).toContain(`/admin/bots/${world.botId}/gaps`)
    expect(await mailsTo(other.email)).toEqual([])
  })

  it('does not come without a question', async () => {
    const { email } = await wish(await addWorld(), { weekly: false, gap: true })

    await openMaker()(THURSDAY)

    expect(await mailsTo(email)).toEqual([])
  })
})

describe('when digests are due', () => {
  it.each([
    ['weekly', '2026-11-16T05:00:00Z', '2026-11-16T05:00:00.000Z'],
    ['weekly', '2026-11-16T04:59:59Z', '2026-11-09T05:00:00.000Z'],
    ['weekly', '2026-11-22T23:59:59Z', '2026-11-16T05:00:00.000Z'],
    ['gap', '2026-11-19T05:00:00Z', '2026-11-19T05:00:00.000Z'],
    ['gap', '2026-11-18T12:00:00Z', '2026-11-12T05:00:00.000Z'],
  ] as const)('%s at %s is %s', (digest, now, due) => {
    expect(lastDue(digest, new Date(now)).toISOString()).toBe(due)
  })
})

async function wish(
  world: World,
  wishes: { weekly?: boolean; gap?: boolean; language?: string },
): Promise<World> {
  await setDigestWishes(test.db, world, { weekly: true, gap: false, language: 'en', ...wishes })
  return world
}

async function stop(world: World): Promise<World> {
  await unsubscribe(test.db, { ...world, kind: 'weekly-digest' })
  return world
}
