import { randomUUID } from 'node:crypto'
import { hasRole } from '../../../accounts/access.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import { phrase } from '../../../bots/phrases.ts'
import type { Channel } from '../../../channels/channel.ts'
import type { TakeoverSettings } from '../../../coaching/takeover.ts'
import type { ChatFacts } from '../../../messaging/chat-facts.ts'
import type { ChatSummary } from '../../../messaging/chat-list.ts'
import type { ThreadMessage } from '../../../messaging/thread.ts'
import type { Update } from '../../../messaging/update.ts'
import { nameChannel } from '../channels/words.ts'
import type { Visit } from '../visit.ts'
import { chatPathOf } from './address.ts'
import { presentDelivery, presentPerson } from './words.ts'

/** Makes safe HTML of Markdown: the browser's own channel. */
export type WebRenderer = Pick<Channel, 'render'>

/** A Chat as a row of the list. */
export function presentChatRow(chat: ChatSummary, botId: string) {
  return {
    ...chat,
    name: presentPerson(chat),
    channelName: nameChannel(chat.channel),
    href: `${chatPathOf({ botId, chatId: chat.id })}#end`,
    speaker: chat.lastLine && { subscriber: '', bot: 'Bot: ', member: 'You: ' }[chat.lastLine.from],
  }
}

/** One message of a thread, as its view takes it. */
export function presentMessage(message: ThreadMessage, path: string, web: WebRenderer) {
  const { direction, kind, memberName } = message
  const isCoach = direction === 'out' && kind === 'takeover'
  return {
    ...message,
    html: direction === 'out' ? renderHtml(message, web) : undefined,
    isCoach,
    who: direction === 'in' ? undefined : isCoach ? (memberName ?? 'Your team') : 'Bot',
    delivery: presentDelivery(message.delivery),
    tracePath: message.hasTrace ? `${path}/messages/${message.id}/trace` : undefined,
  }
}

function renderHtml({ markdown, citations, buttons }: ThreadMessage, web: WebRenderer): string {
  return web
    .render({ markdown, citations, buttons })
    .map(({ html }) => (typeof html === 'string' ? html : ''))
    .join('')
}

/** What the person wrote and nobody has taken up yet. */
export function presentWaiting(updates: Update[]): { text: string; at: Date }[] {
  return updates.flatMap(({ event, sentAt }) => {
    const at = new Date(sentAt)
    switch (event.kind) {
      case 'text':
        return [{ text: event.text, at }]
      case 'command':
        return [{ text: `/${event.name} ${event.argument}`.trim(), at }]
      case 'media':
        return [{ text: [`[${event.media}]`, event.caption].filter(Boolean).join('\n'), at }]
      default:
        return []
    }
  })
}

/** Who answers in a Chat, and what whoever looks at it may do about that. Each is a panel of its own. */
export const TAKEOVER_MODES = ['bot', 'mine', 'other', 'closed'] as const
export type TakeoverMode = (typeof TAKEOVER_MODES)[number]

export function presentTakeover(
  chat: ChatFacts,
  { bot, visit, settings }: { bot: Bot; visit: Visit; settings: TakeoverSettings },
) {
  const path = chatPathOf({ botId: chat.botId, chatId: chat.id })
  const mode = modeOf(chat, visit)
  return {
    mode,
    action: path,
    takeover: chat.takeover,
    holder: chat.takeover?.name ?? 'Someone else',
    isBlocked: chat.isBlocked,
    window: chat.window,
    mayWrite: hasRole(visit.actor, 'editor'),
    myName: visit.actor.name,
    startNotice: phrase(chat.language ?? bot.settings.languages[0] ?? 'en', 'takeover_started', {
      name: visit.actor.name,
    }),
    durations: listDurations(settings),
    requestId: randomUUID(),
  }
}

function modeOf({ isBlocked, window, takeover }: ChatFacts, { actor }: Visit): TakeoverMode {
  if (isBlocked || window?.isClosed) return 'closed'
  if (!takeover) return 'bot'
  return takeover.memberId === actor.memberId ? 'mine' : 'other'
}

const DURATIONS = [15, 60, 240, 720, 1440]

function listDurations({ minutes: usual, maxMinutes }: TakeoverSettings) {
  const offered = new Set([...DURATIONS, usual].filter((minutes) => minutes <= maxMinutes))
  return [...offered]
    .sort((a, b) => a - b)
    .map((minutes) => ({ minutes, label: describeMinutes(minutes), isDefault: minutes === usual }))
}

function describeMinutes(minutes: number): string {
  if (minutes % 60 !== 0) return `${minutes} minutes`
  const hours = minutes / 60
  return hours === 1 ? '1 hour' : `${hours} hours`
}
