import { randomBytes } from 'node:crypto'
import type { Db } from '../../db/database.ts'
import type { JobQueue } from '../../jobs/job.ts'

/** Someone whose words stand nowhere but with them. */
export interface CanaryPerson {
  channel: 'telegram' | 'whatsapp'
  /** The channel's own id of the person. */
  chatKey: string
  name: string
  /** In what they asked and got an answer to. */
  answered: string
  /** In what went unanswered. */
  gap: string
  /** In what was noted about them. */
  note: string
  /** In what is remembered of them. */
  told: string
}

/** So far ahead that no worker takes it. */
const LATER_MS = 3_600_000

export function buildCanaryPeople(count: number): CanaryPerson[] {
  const run = randomBytes(3).toString('hex')
  return Array.from({ length: count }, (_, index) => ({
    channel: index % 2 === 0 ? 'telegram' : 'whatsapp',
    chatKey: String(8_800_000_000_000 + index * 7_919),
    // A letter at the end: the first one's word is not in the tenth one's.
    name: `Numbat${run}n${index}z`,
    answered: `quokka${run}q${index}z`,
    gap: `potoroo${run}g${index}z`,
    note: `bilby${run}b${index}z`,
    told: `bettong${run}t${index}z`,
  }))
}

export function wordsOf({ chatKey, name, answered, gap, note, told }: CanaryPerson): string[] {
  return [chatKey, name, answered, gap, note, told]
}

export function findCanaryChat(db: Db, person: CanaryPerson) {
  return db
    .selectFrom('chat')
    .select(['id', 'creator_id', 'subscriber_id', 'bot_id', 'channel'])
    .where('chat_key', '=', person.chatKey)
    .executeTakeFirstOrThrow()
}

async function plantMemory(
  db: Db,
  chat: { id: string; creator_id: string; bot_id: string; subscriber_id: string },
  { told }: CanaryPerson,
): Promise<void> {
  const owner = { creator_id: chat.creator_id, bot_id: chat.bot_id }
  const theirs = { ...owner, subscriber_id: chat.subscriber_id }
  await db
    .insertInto('memory_consent')
    .values({ ...theirs, state: 'given' })
    .execute()
  await db
    .insertInto('memory_fact')
    .values({
      ...theirs,
      chat_id: chat.id,
      kind: 'goal',
      text: `I want ${told}`,
      said_at: new Date(),
      used_at: null,
    })
    .execute()
  const notes = {
    summary: `They want ${told}.`,
    due_at: null,
    holder_id: null,
    claim: null,
    claimed_at: null,
  }
  await db
    .insertInto('chat_memory')
    .values({ ...owner, ...notes, chat_id: chat.id })
    .onConflict((conflict) => conflict.column('chat_id').doUpdateSet({ summary: notes.summary }))
    .execute()
}

/** Leaves behind what grows around a person without their doing: a note, a memory, audit, a kept answer, a draft, jobs. */
export async function plantAround(
  { db, jobs, memberId }: { db: Db; jobs: JobQueue; memberId: string },
  person: CanaryPerson,
): Promise<{ subscriberId: string }> {
  const { creator_id, ...chat } = await findCanaryChat(db, person)
  const text = `About ${person.note}.`
  await db
    .insertInto('chat_note')
    .values({ creator_id, chat_id: chat.id, member_id: memberId, text })
    .execute()
  await db
    .insertInto('audit_entry')
    .values({
      creator_id,
      member_id: memberId,
      action: 'chat.view',
      object_type: 'chat',
      object_id: chat.id,
      details: JSON.stringify({ subscriberId: chat.subscriber_id }),
    })
    .execute()
  await db
    .insertInto('security_event')
    .values({
      creator_id,
      kind: `test ${chat.id.slice(0, 8)}`,
      details: JSON.stringify({ path: `/chats/${chat.id}` }),
    })
    .execute()
  await db
    .insertInto('idempotency_key')
    .values({
      creator_id,
      key: randomBytes(8).toString('hex'),
      request_hash: randomBytes(32),
      status: 201,
      answer: JSON.stringify({ data: { text } }),
    })
    .execute()
  await db
    .insertInto('draft')
    .values({ chat_id: chat.id, markdown: `On ${person.answered}` })
    .onConflict((conflict) => conflict.column('chat_id').doNothing())
    .execute()
  await plantMemory(db, { creator_id, ...chat }, person)
  const payload = { botId: chat.bot_id, channel: chat.channel, chatKey: person.chatKey }
  await jobs.add('run-turn', payload, { delayMs: LATER_MS })
  await jobs.add('send-parts', { chatId: chat.id }, { delayMs: LATER_MS })
  return { subscriberId: chat.subscriber_id }
}
