import { findSubscriberPlan, type SubscriberPlan } from '../billing/plans/subscriber-plan.ts'
import { findChatLink } from '../bots/chat-link.ts'
import type { Db } from '../db/database.ts'
import { findConsent } from '../memory/consent.ts'
import { type Fact, listFacts, type MemoryKey } from '../memory/facts.ts'

/** Whose page it is. */
export interface MePerson extends MemoryKey {
  chatId: string
  language: string | null
  botName: string
  /** What people tell may be remembered by this bot. */
  keepsFacts: boolean
  chatUrl: string | undefined
}

/** What stands on a person's own page. */
export interface MePage {
  consent: 'given' | 'refused' | undefined
  facts: Fact[]
  plan: SubscriberPlan
  questions: number
  since: Date
}

/** The person of a Chat; undefined when they were erased meanwhile. */
export async function findMePerson(
  db: Db,
  { chatId, publicUrl }: { chatId: string; publicUrl: string },
): Promise<MePerson | undefined> {
  const row = await db
    .selectFrom('chat')
    .innerJoin('bot', 'bot.id', 'chat.bot_id')
    .select([
      'chat.creator_id',
      'chat.bot_id',
      'chat.subscriber_id',
      'chat.language',
      'chat.channel',
      'bot.settings',
    ])
    .where('chat.id', '=', chatId)
    .executeTakeFirst()
  if (!row) return undefined
  const { name, memory } = row.settings
  return {
    chatId,
    creatorId: row.creator_id,
    botId: row.bot_id,
    subscriberId: row.subscriber_id,
    language: row.language,
    botName: typeof name === 'string' ? name : '',
    keepsFacts: !(
      typeof memory === 'object' &&
      memory !== null &&
      'facts' in memory &&
      memory.facts === false
    ),
    chatUrl: await findChatLink(db, { botId: row.bot_id, publicUrl, channel: row.channel }),
  }
}

export async function readMePage(db: Db, person: MePerson): Promise<MePage> {
  const [consent, facts, plan, counted, subscriber] = await Promise.all([
    findConsent(db, person),
    listFacts(db, person),
    findSubscriberPlan(db, person),
    db
      .selectFrom('usage')
      .select((is) => is.fn.countAll<string>().as('count'))
      .where('subscriber_id', '=', person.subscriberId)
      .where('bot_id', '=', person.botId)
      .where('outcome', 'in', ['answer', 'refusal', 'notice'])
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('subscriber')
      .select('created_at')
      .where('id', '=', person.subscriberId)
      .executeTakeFirstOrThrow(),
  ])
  return { consent, facts, plan, questions: Number(counted.count), since: subscriber.created_at }
}
