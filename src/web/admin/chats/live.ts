import { hasRole } from '../../../accounts/access.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import type { TakeoverSettings } from '../../../coaching/takeover.ts'
import type { WithinCreator } from '../../../db/tenant-wall.ts'
import { type ChatKey, getChatFacts } from '../../../messaging/chat-facts.ts'
import type { ChatFeed } from '../../../messaging/chat-feed.ts'
import { type ChatFilter, listChats } from '../../../messaging/chat-list.ts'
import { readProgress } from '../../../messaging/conversation.ts'
import type { ChatAddress } from '../../../messaging/inbox.ts'
import { listDeliveries, listThread, type ThreadMessage } from '../../../messaging/thread.ts'
import type { StreamEvent, StreamSource } from '../../try-stream.ts'
import type { AdminParts } from '../admin-parts.ts'
import { renderFragment } from '../page.ts'
import { maskForgeryToken, type Visit } from '../visit.ts'
import { chatPathOf } from './address.ts'
import {
  presentChatRow,
  presentMessage,
  presentTakeover,
  presentWaiting,
  TAKEOVER_MODES,
  type WebRenderer,
} from './view.ts'

/** Messages whose way to the person is followed: what is older has arrived, or will not. */
const FOLLOWED = 25

/** Messages that come at once to a page that was away; more are there after a reload. */
const MAX_NEW = 100

/** What the pages of Chats are built on. */
export type ChatParts = Pick<
  AdminParts,
  'within' | 'feed' | 'jobs' | 'channels' | 'takeovers' | 'settings' | 'log' | 'stopping'
>

interface LiveParts {
  within: WithinCreator
  feed: ChatFeed
  web: WebRenderer
  settings: TakeoverSettings
}

/** The first page of a Bot's Chats, whenever something in it has changed. */
export function createListSource(
  { within }: Pick<LiveParts, 'within'>,
  bot: Bot,
  model: Required<Pick<ChatFilter, 'state'>> & { limit: number; liveHref: string },
): StreamSource {
  let shown = ''
  return {
    subscribe: () => () => {},
    async read() {
      const { items } = await within(bot.creatorId, (trx) =>
        listChats(trx, { creatorId: bot.creatorId, botId: bot.id }, model),
      )
      const rows = items.map((chat) => presentChatRow(chat, bot.id))
      const html = renderFragment('chats/rows', { ...model, rows, botId: bot.id })
      if (html === shown) return []
      shown = html
      return [{ event: 'chat-rows', data: html }]
    },
  }
}

/**
 * A thread as it goes on: each new message (`messages:append`), how far the last ones have come
 * (`state-<id>`), what waits for an answer, and who answers.
 *
 * The panel in which one steps in is named after who answers, and goes only to a page that shows another
 * one: what someone is writing is never taken away while it may still be sent.
 */
export function createThreadSource(
  parts: LiveParts,
  {
    bot,
    address,
    visit,
    ...reader
  }: { bot: Bot; address: ChatAddress; visit: Visit; key: ChatKey; after: string },
): StreamSource {
  const { key } = reader
  const path = chatPathOf(key)
  const shown = new Map<string, string>()
  const messages = new Map<string, ThreadMessage>()
  let after = reader.after

  function changed(event: string, html: string): StreamEvent[] {
    if (shown.get(event) === html) return []
    shown.set(event, html)
    return [{ event, data: html }]
  }

  async function readThread() {
    return parts.within(key.creatorId, async (trx) => ({
      chat: await getChatFacts(trx, key),
      said: (await listThread(trx, key, { after, limit: MAX_NEW })).messages,
      recent:
        messages.size === 0
          ? (await listThread(trx, key, { limit: FOLLOWED })).messages
          : ([] as ThreadMessage[]),
      deliveries: await listDeliveries(trx, key, FOLLOWED),
      waiting: presentWaiting((await readProgress(trx, address)).waiting),
    }))
  }

  function renderSaid(said: ThreadMessage[]): StreamEvent[] {
    return said.map((message) => ({
      event: 'messages:append',
      id: message.position,
      data: renderFragment('chats/message', presentMessage(message, path, parts.web)),
    }))
  }

  function renderStates(deliveries: Pick<ThreadMessage, 'id' | 'delivery'>[]): StreamEvent[] {
    return deliveries.flatMap(({ id, delivery }) => {
      const message = messages.get(id)
      if (!message) return []
      const html = renderFragment('chats/state', presentMessage({ ...message, delivery }, path, parts.web))
      return changed(`state-${id}`, html)
    })
  }

  function renderTakeover(chat: Awaited<ReturnType<typeof getChatFacts>>): StreamEvent[] {
    const model = presentTakeover(chat, { bot, visit, settings: parts.settings })
    const state = renderFragment('chats/takeover-state', model)
    const events = changed('takeover-state', `<div id="takeover-state">${state}</div>`)
    if (shown.get('panel') === model.mode) return events
    shown.set('panel', model.mode)
    const panel = renderFragment('chats/panel', { ...model, ...contextOf(visit) })
    return [
      ...events,
      ...TAKEOVER_MODES.filter((mode) => mode !== model.mode).map((mode) => ({
        event: `panel-${mode}`,
        data: panel,
      })),
    ]
  }

  return {
    subscribe: (listener) => parts.feed.subscribe(address, listener),
    async read() {
      const { chat, said, recent, deliveries, waiting } = await readThread()
      for (const message of [...recent, ...said]) messages.set(message.id, message)
      forgetOld(messages)
      after = said.at(-1)?.position ?? after
      return [
        ...changed('waiting', renderFragment('chats/waiting', { waiting })),
        ...renderSaid(said),
        ...renderStates(deliveries),
        ...renderTakeover(chat),
      ]
    },
  }
}

function forgetOld(messages: Map<string, ThreadMessage>): void {
  for (const id of messages.keys()) {
    if (messages.size <= FOLLOWED) return
    messages.delete(id)
  }
}

/** What a page puts around a view, for one that comes without a request. */
function contextOf(visit: Visit) {
  return {
    visit: { ...visit, csrfToken: maskForgeryToken(visit.csrfToken) },
    can: (role: 'owner' | 'editor' | 'viewer') => hasRole(visit.actor, role),
  }
}
