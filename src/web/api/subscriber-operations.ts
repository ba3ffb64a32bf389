import { z } from 'zod'
import { recordAudit } from '../../accounts/audit.ts'
import { getRetentionDays, RETENTION_DAYS, setRetentionDays } from '../../accounts/retention.ts'
import { getSubscriber, listSubscribers } from '../../accounts/subscriber.ts'
import { exportSubscriber } from '../../accounts/subscriber-export.ts'
import { getBot } from '../../bots/bot.ts'
import { type EraseParts, erasePerson } from '../../coaching/erase-person.ts'
import { showMemory } from '../subscriber-memory.ts'
import { defineOperation, Instant, type Operation, PageQuery, pageOf } from './operation.ts'

const PEOPLE = 'People'

const Line = z.object({
  id: z.uuid(),
  name: z.string().nullable(),
  channel: z.string(),
  firstSeenAt: Instant,
  lastMessageAt: Instant,
})

const Person = z.object({
  id: z.uuid(),
  name: z.string().nullable(),
  language: z.string().nullable(),
  firstSeenAt: Instant,
  chats: z.array(
    z.object({
      id: z.uuid(),
      botId: z.uuid(),
      channel: z.string(),
      lastMessageAt: Instant,
      messages: z.int(),
    }),
  ),
  counts: z.object({ messages: z.int(), gaps: z.int(), notes: z.int() }),
})

const Memory = z.object({
  consent: z.enum(['given', 'refused']).nullable().describe('Null: not asked, or not answered.'),
  facts: z.array(
    z.object({
      id: z.uuid(),
      kind: z.enum(['name', 'goal', 'constraint', 'preference', 'other', 'promise', 'breakthrough']),
      text: z.string().describe("The person's own words."),
      saidAt: Instant,
    }),
  ),
})

const PersonPath = z.object({ subscriberId: z.uuid() })
const Retention = z.object({
  days: z
    .int()
    .min(RETENTION_DAYS.min)
    .max(RETENTION_DAYS.max)
    .nullable()
    .describe(
      'Days of silence after which a chat is erased; null keeps chats until they are erased by hand.',
    ),
})

/** People who write to bots: who they are, what is kept, and the end of it. */
export function createSubscriberOperations(parts: EraseParts): Operation[] {
  return [
    subscribersList,
    subscriberGet,
    subscriberMemory,
    subscriberExport,
    createErase(parts),
    retentionGet,
    retentionSave,
  ]
}

const subscribersList = defineOperation({
  id: 'listSubscribers',
  method: 'get',
  path: '/bots/:botId/subscribers',
  tag: PEOPLE,
  summary: 'The people of a bot, those heard last first; someone with two chats stands twice',
  scope: 'chats:read',
  role: 'viewer',
  params: z.object({ botId: z.uuid() }),
  query: PageQuery,
  answer: pageOf(Line),
  async handle({ actor: { creatorId }, trx, params: { botId }, query }) {
    await getBot(trx, { creatorId, botId })
    return listSubscribers(trx, { creatorId, botId, ...query })
  },
})

const subscriberGet = defineOperation({
  id: 'getSubscriber',
  method: 'get',
  path: '/subscribers/:subscriberId',
  tag: PEOPLE,
  summary: 'A person, and what is kept about them in numbers',
  scope: 'chats:read',
  role: 'viewer',
  params: PersonPath,
  answer: Person,
  handle: ({ actor: { creatorId }, trx, params }) => getSubscriber(trx, { creatorId, ...params }),
})

const subscriberMemory = defineOperation({
  id: 'getSubscriberMemory',
  method: 'get',
  path: '/bots/:botId/subscribers/:subscriberId/memory',
  tag: PEOPLE,
  summary: 'What a bot remembers of a person, who agreed to it; the look is noted in the activity list',
  scope: 'chats:read',
  role: 'viewer',
  params: PersonPath.extend({ botId: z.uuid() }),
  answer: Memory,
  handle: ({ actor, trx, params }) => showMemory(trx, actor, params),
})

const Row = z.record(z.string(), z.unknown())

const subscriberExport = defineOperation({
  id: 'exportSubscriber',
  method: 'get',
  path: '/subscribers/:subscriberId/export',
  tag: PEOPLE,
  summary: 'Everything that is kept about a person',
  scope: 'chats:read',
  role: 'editor',
  params: PersonPath,
  answer: z.object({
    exportedAt: z.iso.datetime(),
    subscriber: Row,
    chats: z.array(Row),
    messages: z.array(Row),
    sends: z.array(Row),
    turns: z.array(Row),
    usage: z.array(Row),
    gaps: z.array(Row),
    notes: z.array(Row),
    updates: z.array(Row),
    receipts: z.array(Row),
    memoryConsents: z.array(Row),
    memories: z.array(Row),
    chatSummaries: z.array(Row),
  }),
  async handle({ actor, trx, params: { subscriberId } }) {
    const pieces: string[] = []
    const key = { creatorId: actor.creatorId, subscriberId }
    for await (const piece of exportSubscriber((work) => work(trx), key)) pieces.push(piece)
    await recordAudit(trx, actor, {
      action: 'subscriber.export',
      objectType: 'subscriber',
      objectId: subscriberId,
    })
    return JSON.parse(pieces.join(''))
  },
})

function createErase(parts: EraseParts): Operation {
  return defineOperation({
    id: 'eraseSubscriber',
    method: 'delete',
    path: '/subscribers/:subscriberId',
    tag: PEOPLE,
    summary: 'Erases a person with every chat, for good and everywhere',
    scope: 'chats:write',
    role: 'owner',
    params: PersonPath,
    answer: z.object({ chats: z.int(), messages: z.int() }),
    async handle({ actor, trx, params: { subscriberId }, afterCommit }) {
      const { chats, messages, finish } = await erasePerson(parts, trx, { actor, subscriberId })
      afterCommit(finish)
      return { chats, messages }
    },
  })
}

const retentionGet = defineOperation({
  id: 'getRetention',
  method: 'get',
  path: '/account/retention',
  tag: PEOPLE,
  summary: 'How long silent chats are kept',
  scope: 'account:read',
  role: 'viewer',
  answer: Retention,
  handle: async ({ actor, trx }) => ({ days: await getRetentionDays(trx, actor.creatorId) }),
})

const retentionSave = defineOperation({
  id: 'setRetention',
  method: 'put',
  path: '/account/retention',
  tag: PEOPLE,
  summary: 'Sets how long silent chats are kept; erasing begins within the hour',
  scope: 'account:write',
  role: 'owner',
  body: Retention,
  answer: Retention,
  async handle({ actor, trx, body: { days } }) {
    await setRetentionDays(trx, actor, days)
    return { days }
  },
})
