import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bot } from '../bots/bot-settings.ts'
import type { Db } from '../db/database.ts'
import { createLogger } from '../logger.ts'
import type { EmbeddingModel } from '../models/model.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestGap, groupTestGaps } from '../testing/builders/gap.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { TEST_EMBEDDING } from '../testing/worlds/knowledge-world.ts'
import { groupNewGaps, listBotsWithNewGaps } from './gap-group.ts'

const log = createLogger('silent')

async function readGroups(db: Db, bot: Bot) {
  const rows = await db
    .selectFrom('gap')
    .innerJoin('gap_group', 'gap_group.id', 'gap.group_id')
    .select(['gap_group.question as group', 'gap.question', 'gap_group.asked_count', 'gap_group.asker_count'])
    .where('gap.bot_id', '=', bot.id)
    .orderBy('gap.created_at')
    .orderBy('gap.id')
    .execute()
  return rows
}

const ASKED = [
  'How much does the course cost?',
  'What does the course cost?',
  'Do you ship to Canada?',
  'Do you ship to Norway?',
  'do you ship to canada',
  'Is there parking at the studio?',
]

describe('groupNewGaps', () => {
  let database: TestDatabase
  let db: Db

  beforeAll(async () => {
    database = await openTestDatabase()
    db = database.db
  })

  afterAll(() => database[Symbol.asyncDispose]())

  async function askAll(bot: Bot, questions = ASKED): Promise<void> {
    for (const [at, question] of questions.entries()) {
      await addTestGap(db, bot, question, { at: new Date(Date.UTC(2026, 0, 1, 0, at)) })
    }
  }

  it('puts questions of one meaning together and counts who asked', async () => {
    const bot = await addTestBot(db)
    await askAll(bot)
    const { chat } = await addTestGap(db, bot, 'Does the studio have parking?')
    await addTestGap(db, bot, 'Is there parking at the studio?', { chat })

    await groupTestGaps(db, bot)

    const groups = await readGroups(db, bot)
    const parking = groups.filter(({ group }) => group === 'Is there parking at the studio?')
    expect(parking).toHaveLength(3)
    expect(parking[0]).toMatchObject({ asked_count: 3, asker_count: 2 })
    expect(new Set(groups.map(({ group }) => group))).toEqual(
      new Set([ASKED[0], ASKED[2], ASKED[3], ASKED[5]]),
    )
    expect(await listBotsWithNewGaps(db, 10)).not.toContain(bot.id)
  })

  it('groups the same questions the same way, in one batch or many, with a model or after one was added', async () => {
    const [whole, slow, renewed] = [await addTestBot(db), await addTestBot(db), await addTestBot(db)]
    const parts = { db, embedding: TEST_EMBEDDING, log }
    await askAll(whole)
    await groupNewGaps(parts, whole.id)
    for (const [at, question] of ASKED.entries()) {
      await addTestGap(db, slow, question, { at: new Date(Date.UTC(2026, 0, 1, 0, at)) })
      await groupNewGaps(parts, slow.id)
    }
    await askAll(renewed, ASKED.slice(0, 3))
    await groupNewGaps({ db, log }, renewed.id)
    await askAll(renewed, ASKED.slice(3))
    await groupNewGaps(parts, renewed.id)

    const pairsOf = async (bot: Bot) =>
      (await readGroups(db, bot)).map(({ group, question }) => `${question} -> ${group}`).sort()
    expect(await pairsOf(slow)).toEqual(await pairsOf(whole))
    expect(await pairsOf(renewed)).toEqual(await pairsOf(whole))
    const models = await db
      .selectFrom('gap_group')
      .select('vector_model')
      .where('bot_id', '=', renewed.id)
      .execute()
    expect(new Set(models.map(({ vector_model }) => vector_model))).toEqual(new Set([TEST_EMBEDDING.name]))
  })

  it('does nothing twice when many group at once', async () => {
    const bot = await addTestBot(db)
    const questions = Array.from({ length: 120 }, (_, at) => `What is the word of locker k${at % 40}?`)
    await askAll(bot, questions)

    await Promise.all(
      Array.from({ length: 6 }, async () => {
        while (await groupNewGaps({ db, embedding: TEST_EMBEDDING, log }, bot.id)) {
          // Until none waits.
        }
      }),
    )

    const groups = await db.selectFrom('gap_group').selectAll().where('bot_id', '=', bot.id).execute()
    expect(groups).toHaveLength(40)
    expect(groups.every((group) => group.asked_count === 3 && group.asker_count === 3)).toBe(true)
    const left = await db
      .selectFrom('gap')
      .select('id')
      .where('bot_id', '=', bot.id)
      .where('group_id', 'is', null)
      .execute()
    expect(left).toEqual([])
  })

  it('goes by words while the model is away', async () => {
    const bot = await addTestBot(db)
    await askAll(bot)
    let calls = 0
    const away: EmbeddingModel = {
      ...TEST_EMBEDDING,
      embedQuestion: async () => {
        calls += 1
        throw new Error('away')
      },
    }

    await groupNewGaps({ db, embedding: away, log }, bot.id)

    expect(calls).toBe(1)
    expect(new Set((await readGroups(db, bot)).map(({ group }) => group)).size).toBe(4)
  })

  it('keeps the bots apart', async () => {
    const [one, other] = [await addTestBot(db), await addTestBot(db)]
    await askAll(one, ['Do you ship to Canada?'])
    await askAll(other, ['Do you ship to Canada?'])

    await groupTestGaps(db, one)
    await groupTestGaps(db, other)

    const groups = await db
      .selectFrom('gap_group')
      .select(['bot_id', 'creator_id', 'asked_count'])
      .where('bot_id', 'in', [one.id, other.id])
      .execute()
    expect(groups).toHaveLength(2)
    expect(groups.every(({ asked_count }) => asked_count === 1)).toBe(true)
  })
})
