import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bot } from '../bots/bot-settings.ts'
import type { Db } from '../db/database.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestChat } from '../testing/builders/conversation.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { listDates, type OverviewQuery, PERIODS, readOverview } from './overview.ts'

const NOW = new Date('2026-11-21T22:30:00Z')
const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Auckland']
const OUTCOMES = ['answer', 'refusal', 'small_talk', 'notice', 'safety'] as const

interface Asked {
  person: number
  hoursAgo: number
  outcome: (typeof OUTCOMES)[number]
  ms: number
  micros: number
  isCached: boolean
  documents: number[]
}

const Asking: fc.Arbitrary<Asked> = fc.record({
  person: fc.nat(4),
  hoursAgo: fc.double({ min: 0, max: 24 * 12, noNaN: true }),
  outcome: fc.constantFrom(...OUTCOMES),
  ms: fc.nat(9_000),
  micros: fc.nat(90_000),
  isCached: fc.boolean(),
  documents: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
})

describe('readOverview', () => {
  let database: TestDatabase
  let db: Db

  beforeAll(async () => {
    database = await openTestDatabase()
    db = database.db
  })

  afterAll(() => database[Symbol.asyncDispose]())

  const queryOf = (bot: Bot, days: OverviewQuery['days'], timeZone: string): OverviewQuery => ({
    ...{ creatorId: bot.creatorId, botId: bot.id, days, timeZone, now: NOW },
  })

  it('says nothing of a bot that no one asked', async () => {
    const bot = await addTestBot(db)

    const overview = await readOverview(db, queryOf(bot, 7, 'UTC'))

    expect(overview).toMatchObject({ subscribers: 0, channels: [], documents: [], total: { questions: 0 } })
    expect(overview.daily.map(({ date }) => date)).toEqual([
      ...['2026-11-15', '2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21'],
    ])
  })

  it('gives the figures of a plain recount, whatever was asked, in any zone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(Asking, { maxLength: 40 }),
        fc.constantFrom(...PERIODS),
        fc.constantFrom(...ZONES),
        async (asked, days, timeZone) => {
          const bot = await addTestBot(db)
          // Another bot's questions must not count.
          await ask(await addTestBot(db), asked)
          const { people, documents } = await ask(bot, asked)

          const overview = await readOverview(db, queryOf(bot, days, timeZone))

          const dates = listDates({ days, timeZone, now: NOW })
          const dateOf = (at: Date) =>
            new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at)
          const inTime = asked.filter((one) => dates.includes(dateOf(askedAt(one))))
          expect(overview.total).toEqual(recount(inTime, people, (at) => dates.includes(dateOf(at))))
          expect(overview.subscribers).toBe(people.length)
          expect(overview.daily).toEqual(
            dates.map((date) => ({
              date,
              ...recount(
                inTime.filter((one) => dateOf(askedAt(one)) === date),
                people,
                (at) => dateOf(at) === date,
              ),
            })),
          )
          const cited = new Map<string, number>()
          for (const one of inTime) {
            for (const at of one.documents) {
              const title = documents[at]?.title ?? ''
              cited.set(title, (cited.get(title) ?? 0) + 1)
            }
          }
          expect(new Map(overview.documents.map(({ title, answers }) => [title ?? '', answers]))).toEqual(
            cited,
          )
          expect(sum(overview.channels.map(({ questions }) => questions))).toBe(overview.total.questions)
        },
      ),
      { numRuns: 12 },
    )
  }, 120_000)

  it('keeps its figures when a person has everything about them erased', async () => {
    const bot = await addTestBot(db)
    await ask(bot, [
      { person: 0, hoursAgo: 1, outcome: 'answer', ms: 10, micros: 5, isCached: true, documents: [0] },
    ])
    const before = await readOverview(db, queryOf(bot, 7, 'UTC'))
    await db.updateTable('turn').set({ trace: '{}' }).where('bot_id', '=', bot.id).execute()
    await db.deleteFrom('message').where('creator_id', '=', bot.creatorId).execute()

    expect(await readOverview(db, queryOf(bot, 7, 'UTC'))).toEqual(before)
  })

  /** Five people came in turn, and asked these. */
  async function ask(bot: Bot, asked: readonly Asked[]) {
    const people: Date[] = []
    const chats = []
    for (let person = 0; person < 5; person += 1) {
      const chat = await addTestChat(db, bot)
      const cameAt = new Date(NOW.getTime() - person * 60 * 3_600_000)
      await db.updateTable('chat').set({ created_at: cameAt }).where('id', '=', chat.id).execute()
      people.push(cameAt)
      chats.push(chat)
    }
    const documents = await db
      .insertInto('document')
      .values(
        ['A', 'B', 'C'].map((title) => ({
          creator_id: bot.creatorId,
          knowledge_base_id: bot.knowledgeBaseId,
          name: title,
          title,
        })),
      )
      .returning(['id', 'title'])
      .execute()
    for (const one of asked) {
      const chat = chats[one.person]
      if (!chat) continue
      const owner = { creator_id: bot.creatorId, bot_id: bot.id, chat_id: chat.id }
      const turn = await db
        .insertInto('turn')
        .values({ ...owner, kind: 'question' })
        .returning('id')
        .executeTakeFirstOrThrow()
      const { subscriber_id } = await db
        .selectFrom('chat')
        .select('subscriber_id')
        .where('id', '=', chat.id)
        .executeTakeFirstOrThrow()
      await db
        .insertInto('usage')
        .values({
          ...owner,
          turn_id: turn.id,
          subscriber_id,
          outcome: one.outcome,
          total_ms: one.ms,
          cost_usd: one.isCached ? 0 : one.micros / 1e6,
          is_cached: one.isCached,
          saved_usd: one.isCached ? one.micros / 1e6 : 0,
          cited_document_ids: one.documents.map((at) => documents[at]?.id ?? ''),
          created_at: askedAt(one),
        })
        .execute()
    }
    return { people, documents }
  }
})

function askedAt({ hoursAgo }: Asked): Date {
  return new Date(NOW.getTime() - Math.round(hoursAgo * 3_600_000))
}

function recount(asked: readonly Asked[], people: readonly Date[], isIn: (at: Date) => boolean) {
  const of = (...outcomes: string[]) => asked.filter(({ outcome }) => outcomes.includes(outcome))
  const times = of('answer', 'refusal').map(({ ms }) => ms)
  return {
    active: new Set(of('answer', 'refusal', 'notice').map(({ person }) => person)).size,
    newSubscribers: people.filter(isIn).length,
    questions: of('answer', 'refusal', 'notice').length,
    answered: of('answer').length,
    refused: of('refusal').length,
    failed: of('notice').length,
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    costUsd: sum(asked.map(({ micros, isCached }) => (isCached ? 0 : micros))) / 1e6,
    givenAgain: asked.filter(({ isCached }) => isCached).length,
    savedUsd: sum(asked.map(({ micros, isCached }) => (isCached ? micros : 0))) / 1e6,
  }
}

/** With the value between two neighbours where it falls between them. */
function quantile(values: number[], share: number) {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0]
  return expect.closeTo(low + (high - low) * (at - Math.floor(at)), 3)
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
