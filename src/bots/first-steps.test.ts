import { describe, expect, it } from 'vitest'
import type { Db } from '../db/database.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestChat } from '../testing/builders/conversation.ts'
import { openTestDatabase } from '../testing/database.ts'
import type { Bot } from './bot-settings.ts'
import { beginFirstSteps, leaveFirstSteps, noteTried, readFirstSteps } from './first-steps.ts'

describe('readFirstSteps', () => {
  it('ticks each step from what is really there', async () => {
    await using test = await openTestDatabase()
    const { db } = test
    const bot = await addTestBot(db)
    const read = () => readFirstSteps(db, bot.creatorId)
    expect(await read()).toMatchObject({ bot: undefined, done: 0 })

    await beginFirstSteps(db, bot)
    expect(await read()).toMatchObject({ bot: { id: bot.id }, done: 1, hasMaterial: false })

    const documentId = await addDocument(db, bot, 'extracting')
    expect(await read()).toMatchObject({ done: 1, documents: [{ state: 'extracting' }] })
    await answerFrom(db, documentId)
    expect(await read()).toMatchObject({ done: 2, hasMaterial: true, isTried: false })

    await addTestChat(db, bot)
    expect(await read()).toMatchObject({ done: 2, isTried: false })
    await db.updateTable('chat').set({ last_inbound_at: new Date() }).execute()
    expect(await read()).toMatchObject({ done: 3, isTried: true })

    await addConnection(db, bot)
    expect(await read()).toMatchObject({
      done: 4,
      connections: [{ link: { url: 'https://t.me/locker_bot' } }],
    })
  })

  it('remembers that it was tried when the chat is erased', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    await beginFirstSteps(test.db, bot)
    await noteTried(test.db, { creatorId: bot.creatorId, botId: bot.id })

    expect(await readFirstSteps(test.db, bot.creatorId)).toMatchObject({ isTried: true })
  })

  it('can be left, and begins anew with the next bot', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    await beginFirstSteps(test.db, bot)
    await noteTried(test.db, { creatorId: bot.creatorId, botId: bot.id })
    await leaveFirstSteps(test.db, bot.creatorId)
    expect(await readFirstSteps(test.db, bot.creatorId)).toMatchObject({ isLeft: true, bot: { id: bot.id } })

    await beginFirstSteps(test.db, bot)

    expect(await readFirstSteps(test.db, bot.creatorId)).toMatchObject({ isLeft: false, isTried: false })
  })

  it('never walks with the bot of another creator', async () => {
    await using test = await openTestDatabase()
    const [ours, theirs] = [await addTestBot(test.db), await addTestBot(test.db)]
    await beginFirstSteps(test.db, { ...theirs, creatorId: ours.creatorId })

    expect(await readFirstSteps(test.db, ours.creatorId)).toMatchObject({ bot: undefined, done: 0 })
  })
})

async function addDocument(db: Db, bot: Bot, state: 'extracting'): Promise<string> {
  const owner = { creator_id: bot.creatorId, knowledge_base_id: bot.knowledgeBaseId }
  const { id } = await db
    .insertInto('document')
    .values({ ...owner, name: 'guide.pdf', title: 'Guide' })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('document_version')
    .values({ ...owner, document_id: id, file_key: 'k', sha256: 's', size_bytes: 1, state })
    .execute()
  return id
}

async function answerFrom(db: Db, documentId: string): Promise<void> {
  const version = await db
    .updateTable('document_version')
    .set({ state: 'ready' })
    .where('document_id', '=', documentId)
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .updateTable('document')
    .set({ active_version_id: version.id })
    .where('id', '=', documentId)
    .execute()
}

async function addConnection(db: Db, bot: Bot): Promise<void> {
  await db
    .insertInto('connection')
    .values({
      creator_id: bot.creatorId,
      bot_id: bot.id,
      channel: 'telegram',
      external_id: '4242',
      name: '@locker_bot',
      credentials: Buffer.from(''),
    })
    .execute()
}
