import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setRetentionDays } from '../src/accounts/retention.ts'
import { answerGap, storeAnswer } from '../src/coaching/gap-answer.ts'
import type { Db } from '../src/db/database.ts'
import { createKeepRetention } from '../src/jobs/keep-retention.ts'
import { openQueues, type Queues } from '../src/jobs/queues.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import {
  buildCanaryPeople,
  type CanaryPerson,
  findCanaryChat,
  plantAround,
  wordsOf,
} from '../src/testing/builders/canary-people.ts'
import { findTablesHolding, isQuiet } from '../src/testing/database-search.ts'
import { startModelStandIn } from '../src/testing/models/stand-in.ts'
import { type SignedInTester, signUpTester } from '../src/testing/signed-in.ts'
import { telegramTextUpdate } from '../src/testing/telegram/payloads.ts'
import { nextTelegramId, postTelegram, type TelegramLine } from '../src/testing/telegram/person.ts'
import { startTelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { waitUntil } from '../src/testing/wait.ts'
import { whatsappStatusBody, whatsappTextBody } from '../src/testing/whatsapp/payloads.ts'
import { nextWamid, postWhatsapp, type WhatsappLine } from '../src/testing/whatsapp/person.ts'
import { startWhatsappStandIn } from '../src/testing/whatsapp/stand-in.ts'

const PEOPLE = 50
/** Answering 100 questions on a busy machine. */
const PATIENCE_MS = 120_000
const people = buildCanaryPeople(PEOPLE)
const askKnown = ({ answered }: CanaryPerson) => `What is the word of locker k1003, says ${answered}?`
const gapQuestion = ({ gap }: CanaryPerson) => `Which planet does ${gap} orbit?`

describe('the privacy of fifty people', () => {
  const opened = new AsyncDisposableStack()
  const log: string[] = []
  let app: TestApp
  let db: Db
  let owner: SignedInTester
  let queues: Queues
  let telegram: TelegramLine
  let whatsapp: WhatsappLine
  /** Ids of what was found for each person before anything was erased. */
  const subscriberIds: string[] = []
  const exportsBefore: string[] = []

  beforeAll(async () => {
    const telegramServer = opened.use(await startTelegramStandIn())
    const whatsappServer = opened.use(await startWhatsappStandIn())
    const model = opened.use(await startModelStandIn())
    app = opened.use(
      await startTestApp({
        onLog: (line) => log.push(line),
        env: {
          LOG_LEVEL: 'trace',
          TELEGRAM_API_ROOT: telegramServer.url,
          WHATSAPP_API_ROOT: whatsappServer.url,
          MODEL_EMBED: 'openai:stand-in-embedding',
          OPENAI_BASE_URL: model.openAiUrl,
          OPENAI_API_KEY: 'stand-in',
        },
      }),
    )
    db = app.app.installation.db
    telegram = await app.connectTelegram()
    whatsapp = await app.connectWhatsapp()
    owner = await signUpTester(app)
    queues = opened.use(
      openQueues({ databaseUrl: app.databaseUrl, redisUrl: undefined }, app.app.installation.log),
    )
    // One after the other, since two at once are one question.
    for (const ask of [askKnown, gapQuestion]) {
      for (const person of people) await say(person, ask(person))
      await waitUntil(() => isQuiet(db), PATIENCE_MS)
    }
    await waitUntil(async () => (await countGaps()) === PEOPLE, PATIENCE_MS)
    for (const person of people) {
      const around = await plantAround({ db, jobs: queues, memberId: owner.memberId }, person)
      subscriberIds.push(around.subscriberId)
    }
    await postStatuses()
  }, PATIENCE_MS * 2)
  afterAll(() => opened.disposeAsync())

  function say(person: CanaryPerson, text: string): Promise<Response> {
    if (person.channel === 'telegram') {
      const chatId = Number(person.chatKey)
      const inbound = { updateId: nextTelegramId(), chatId, firstName: person.name, text }
      return postTelegram(telegram, telegramTextUpdate(inbound))
    }
    const { phoneNumberId } = whatsapp
    const inbound = { phoneNumberId, from: person.chatKey, name: person.name, wamid: nextWamid(), text }
    return postWhatsapp(whatsapp, whatsappTextBody(inbound))
  }

  async function countGaps(): Promise<number> {
    const rows = await db.selectFrom('gap').select('id').where('group_id', 'is not', null).execute()
    return rows.length
  }

  async function postStatuses(): Promise<void> {
    const sent = await db
      .selectFrom('part')
      .innerJoin('chat', 'chat.id', 'part.chat_id')
      .select(['part.vendor_message_id', 'chat.chat_key'])
      .where('part.channel', '=', 'whatsapp')
      .where('part.vendor_message_id', 'is not', null)
      .execute()
    for (const { vendor_message_id, chat_key } of sent) {
      const report = { wamid: vendor_message_id ?? '', recipientId: chat_key, status: 'read' }
      await postWhatsapp(whatsapp, whatsappStatusBody(whatsapp.phoneNumberId, [report]))
    }
    await waitUntil(() => isQuiet(db), PATIENCE_MS)
  }

  function subscriberPath(index: number, rest = ''): string {
    return `/admin/bots/${app.bot.id}/subscribers/${subscriberIds[index]}${rest}`
  }

  /** What is exported of a person, the time of the export left out. */
  async function readExport(index: number): Promise<string> {
    const response = await owner.fetch(subscriberPath(index, '/export'))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="?person-[0-9a-f-]+\.json"?$/,
    )
    const { exportedAt: _exportedAt, ...rest } = JSON.parse(await response.text())
    return JSON.stringify(rest)
  }

  async function answer(person: CanaryPerson, words: { question: string; text: string }): Promise<string> {
    const { files, ingestOpenVersions } = app.app.installation
    const group = await db
      .selectFrom('gap')
      .select(['group_id', 'bot_id', 'creator_id'])
      .where('question', '=', gapQuestion(person))
      .executeTakeFirstOrThrow()
    const actor = { ...visitor(), creatorId: group.creator_id }
    const answered = await answerGap(db, files, actor, {
      botId: group.bot_id,
      groupId: group.group_id ?? '',
      ...words,
      file: await storeAnswer(files, group.creator_id, words),
      isCorrection: false,
      undoMs: 3_600_000,
    })
    await ingestOpenVersions()
    return answered.documentId
  }

  const visitor = () => ({
    creatorId: app.bot.creatorId,
    memberId: owner.memberId,
    apiKeyId: undefined,
    name: 'Tess',
    role: 'owner' as const,
    isOperator: false,
    ip: undefined,
  })

  async function countVectors(): Promise<number> {
    const collections = await db.selectFrom('vector_collection').select('collection_id').execute()
    const counts = collections.map((row) => app.app.installation.vectors.count(row.collection_id))
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }

  /** Everywhere a word can be: each table of each schema (columns of bytes as hex), each stored file. */
  async function findEverywhere(word: string): Promise<string[]> {
    const hex = Buffer.from(word).toString('hex')
    const tables = [...(await findTablesHolding(db, word)), ...(await findTablesHolding(db, hex))]
    return [...tables, ...(await findFilesHolding(join(app.app.installation.config.dataDir, 'files'), word))]
  }

  it('is exported whole: everything planted with a person', async () => {
    for (const [index, person] of people.entries()) {
      const exported = await readExport(index)
      for (const word of wordsOf(person)) expect(exported, `${word} of ${index}`).toContain(word)
      for (const other of people.filter((it) => it !== person))
        expect(exported.includes(other.answered), `${other.answered} with ${index}`).toBe(false)
      const parsed = JSON.parse(exported)
      expect(parsed.messages).toHaveLength(4)
      expect(parsed.turns).toHaveLength(2)
      expect(parsed.updates).toHaveLength(2)
      if (person.channel === 'whatsapp') expect(parsed.receipts.length).toBeGreaterThan(0)
      exportsBefore.push(exported)
    }
  })

  it(
    'is erased everywhere, and no one else is touched',
    async () => {
      const [first, second, third, fourth] = people
      if (!first || !second || !third || !fourth) throw new Error('too few people')
      // The first one's question stands in the material as asked, the second one's in the creator's own words.
      const verbatim = await answer(first, { question: gapQuestion(first), text: 'Around the sun.' })
      const reworded = await answer(second, { question: 'What is orbited?', text: 'A larger body.' })
      // The third and the fourth asked the same; the third first.
      const groupOf = (person: CanaryPerson) =>
        sql<string>`(SELECT group_id FROM gap WHERE question = ${gapQuestion(person)})`
      await sql`UPDATE gap SET group_id = ${groupOf(third)} WHERE question = ${gapQuestion(fourth)}`.execute(
        db,
      )
      const vectors = await countVectors()
      expect(await findTablesHolding(db, first.gap)).toEqual(
        expect.arrayContaining(['public.gap_group', 'public.passage', 'public.message', 'public.inbox']),
      )

      for (const [index, person] of [first, second, third].entries()) {
        const chat = await findCanaryChat(db, person)
        const response = await owner.post(subscriberPath(index, '/erase'))
        expect(response.status).toBe(303)

        for (const word of [...wordsOf(person), chat.id, chat.subscriber_id])
          expect(await findEverywhere(word), `${word} of ${index}`).toEqual([])
        expect((await owner.fetch(subscriberPath(index))).status).toBe(404)
        expect((await owner.fetch(subscriberPath(index, '/export'))).status).toBe(404)
      }

      for (let index = 3; index < PEOPLE; index++) expect(await readExport(index)).toBe(exportsBefore[index])
      const documents = await db
        .selectFrom('document')
        .select('id')
        .where('id', 'in', [verbatim, reworded])
        .execute()
      expect(documents).toEqual([{ id: reworded }])
      expect(await countVectors()).toBe(vectors - 1)
      const shared = await db
        .selectFrom('gap_group')
        .select(['question', 'asker_count'])
        .where('id', '=', groupOf(fourth))
        .executeTakeFirst()
      expect(shared).toEqual({ question: gapQuestion(fourth), asker_count: 1 })
      const jobs = await sql<{ count: string }>`
      SELECT count(*) FROM ${sql.table('bullmq.job')} AS job WHERE job::text LIKE '%"chatKey"%'
    `.execute(db)
      expect(Number(jobs.rows[0]?.count)).toBe(PEOPLE - 3)
      expect(log.filter((line) => wordsOf(first).some((word) => line.includes(word)))).toEqual([])
    },
    PATIENCE_MS,
  )

  it('ends with the retention time, and the time is kept for each creator', async () => {
    const [silent, loud] = [await findCanaryChat(db, person(5)), await findCanaryChat(db, person(6))]
    await sql`UPDATE chat SET last_message_at = now() - interval '31 days' WHERE id = ${silent.id}`.execute(
      db,
    )
    await sql`UPDATE chat SET last_message_at = now() - interval '29 days' WHERE id = ${loud.id}`.execute(db)
    const keep = createKeepRetention({ ...app.app.installation, jobs: queues })

    expect(await keep.keepOnce()).toEqual({ erasedChats: 0 })
    await setRetentionDays(db, visitor(), 30)
    expect(await keep.keepOnce()).toEqual({ erasedChats: 1 })

    for (const word of [...wordsOf(person(5)), silent.id, silent.subscriber_id])
      expect(await findEverywhere(word), word).toEqual([])
    expect((await findCanaryChat(db, person(6))).id).toBe(loud.id)
    const audit = await db
      .selectFrom('audit_entry')
      .select(['member_id', 'details'])
      .where('action', '=', 'retention.erase')
      .execute()
    expect(audit).toEqual([
      { member_id: null, details: { chats: 1, messages: 4, subscribers: 1, answersTakenBack: 0 } },
    ])
  })
})

function person(index: number): CanaryPerson {
  const found = people[index]
  if (!found) throw new Error(`there is no person ${index}`)
  return found
}

async function findFilesHolding(folder: string, word: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const holding: string[] = []
  for (const entry of entries.filter((it) => it.isFile())) {
    const path = join(entry.parentPath, entry.name)
    if (path.includes(word) || (await readFile(path)).includes(word)) holding.push(path)
  }
  return holding
}
