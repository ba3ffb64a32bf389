import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { recordAudit } from '../../../accounts/audit.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import { countFlagged } from '../../../messaging/chat-flag.ts'
import { CHAT_STATES, type ChatPage, type ChatState, listChats } from '../../../messaging/chat-list.ts'
import {
  type ChatSearch,
  MAX_SEARCH_CHARS,
  MIN_SEARCH_CHARS,
  searchChats,
} from '../../../messaging/chat-search.ts'
import { createStreams, STREAM_LIMITS } from '../../try-stream.ts'
import { sendPage } from '../page.ts'
import { visitOf } from '../visit.ts'
import { chatPathOf, getChatBot } from './address.ts'
import { type ChatParts, createListSource } from './live.ts'
import { createThreadPages } from './thread-pages.ts'
import { presentChatRow } from './view.ts'

/** Chats on a page. */
const PAGE = 25

/** More chats that want care show as this many. */
const MAX_FLAGGED = 99

/**
 * How often an open list or thread looks for what is new: messages of Telegram and WhatsApp are not
 * announced, since a Turn would wait for it. A minute is how long whoever was signed out may look on.
 */
const LIMITS = { ...STREAM_LIMITS, maxStreams: 500, pollMs: 2_000, maxAgeMs: 60_000 }

const ListQuery = z.object({
  state: z.enum(CHAT_STATES).catch('all'),
  cursor: z.string().min(1).max(200).optional().catch(undefined),
  q: z.string().trim().max(MAX_SEARCH_CHARS).catch(''),
})

/** What people and the bot say to each other: `/admin/bots/:botId/chats`. */
export function createChatPages(parts: ChatParts): Router {
  const { within, stopping, log } = parts
  const streams = createStreams(LIMITS, stopping, log)
  const router = Router()

  router.get('/bots/:botId/chats', async (req, res) => {
    const { state, cursor, q } = ListQuery.parse(req.query)
    if (q !== '') return sendSearch(req, res, q)
    const { actor } = visitOf(res)
    const { bot, page, flaggedCount } = await within(actor.creatorId, async (trx) => {
      const found = await getChatBot(trx, req, res)
      const of = { creatorId: actor.creatorId, botId: found.id }
      const listed = await listChats(trx, of, { state, cursor, limit: PAGE })
      await recordAudit(trx, actor, {
        action: 'chat.list',
        objectType: 'bot',
        objectId: found.id,
        details: { state, count: listed.items.length },
      })
      return { bot: found, page: listed, flaggedCount: await countFlagged(trx, of, MAX_FLAGGED) }
    })
    sendList(req, res, { bot, page, state, flaggedCount, isFirstPage: cursor === undefined })
  })

  router.get('/bots/:botId/chats/events', async (req, res) => {
    const { actor, sessionId } = visitOf(res)
    const { state } = ListQuery.parse(req.query)
    const bot = await within(actor.creatorId, (trx) => getChatBot(trx, req, res))
    const model = { state, limit: PAGE, liveHref: liveHrefOf(bot, state) }
    streams.serve(req, res, { visitorId: sessionId, source: createListSource(parts, bot, model) })
  })

  async function sendSearch(req: Request, res: Response, q: string): Promise<void> {
    const { actor } = visitOf(res)
    const { bot, search } = await within(actor.creatorId, async (trx) => {
      const found = await getChatBot(trx, req, res)
      const result = await searchChats(trx, { creatorId: actor.creatorId, botId: found.id }, q)
      await recordAudit(trx, actor, {
        action: 'chat.search',
        objectType: 'bot',
        objectId: found.id,
        details: { count: result.hits.length },
      })
      return { bot: found, search: result }
    })
    sendPage(req, res, 'chats/list', {
      ...{
        title: 'Chats',
        section: 'chats',
        bot,
        base: listPathOf(bot),
        query: q,
        minSearch: MIN_SEARCH_CHARS,
      },
      search: { ...search, hits: presentHits(search, bot.id) },
    })
  }

  router.use(createThreadPages(parts, streams))
  return router
}

interface ListModel {
  bot: Bot
  page: ChatPage
  state: ChatState
  flaggedCount: number
  isFirstPage: boolean
}

function sendList(
  req: Request,
  res: Response,
  { bot, page, state, flaggedCount, isFirstPage }: ListModel,
): void {
  const base = listPathOf(bot)
  const filter = state === 'all' ? '' : `state=${state}`
  sendPage(req, res, 'chats/list', {
    ...{
      title: 'Chats',
      section: 'chats',
      bot,
      botId: bot.id,
      base,
      state,
      flaggedCount,
      isFirstPage,
      query: '',
    },
    rows: page.items.map((chat) => presentChatRow(chat, bot.id)),
    search: undefined,
    liveHref: isFirstPage ? liveHrefOf(bot, state) : undefined,
    firstHref: filter ? `${base}?${filter}` : base,
    nextHref: page.nextCursor && `${base}?${[filter, `cursor=${page.nextCursor}`].filter(Boolean).join('&')}`,
  })
}

/** A hit leads to the page of the thread that ends with the message found. */
function presentHits({ hits }: ChatSearch, botId: string) {
  return hits.map(({ chat, message }) => {
    const path = chatPathOf({ botId, chatId: chat.id })
    const href = message
      ? `${path}?before=${BigInt(message.position) + 1n}#m${message.position}`
      : `${path}#end`
    return { row: presentChatRow(chat, botId), message, href }
  })
}

function listPathOf({ id }: Bot): string {
  return `/admin/bots/${id}/chats`
}

function liveHrefOf(bot: Bot, state: string): string {
  return `${listPathOf(bot)}/events?state=${state}`
}
