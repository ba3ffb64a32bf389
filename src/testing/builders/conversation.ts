import { randomUUID } from 'node:crypto'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Button, Citation } from '../../channels/channel.ts'
import type { Db } from '../../db/database.ts'
import type { PartState } from '../../db/schema.ts'
import { addChat } from '../../messaging/chat.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import type { Update, UpdateEvent } from '../../messaging/update.ts'

/** A Chat in the browser, with a Turn that Messages can be put into. */
export interface TestChat extends ChatAddress {
  id: string
  creatorId: string
  turnId: string
}

export async function addTestChat(db: Db, bot: Bot, chatKey: string = randomUUID()): Promise<TestChat> {
  const address: ChatAddress = { botId: bot.id, channel: 'web', chatKey }
  await addChat(db, { creatorId: bot.creatorId, botId: bot.id }, address, { externalId: chatKey })
  const chat = await db
    .selectFrom('chat')
    .select('id')
    .where('bot_id', '=', bot.id)
    .where('chat_key', '=', chatKey)
    .executeTakeFirstOrThrow()
  const turn = await db
    .insertInto('turn')
    .values({ creator_id: bot.creatorId, bot_id: bot.id, chat_id: chat.id, kind: 'question' })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { ...address, id: chat.id, creatorId: bot.creatorId, turnId: turn.id }
}

/** Something the person said. */
export async function addTestQuestion(
  db: Db,
  chat: TestChat,
  { text, messageId = randomUUID() }: { text: string; messageId?: string },
): Promise<void> {
  await db
    .insertInto('message')
    .values({
      creator_id: chat.creatorId,
      chat_id: chat.id,
      turn_id: chat.turnId,
      direction: 'in',
      kind: 'question',
      markdown: text,
      vendor_message_id: messageId,
    })
    .execute()
}

export interface TestAnswer {
  markdown: string
  html?: string
  state?: PartState
  citations?: Citation[]
  buttons?: Button[]
}

/** Something the bot said, in one Part of the given state. */
export async function addTestAnswer(
  db: Db,
  chat: TestChat,
  { markdown, html = `<p>${markdown}</p>`, state = 'sent', citations = [], buttons = [] }: TestAnswer,
): Promise<{ partId: string }> {
  const message = await db
    .insertInto('message')
    .values({
      creator_id: chat.creatorId,
      chat_id: chat.id,
      turn_id: chat.turnId,
      direction: 'out',
      kind: 'answer',
      markdown,
      citations: JSON.stringify(citations),
      buttons: JSON.stringify(buttons),
      vendor_message_id: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const part = await db
    .insertInto('part')
    .values({
      creator_id: chat.creatorId,
      bot_id: chat.botId,
      chat_id: chat.id,
      message_id: message.id,
      channel: chat.channel,
      payload: JSON.stringify({ text: markdown, html }),
      policy: 'answer',
      state,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { partId: part.id }
}

/** A Citation whose Passage stands in the bot's material. */
export async function addTestCitation(
  db: Db,
  bot: Bot,
  citation: Pick<Citation, 'n' | 'quote'>,
): Promise<Citation> {
  const owner = { creator_id: bot.creatorId, knowledge_base_id: bot.knowledgeBaseId }
  const document = await db
    .insertInto('document')
    .values({ ...owner, name: `${randomUUID()}.md`, title: 'Starting small' })
    .returning('id')
    .executeTakeFirstOrThrow()
  const version = await db
    .insertInto('document_version')
    .values({ ...owner, document_id: document.id, file_key: 'k', sha256: 's', size_bytes: 1 })
    .returning('id')
    .executeTakeFirstOrThrow()
  const passage = await db
    .insertInto('passage')
    .values({
      ...owner,
      document_id: document.id,
      version_id: version.id,
      ordinal: 0,
      section: 0,
      text: citation.quote,
      term_count: 1,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return {
    ...citation,
    documentId: document.id,
    passageId: passage.id,
    document: 'Starting small',
    locator: 'The starter',
  }
}

/** An Update of the browser chat. */
export function buildWebUpdate(chatKey: string, event: UpdateEvent): Update {
  return {
    channel: 'web',
    externalId: randomUUID(),
    chatKey,
    sender: { externalId: chatKey },
    sentAt: '2026-01-01T00:00:00.000Z',
    event,
  }
}
