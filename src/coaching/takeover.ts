import { createHash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { phrase } from '../bots/phrases.ts'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { freeHeldParts } from '../messaging/outbox.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { type Renderers, type Speech, speak } from './speak.ts'
import { listOverdueTakeovers, lockChat, type TakeoverChat } from './takeover-chat.ts'

/** A Chat of one of the actor's Bots. */
export interface ChatRef {
  botId: string
  chatId: string
}

export interface TakeoverSettings {
  /** How long a takeover lasts where nobody says. */
  minutes: number
  /** No takeover lasts longer, however often it is prolonged: a bot that stays silent looks broken. */
  maxMinutes: number
}

/** Longest text of one message of a Member, in UTF-16 units: what every channel takes in one piece. */
export const MAX_TAKEOVER_TEXT = 4_096

/** After a Member's words the bot stays silent at least this long: the person is about to answer. */
const MINUTES_AFTER_WORDS = 15

/** Chats given back by one sweep; the next goes on. */
const BATCH = 100

/**
 * Lets Members speak in place of the bot.
 *
 * All of it is ordered by the lock of the Chat's row, as the commit of a Turn is: what the bot committed before
 * a takeover stands before its notice, and nothing of the bot is committed from then until it is given back.
 * Each change is one transaction; `send-parts` is to be nudged for the Chat once it is committed.
 */
export interface Takeovers {
  /**
   * From now on the Member answers, for `minutes`; the person is told. For who holds the Chat already it is
   * prolonged without another word; from someone else it is taken over.
   *
   * @throws {AppError} `access.denied`, `chat.not_found`, `takeover.too_long`; `channel.blocked` and
   *   `channel.window_closed` when the person cannot be written to.
   */
  start(db: Db, actor: Actor, takeover: ChatRef & { minutes?: number | undefined }): Promise<void>
  /**
   * Says the Member's words (Markdown) to the person. The same `requestId` again says nothing twice.
   *
   * @throws {AppError} as `start`, and `takeover.not_active`, `takeover.held`, `message.empty`, `message.too_long`.
   */
  say(
    db: Db,
    actor: Actor,
    words: ChatRef & { text: string; requestId: string },
  ): Promise<{ messageId: string }>
  /** Gives the Chat back to the bot; the person is told. Harmless when the bot has it already. */
  end(db: Db, actor: Actor, chat: ChatRef): Promise<void>
  /** Gives a Chat back whose time is up; false when it was not, or when someone else just did. */
  endInTime(db: Db, chatId: string): Promise<boolean>
  /** Gives back all whose time is up, each by itself; returns those. */
  endAllInTime(db: Db): Promise<string[]>
}

export function createTakeovers({
  channels,
  settings,
}: {
  channels: Renderers
  settings: TakeoverSettings
}): Takeovers {
  async function start(
    trx: Transaction<Database>,
    actor: Actor,
    { minutes = settings.minutes, ...ref }: ChatRef & { minutes?: number | undefined },
  ): Promise<void> {
    if (minutes > settings.maxMinutes) {
      throw new AppError('takeover.too_long', { maxMinutes: settings.maxMinutes })
    }
    const chat = await lockWritable(trx, actor, ref)
    const isProlonged = chat.isTakenOver && holds(actor, chat)
    const until = sql<Date>`least(now() + make_interval(mins => ${minutes}), ${latestEnd(isProlonged)})`
    await trx
      .updateTable('chat')
      .set({
        takeover_member_id: actor.memberId ?? null,
        takeover_until: until,
        ...(!isProlonged && { takeover_at: sql`now()` }),
      })
      .where('id', '=', chat.id)
      .execute()
    const details = { minutes, isProlonged }
    await recordAudit(trx, actor, {
      action: 'takeover.start',
      objectType: 'chat',
      objectId: chat.id,
      details,
    })
    if (isProlonged) return
    const name = escapeMarkdown(actor.name)
    await tell(trx, chat, {
      markdown: phrase(chat.language, 'takeover_started', { name }),
      actor,
    })
  }

  /** The ceiling counts from the beginning, not from the last time it was prolonged. */
  function latestEnd(isProlonged: boolean) {
    const begun = isProlonged ? sql`takeover_at` : sql`now()`
    return sql<Date>`${begun} + make_interval(mins => ${settings.maxMinutes})`
  }

  async function say(
    trx: Transaction<Database>,
    actor: Actor,
    { text, requestId, ...ref }: ChatRef & { text: string; requestId: string },
  ): Promise<{ messageId: string }> {
    const markdown = text.replaceAll('\0', '').trim()
    if (markdown === '') throw new AppError('message.empty')
    if (markdown.length > MAX_TAKEOVER_TEXT) {
      throw new AppError('message.too_long', { maxLength: MAX_TAKEOVER_TEXT })
    }
    const chat = await lockWritable(trx, actor, ref)
    const id = messageIdOf(chat.id, requestId)
    if (await isSaid(trx, id)) return { messageId: id }
    if (!chat.isTakenOver) throw new AppError('takeover.not_active')
    if (!holds(actor, chat)) throw new AppError('takeover.held')
    const speech: Speech = {
      id,
      turnKind: 'takeover',
      kind: 'takeover',
      markdown,
      policy: 'answer',
      memberId: actor.memberId,
      trace: { by: actor.name },
    }
    await speak(trx, chat, { speech, channels })
    const quietUntil = sql`now() + make_interval(mins => ${MINUTES_AFTER_WORDS})`
    await trx
      .updateTable('chat')
      .set({ takeover_until: sql<Date>`least(greatest(takeover_until, ${quietUntil}), ${latestEnd(true)})` })
      .where('id', '=', chat.id)
      .execute()
    await recordAudit(trx, actor, {
      action: 'takeover.message',
      objectType: 'chat',
      objectId: chat.id,
      details: { messageId: id },
    })
    return { messageId: id }
  }

  async function lockWritable(trx: Transaction<Database>, actor: Actor, ref: ChatRef): Promise<TakeoverChat> {
    requireRole(actor, 'editor')
    const chat = await lockChat(trx, { ...ref, creatorId: actor.creatorId })
    if (!chat) throw new AppError('chat.not_found')
    if (chat.isBlocked) throw new AppError('channel.blocked')
    if (chat.isWindowClosed) throw new AppError('channel.window_closed')
    return chat
  }

  async function giveBack(trx: Transaction<Database>, chat: TakeoverChat, actor?: Actor): Promise<void> {
    await trx
      .updateTable('chat')
      .set({ takeover_member_id: null, takeover_at: null, takeover_until: null })
      .where('id', '=', chat.id)
      .execute()
    await freeHeldParts(trx, chat.id)
    await tell(trx, chat, { markdown: phrase(chat.language, 'takeover_ended'), actor })
  }

  async function tell(
    trx: Transaction<Database>,
    chat: TakeoverChat,
    { markdown, actor }: { markdown: string; actor?: Actor | undefined },
  ): Promise<void> {
    const speech: Speech = {
      turnKind: 'takeover',
      kind: 'notice',
      markdown,
      policy: 'notice',
      memberId: actor?.memberId,
      trace: actor ? { by: actor.name } : {},
    }
    await speak(trx, chat, { speech, channels })
  }

  const endInTime = (db: Db, chatId: string): Promise<boolean> =>
    inTransaction(db, async (trx) => {
      const chat = await lockChat(trx, { chatId, isOverdue: true })
      if (chat) await giveBack(trx, chat)
      return chat !== undefined
    })

  return {
    start: (db, actor, takeover) => inTransaction(db, (trx) => start(trx, actor, takeover)),
    say: (db, actor, words) => inTransaction(db, (trx) => say(trx, actor, words)),
    end: (db, actor, ref) =>
      inTransaction(db, async (trx) => {
        requireRole(actor, 'editor')
        const chat = await lockChat(trx, { ...ref, creatorId: actor.creatorId })
        if (!chat) throw new AppError('chat.not_found')
        if (chat.takeoverUntil === null) return
        await giveBack(trx, chat, actor)
        await recordAudit(trx, actor, { action: 'takeover.end', objectType: 'chat', objectId: chat.id })
      }),
    endInTime,
    async endAllInTime(db) {
      const ended: string[] = []
      for (const chatId of await listOverdueTakeovers(db, BATCH)) {
        if (await endInTime(db, chatId)) ended.push(chatId)
      }
      return ended
    },
  }
}

/** Who holds a Chat is a Member; an API key speaks for none, and holds what no Member does. */
function holds(actor: Actor, chat: TakeoverChat): boolean {
  return chat.takeoverMemberId === (actor.memberId ?? null)
}

/** The id of what is said at one request in one Chat: no one else's, and the same at a repeat. */
function messageIdOf(chatId: string, requestId: string): string {
  const hex = createHash('sha256').update(`${chatId}:${requestId}`).digest('hex')
  // Version 8 is the UUID of one's own making.
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

async function isSaid(trx: Transaction<Database>, id: string): Promise<boolean> {
  const row = await trx.selectFrom('message').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}
