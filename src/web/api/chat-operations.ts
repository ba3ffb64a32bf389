import { z } from 'zod'
import { recordAudit } from '../../accounts/audit.ts'
import { getBot } from '../../bots/bot.ts'
import { MAX_TAKEOVER_TEXT } from '../../coaching/takeover.ts'
import { getAnswerTrace } from '../../insights/answer-trace.ts'
import { MAX_TRANSCRIPT, readTranscript } from '../../insights/transcript.ts'
import { getChatFacts } from '../../messaging/chat-facts.ts'
import { clearFlag } from '../../messaging/chat-flag.ts'
import { CHAT_STATES, listChats } from '../../messaging/chat-list.ts'
import { addNote, deleteNote, listNotes, MAX_NOTE_TEXT } from '../../messaging/chat-note.ts'
import { MAX_SEARCH_CHARS, MIN_SEARCH_CHARS, searchChats } from '../../messaging/chat-search.ts'
import { listThread } from '../../messaging/thread.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import {
  Chat,
  ChatMessage,
  ChatNote,
  presentChat,
  presentChatFacts,
  presentMessage,
  presentNote,
  presentTrace,
  Trace,
} from './chat-shapes.ts'
import { defineOperation, type Operation, PageQuery, pageOf } from './operation.ts'
import { IdCursor } from './page-cursor.ts'

const BotPath = z.object({ botId: z.uuid() })
const ChatPath = BotPath.extend({ chatId: z.uuid() })
const Done = z.object({ id: z.uuid() })

const TAG = 'Chats'
const READ = { tag: TAG, scope: 'chats:read', role: 'viewer' } as const
const WRITE = { tag: TAG, scope: 'chats:write', role: 'editor' } as const
const CHATS = '/bots/:botId/chats'
const CHAT = `${CHATS}/:chatId`

/** What people and bots say to each other: read, step in, note, take along. */
export function createChatOperations({
  takeovers,
  jobs,
}: Pick<AdminParts, 'takeovers' | 'jobs'>): Operation[] {
  const send = (chatId: string) => () => jobs.add('send-parts', { chatId })

  return [
    LIST_CHATS,
    SEARCH_CHATS,
    GET_CHAT,
    LIST_MESSAGES,
    GET_TRACE,
    EXPORT_CHAT,
    defineOperation({
      ...{ ...WRITE, id: 'startTakeover', method: 'post', path: `${CHAT}/takeover` },
      summary: 'Answer in place of the bot, which is silent from now on; the person is told',
      params: ChatPath,
      body: z.object({
        minutes: z.int().min(1).max(100_000).optional().describe('The bot comes back after this time.'),
      }),
      answer: Chat,
      async handle({ actor, trx, params, body, afterCommit }) {
        await takeovers.start(trx, actor, { ...params, ...body })
        afterCommit(send(params.chatId))
        return presentChatFacts(await getChatFacts(trx, { ...params, creatorId: actor.creatorId }))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'sendTakeoverMessage', method: 'post', path: `${CHAT}/messages` },
      summary: 'Say something in a chat that this key has taken over',
      params: ChatPath,
      body: z.object({
        text: z.string().trim().min(1).max(MAX_TAKEOVER_TEXT).describe('Markdown.'),
        requestId: z
          .string()
          .min(1)
          .max(100)
          .describe('Of your making: the same one again says nothing twice.'),
      }),
      answer: Done,
      status: 201,
      async handle({ actor, trx, params, body, afterCommit }) {
        const { messageId } = await takeovers.say(trx, actor, { ...params, ...body })
        afterCommit(send(params.chatId))
        return { id: messageId }
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'endTakeover', method: 'delete', path: `${CHAT}/takeover` },
      summary: 'Give the chat back to the bot; the person is told',
      params: ChatPath,
      answer: Chat,
      async handle({ actor, trx, params, afterCommit }) {
        await takeovers.end(trx, actor, params)
        afterCommit(send(params.chatId))
        return presentChatFacts(await getChatFacts(trx, { ...params, creatorId: actor.creatorId }))
      },
    }),
    CLEAR_FLAG,
    LIST_NOTES,
    ADD_NOTE,
    DELETE_NOTE,
  ]
}

const LIST_CHATS = defineOperation({
  ...{ ...READ, id: 'listChats', method: 'get', path: CHATS },
  summary: 'List chats, those in which something was said last first',
  params: BotPath,
  query: PageQuery.extend({ state: z.enum(CHAT_STATES).default('all') }),
  answer: pageOf(Chat),
  async handle({ actor, trx, params: { botId }, query }) {
    const { creatorId } = actor
    await getBot(trx, { botId, creatorId })
    const { items, nextCursor } = await listChats(trx, { creatorId, botId }, query)
    const details = { state: query.state, count: items.length }
    await recordAudit(trx, actor, { action: 'chat.list', objectType: 'bot', objectId: botId, details })
    return { items: items.map(presentChat), nextCursor }
  },
})

const CLEAR_FLAG = defineOperation({
  ...{ ...WRITE, id: 'clearChatFlag', method: 'delete', path: `${CHAT}/flag` },
  summary: 'Say that a person has looked after somebody who seemed to be in danger',
  params: ChatPath,
  answer: Chat,
  async handle({ actor, trx, params }) {
    await clearFlag(trx, actor, params)
    return presentChatFacts(await getChatFacts(trx, { ...params, creatorId: actor.creatorId }))
  },
})

