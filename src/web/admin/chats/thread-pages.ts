import { type Request, type Response, Router } from 'express'
import type { Transaction } from 'kysely'
import { z } from 'zod'
import { recordAudit } from '../../../accounts/audit.ts'
import { nameLanguage } from '../../../bots/language.ts'
import { MAX_TAKEOVER_TEXT } from '../../../coaching/takeover.ts'
import type { Database } from '../../../db/schema.ts'
import { AppError } from '../../../errors.ts'
import { type AnswerTrace, getAnswerTrace } from '../../../insights/answer-trace.ts'
import { readTranscript, writeTranscriptCsv } from '../../../insights/transcript.ts'
import { type ChatKey, getChatFacts } from '../../../messaging/chat-facts.ts'
import { clearFlag } from '../../../messaging/chat-flag.ts'
import { addNote, deleteNote, listNotes, MAX_NOTE_TEXT } from '../../../messaging/chat-note.ts'
import { readProgress } from '../../../messaging/conversation.ts'
import { findThreadMessage, listThread } from '../../../messaging/thread.ts'
import type { createStreams } from '../../try-stream.ts'
import { nameChannel } from '../channels/words.ts'
import { readField } from '../form-field.ts'
import { goTo, sendFragment, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { chatPathOf, getChatBot, readChatKey, readId } from './address.ts'
import { type ChatParts, createThreadSource } from './live.ts'
import { presentMessage, presentTakeover, presentWaiting } from './view.ts'
import {
  FLAG_WORDS,
  presentCache,
  presentEntitlement,
  presentOutcome,
  presentPerson,
  presentStep,
} from './words.ts'

/** Messages on a page of a thread. */
const PAGE = 50

/** A page that is looked at for long is written down once in this time, not at each reconnect of its stream. */
const WATCH_AUDIT_MS = 60 * 60 * 1000
const MAX_WATCHES = 10_000

const Position = z.string().regex(/^\d{1,18}$/)
const ThreadQuery = z.object({ before: Position.optional().catch(undefined) })
const EventsQuery = z.object({ after: Position.catch('0') })
const ExportQuery = z.object({ format: z.enum(['json', 'csv']).catch('json') })
const StartForm = z.object({ minutes: z.coerce.number().int().min(1).max(100_000).optional() })
const WordsForm = z.object({
  text: z
    .string()
    .trim()
    .min(1, 'Write a few words first.')
    .max(MAX_TAKEOVER_TEXT, `At most ${MAX_TAKEOVER_TEXT} characters in one message.`),
  requestId: z.string().min(1).max(100),
})
const NoteForm = z.object({
  text: z
    .string()
    .trim()
    .min(1, 'Write a few words first.')
    .max(MAX_NOTE_TEXT, `At most ${MAX_NOTE_TEXT} characters in one note.`),
})

/** What was typed and could not be taken, with what to do about it. */
interface Refused {
  errors: { text?: string; note?: string; minutes?: string }
  text?: string
  noteText?: string
}

/** One chat: what was said, why the bot said it, stepping in, notes and a copy to take along. */
export function createThreadPages(parts: ChatParts, streams: ReturnType<typeof createStreams>): Router {
  const { within, takeovers, jobs, settings } = parts
  const web = parts.channels.web
  const watched = new Map<string, number>()
  const router = Router()

  router.get('/bots/:botId/chats/:chatId', (req, res) => sendThread(req, res))

  router.get('/bots/:botId/chats/:chatId/events', async (req, res) => {
    const visit = visitOf(res)
    const key = readChatKey(req, res)
    const { after } = EventsQuery.parse(req.query)
    const last = Position.safeParse(req.get('Last-Event-ID'))
    const { bot, address } = await within(key.creatorId, async (trx) => {
      const found = await getChatBot(trx, req, res)
      const chat = await getChatFacts(trx, key)
      if (isFirstWatch(visit.sessionId, key)) await auditChat(trx, res, 'chat.watch')
      return { bot: found, address: chat }
    })
    const source = createThreadSource(
      { ...parts, web, settings: settings.takeover },
      { bot, address, visit, key, after: last.success ? last.data : after },
    )
    streams.serve(req, res, { visitorId: visit.sessionId, source })
  })

  router.get('/bots/:botId/chats/:chatId/messages/:messageId/trace', async (req, res) => {
    const key = readChatKey(req, res)
    const messageId = readId(req, 'messageId', 'message.not_found')
    const { bot, trace, message } = await within(key.creatorId, async (trx) => {
      const found = await getChatBot(trx, req, res)
      const why = await getAnswerTrace(trx, key, messageId)
      await auditChat(trx, res, 'chat.trace', { messageId })
      return { bot: found, trace: why, message: await findThreadMessage(trx, key, messageId) }
    })
    const model = { ...presentTrace(trace), position: message?.position, chatHref: chatPathOf(key) }
    if (req.get('HX-Request')) return sendFragment(req, res, 'chats/trace', model)
    sendPage(req, res, 'chats/trace-page', { title: 'Why this answer', section: 'chats', bot, ...model })
  })

  router.post('/bots/:botId/chats/:chatId/takeover', allow('editor'), async (req, res) => {
    const key = readChatKey(req, res)
    const read = StartForm.safeParse(req.body)
    if (!read.success) return sendThread(req, res, { errors: { minutes: 'Choose how long.' } })
    await within(key.creatorId, (trx) =>
      takeovers.start(trx, visitOf(res).actor, { ...key, minutes: read.data.minutes }),
    )
    await nudge(key)
    goTo(req, res, `${chatPathOf(key)}#text`)
  })

  router.post('/bots/:botId/chats/:chatId/takeover/end', allow('editor'), async (req, res) => {
    const key = readChatKey(req, res)
    await within(key.creatorId, (trx) => takeovers.end(trx, visitOf(res).actor, key))
    await nudge(key)
    goTo(req, res, `${chatPathOf(key)}#end`)
  })

  router.post('/bots/:botId/chats/:chatId/messages', allow('editor'), async (req, res) => {
    const key = readChatKey(req, res)
    const read = WordsForm.safeParse(req.body)
    if (!read.success) return refuseWords(req, res, z.flattenError(read.error).fieldErrors.text?.[0])
    try {
      await within(key.creatorId, (trx) => takeovers.say(trx, visitOf(res).actor, { ...key, ...read.data }))
    } catch (error) {
      if (error instanceof AppError && KEEPS_WORDS.has(error.code)) {
        return refuseWords(req, res, error.message)
      }
      throw error
    }
    await nudge(key)
    if (req.get('HX-Request')) return sendPanel(req, res)
    goTo(req, res, `${chatPathOf(key)}#end`)
  })

  router.post('/bots/:botId/chats/:chatId/flag/clear', allow('editor'), async (req, res) => {
    const key = readChatKey(req, res)
    await within(key.creatorId, (trx) => clearFlag(trx, visitOf(res).actor, key))
    goTo(req, res, chatPathOf(key))
  })

  router.post('/bots/:botId/chats/:chatId/notes', allow('editor'), async (req, res) => {
    const key = readChatKey(req, res)
    const read = NoteForm.safeParse(req.body)
    if (!read.success) {
      const note = z.flattenError(read.error).fieldErrors.text?.[0] ?? 'Write a few words first.'
      return sendThread(req, res, {
        errors: { note },
        noteText: readField(req.body, 'text', 2 * MAX_TAKEOVER_TEXT),
      })
    }
    await within(key.creatorId, (trx) => addNote(trx, visitOf(res).actor, { ...key, ...read.data }))
    goTo(req, res, `${chatPathOf(key)}#notes`)
  })

  router.post('/bots/:botId/chats/:chatId/notes/:noteId/delete', allow('editor'), async (req, res) => {
    const key = readChatKey(req, res)
    const noteId = readId(req, 'noteId', 'chat_note.not_found')
    await within(key.creatorId, (trx) => deleteNote(trx, visitOf(res).actor, { ...key, noteId }))
    goTo(req, res, `${chatPathOf(key)}#notes`)
  })

  router.get('/bots/:botId/chats/:chatId/export', async (req, res) => {
    const key = readChatKey(req, res)
    const { format } = ExportQuery.parse(req.query)
    const transcript = await within(key.creatorId, async (trx) => {
      const read = await readTranscript(trx, key)
      await auditChat(trx, res, 'chat.export', { format, count: read.messages.length })
      return read
    })
    res.set('Cache-Control', 'no-store').attachment(`chat-${key.chatId}.${format}`)
    if (format === 'csv') res.type('text/csv; charset=utf-8').send(writeTranscriptCsv(transcript))
    else res.type('json').send(JSON.stringify(transcript, null, 2))
  })

  async function sendThread(req: Request, res: Response, refused?: Refused): Promise<void> {
    const visit = visitOf(res)
    const key = readChatKey(req, res)
    const { before } = ThreadQuery.parse(req.query)
    const { bot, chat, page, notes, waiting } = await within(key.creatorId, async (trx) => {
      const found = await getChatBot(trx, req, res)
      const facts = await getChatFacts(trx, key)
      await auditChat(trx, res, 'chat.view')
      return {
        bot: found,
        chat: facts,
        page: await listThread(trx, key, { before, limit: PAGE }),
        notes: await listNotes(trx, key),
        waiting: (await readProgress(trx, facts)).waiting,
      }
    })
    const path = chatPathOf(key)
    const isNewest = before === undefined
    const name = presentPerson({ ...chat, subscriberName: chat.subscriber.name })
    if (refused) res.status(422)
    sendPage(req, res, 'chats/thread', {
      ...{ title: name, section: 'chats', bot, chat, name, notes, isNewest, base: path },
      ...{ errors: {}, text: '', noteText: '', ...refused, maxNote: MAX_NOTE_TEXT },
      messages: page.messages.map((message) => presentMessage(message, path, web)),
      waiting: isNewest ? presentWaiting(waiting) : [],
      takeover: presentTakeover(chat, { bot, visit, settings: settings.takeover }),
      channelName: nameChannel(chat.channel),
      flag: chat.flag && { at: chat.flag.at, words: FLAG_WORDS[chat.flag.reason] ?? FLAG_WORDS.unclear },
      languageName: chat.language && nameLanguage(chat.language),
      listHref: `/admin/bots/${key.botId}/chats`,
      newestHref: path,
      olderHref: page.olderCursor && `${path}?before=${page.olderCursor}`,
      liveHref: isNewest && `${path}/events?after=${page.messages.at(-1)?.position ?? '0'}`,
    })
  }

  async function sendPanel(req: Request, res: Response, refused: Partial<Refused> = {}): Promise<void> {
    const visit = visitOf(res)
    const key = readChatKey(req, res)
    const { bot, chat } = await within(key.creatorId, async (trx) => ({
      bot: await getChatBot(trx, req, res),
      chat: await getChatFacts(trx, key),
    }))
    if (refused.errors) res.status(422)
    const takeover = presentTakeover(chat, { bot, visit, settings: settings.takeover })
    sendFragment(req, res, 'chats/panel', { ...takeover, isAgain: true, errors: {}, text: '', ...refused })
  }

  /** What was written is not lost: it stands in the form again. */
  function refuseWords(req: Request, res: Response, words = 'Write a few words first.'): Promise<void> {
    const refused = { errors: { text: words }, text: readField(req.body, 'text', 2 * MAX_TAKEOVER_TEXT) }
    return req.get('HX-Request') ? sendPanel(req, res, refused) : sendThread(req, res, refused)
  }

  function nudge({ chatId }: ChatKey): Promise<void> {
    // Lost, it is found by the sweep: what is to be sent stands in the database.
    return jobs.add('send-parts', { chatId }).catch((err) => parts.log.warn({ err, chatId }, 'nudge-failed'))
  }

  function isFirstWatch(sessionId: string, { chatId }: ChatKey, now = Date.now()): boolean {
    const key = `${sessionId} ${chatId}`
    const isFirst = (watched.get(key) ?? 0) < now
    if (isFirst) {
      watched.delete(key)
      watched.set(key, now + WATCH_AUDIT_MS)
      const [oldest] = watched.keys()
      if (watched.size > MAX_WATCHES && oldest !== undefined) watched.delete(oldest)
    }
    return isFirst
  }

  return router
}

/** Failures after which the words are shown again, to be sent another way or later. */
const KEEPS_WORDS = new Set([
  'takeover.not_active',
  'takeover.held',
  'message.empty',
  'channel.window_closed',
  'channel.blocked',
])

function auditChat(
  trx: Transaction<Database>,
  res: Response,
  action: string,
  details: Record<string, unknown> = {},
): Promise<void> {
  const objectId = String(res.req.params.chatId)
  return recordAudit(trx, visitOf(res).actor, { action, objectType: 'chat', objectId, details })
}

/** A Trace in words. */
export function presentTrace(trace: Omit<AnswerTrace, 'messageId'>) {
  const { costUsd } = trace.usage
  return {
    trace,
    outcome: presentOutcome(trace.outcome),
    steps: trace.steps.map(presentStep),
    cached: presentCache(trace.cache),
    entitlement: trace.entitlement && presentEntitlement(trace.entitlement),
    languageName: trace.language && nameLanguage(trace.language),
    cost: costUsd === 0 ? 'Nothing' : `$${costUsd.toFixed(costUsd < 0.01 ? 5 : 3)}`,
    formatMs: (ms: number) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`),
  }
}