const SEARCH_CHATS = defineOperation({
  ...{ ...READ, id: 'searchChats', method: 'get', path: '/bots/:botId/chat-search' },
  summary: 'Find chats by a person’s name or number, or by what was said lately',
  params: BotPath,
  query: z.object({ q: z.string().trim().min(MIN_SEARCH_CHARS).max(MAX_SEARCH_CHARS) }),
  answer: z.object({
    items: z.array(
      z.object({
        chat: Chat,
        message: z
          .object({ id: z.uuid(), excerpt: z.string() })
          .nullable()
          .describe('The newest message that holds the words; null when the name or number does.'),
      }),
    ),
    isPartial: z.boolean().describe('There is more than was looked through or is shown.'),
  }),
  async handle({ actor, trx, params: { botId }, query: { q } }) {
    const { creatorId } = actor
    await getBot(trx, { botId, creatorId })
    const { hits, isPartial } = await searchChats(trx, { creatorId, botId }, q)
    const details = { count: hits.length }
    await recordAudit(trx, actor, { action: 'chat.search', objectType: 'bot', objectId: botId, details })
    return {
      items: hits.map(({ chat, message }) => ({
        chat: presentChat(chat),
        message: message ? { id: message.id, excerpt: message.before + message.words + message.after } : null,
      })),
      isPartial,
    }
  },
})

const GET_CHAT = defineOperation({
  ...{ ...READ, id: 'getChat', method: 'get', path: CHAT },
  summary: 'Show who a chat is with and who answers in it',
  params: ChatPath,
  answer: Chat,
  async handle({ actor, trx, params }) {
    const chat = await getChatFacts(trx, { ...params, creatorId: actor.creatorId })
    await recordAudit(trx, actor, { action: 'chat.view', objectType: 'chat', objectId: chat.id })
    return presentChatFacts(chat)
  },
})

const LIST_MESSAGES = defineOperation({
  ...{ ...READ, id: 'listChatMessages', method: 'get', path: `${CHAT}/messages` },
  summary: 'List what was said, the last first page by page; each page is oldest first',
  params: ChatPath,
  query: PageQuery.extend({ cursor: IdCursor.optional() }),
  answer: pageOf(ChatMessage),
  async handle({ actor, trx, params, query: { cursor, limit } }) {
    const key = { ...params, creatorId: actor.creatorId }
    await getChatFacts(trx, key)
    const { messages, olderCursor } = await listThread(trx, key, { before: cursor, limit })
    await recordAudit(trx, actor, { action: 'chat.view', objectType: 'chat', objectId: params.chatId })
    return { items: messages.map(presentMessage), nextCursor: olderCursor }
  },
})

const GET_TRACE = defineOperation({
  ...{ ...READ, id: 'getAnswerTrace', method: 'get', path: `${CHAT}/messages/:messageId/trace` },
  summary: 'Tell why an answer is as it is',
  params: ChatPath.extend({ messageId: z.uuid() }),
  answer: Trace,
  async handle({ actor, trx, params: { messageId, ...params } }) {
    const key = { ...params, creatorId: actor.creatorId }
    await getChatFacts(trx, key)
    const trace = await getAnswerTrace(trx, key, messageId)
    const details = { messageId }
    await recordAudit(trx, actor, {
      action: 'chat.trace',
      objectType: 'chat',
      objectId: key.chatId,
      details,
    })
    return presentTrace(trace)
  },
})

const EXPORT_CHAT = defineOperation({
  ...{ ...READ, id: 'exportChat', method: 'get', path: `${CHAT}/export` },
  summary: `Take a chat along: the last ${MAX_TRANSCRIPT} messages, and the notes`,
  params: ChatPath,
  answer: z.object({
    chat: Chat,
    messages: z.array(ChatMessage),
    notes: z.array(ChatNote),
    isWhole: z.boolean().describe('False when there are earlier messages.'),
  }),
  async handle({ actor, trx, params }) {
    const transcript = await readTranscript(trx, { ...params, creatorId: actor.creatorId })
    const { chat, messages, notes, isWhole } = transcript
    await recordAudit(trx, actor, {
      action: 'chat.export',
      objectType: 'chat',
      objectId: chat.id,
      details: { format: 'json', count: messages.length },
    })
    return {
      chat: presentChatFacts(chat),
      messages: messages.map(presentMessage),
      notes: notes.map(presentNote),
      isWhole,
    }
  },
})

const LIST_NOTES = defineOperation({
  ...{ ...READ, id: 'listChatNotes', method: 'get', path: `${CHAT}/notes` },
  summary: 'List the notes about a chat, oldest first',
  params: ChatPath,
  answer: z.object({ items: z.array(ChatNote) }),
  async handle({ actor, trx, params }) {
    const key = { ...params, creatorId: actor.creatorId }
    const chat = await getChatFacts(trx, key)
    await recordAudit(trx, actor, { action: 'chat.view', objectType: 'chat', objectId: chat.id })
    return { items: (await listNotes(trx, key)).map(presentNote) }
  },
})

const ADD_NOTE = defineOperation({
  ...{ ...WRITE, id: 'addChatNote', method: 'post', path: `${CHAT}/notes` },
  summary: 'Write a note about a chat; the person never sees it',
  params: ChatPath,
  body: z.object({ text: z.string().trim().min(1).max(MAX_NOTE_TEXT) }),
  answer: ChatNote,
  status: 201,
  handle: async ({ actor, trx, params, body }) =>
    presentNote(await addNote(trx, actor, { ...params, ...body })),
})

const DELETE_NOTE = defineOperation({
  ...{ ...WRITE, id: 'deleteChatNote', method: 'delete', path: `${CHAT}/notes/:noteId` },
  summary: 'Delete a note',
  params: ChatPath.extend({ noteId: z.uuid() }),
  answer: Done,
  async handle({ actor, trx, params }) {
    await deleteNote(trx, actor, params)
    return { id: params.noteId }
  },
})
