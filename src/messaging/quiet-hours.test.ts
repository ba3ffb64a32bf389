import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../accounts/access.ts'
import type { Bot, QuietHours } from '../bots/bot-settings.ts'
import { getEditableBot, saveBotSettings } from '../bots/save-bot.ts'
import { addTestBot, buildBotSettings } from '../testing/builders/bot.ts'
import { addTestChat } from '../testing/builders/conversation.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { type Claim, claimNextPart } from './claim-part.ts'
import { listForgottenOutboxes, markPartSent, type SendPolicy } from './outbox.ts'

const UNPACED = {
  telegram: { botPerSecond: 100_000, chatPerSecond: 100_000 },
  whatsapp: { numberPerSecond: 100_000, pairPerSecond: 100_000 },
}

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase()
})
afterAll(() => test[Symbol.asyncDispose]())

/** A zone where it is this hour of the day just now, and the minutes past it. */
function zoneWhereItIs(hour: number): { zone: string; minutes: number } {
  const now = new Date()
  const offset = ((hour - now.getUTCHours() + 36) % 24) - 12
  // The signs of these names are those of POSIX: west is plus.
  return { zone: `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`, minutes: now.getUTCMinutes() }
}

async function addChat(quiet_hours: QuietHours | undefined, turnKind = 'gap') {
  const bot = await addTestBot(test.db, {
    settings: { ...buildBotSettings(), ...(quiet_hours && { quiet_hours }) },
  })
  const chat = await addTestChat(test.db, bot)
  await test.db.updateTable('turn').set({ kind: turnKind }).where('id', '=', chat.turnId).execute()
  return { bot, chat }
}

type TestChat = Awaited<ReturnType<typeof addChat>>['chat']

async function queue(chat: TestChat, text: string, policy: SendPolicy): Promise<void> {
  const owner = { creator_id: chat.creatorId, chat_id: chat.id }
  const message = {
    id: randomUUID(),
    turn_id: chat.turnId,
    direction: 'out' as const,
    kind: 'notice',
    markdown: text,
  }
  await test.db
    .insertInto('message')
    .values({ ...owner, ...message, vendor_message_id: null })
    .execute()
  await test.db
    .insertInto('part')
    .values({
      ...owner,
      bot_id: chat.botId,
      message_id: message.id,
      channel: 'telegram',
      payload: JSON.stringify({ text }),
      policy,
    })
    .execute()
}

function claim(chat: TestChat): Promise<Claim> {
  return claimNextPart(test.db, chat.id, { workerId: 1_000_000, pace: UNPACED })
}

async function send(chat: TestChat): Promise<string> {
  const next = await claim(chat)
  if (next.kind !== 'part') return next.kind
  await markPartSent(test.db, next.part, { vendorMessageId: randomUUID() })
  return String(next.part.payload.text)
}

describe('quiet hours', () => {
  it.each([
    ['during the day', 12, '11:00', '14:00', 2],
    ['in the evening, past midnight', 23, '22:00', '06:00', 7],
    ['in the night', 1, '22:00', '06:00', 5],
  ])('hold a notice until they end: %s', async (_, hour, from, to, hours) => {
    const { zone, minutes } = zoneWhereItIs(hour)
    const { chat } = await addChat({ from, to, time_zone: zone })
    await queue(chat, 'Time to practise.', 'notice')

    const next = await claim(chat)

    expect(next.kind).toBe('later')
    if (next.kind !== 'later') return
    expect(next.waitMs / 60_000).toBeCloseTo(hours * 60 - minutes, -1)
  })

  it.each([
    ['before', 10, '11:00', '14:00'],
    ['after', 15, '11:00', '14:00'],
    ['outside a night', 12, '22:00', '06:00'],
  ])('let a notice pass %s', async (_, hour, from, to) => {
    const { chat } = await addChat({ from, to, time_zone: zoneWhereItIs(hour).zone })
    await queue(chat, 'Time to practise.', 'notice')

    expect(await send(chat)).toBe('Time to practise.')
  })

  it('let an answer pass the notice that waits before it', async () => {
    const { chat } = await addChat({ from: '11:00', to: '14:00', time_zone: zoneWhereItIs(12).zone })
    await queue(chat, 'Time to practise.', 'notice')
    await queue(chat, 'The answer.', 'answer')
    await queue(chat, 'Its second half.', 'answer')

    expect([await send(chat), await send(chat), await send(chat)]).toEqual([
      'The answer.',
      'Its second half.',
      'later',
    ])
  })

  it('let a takeover speak', async () => {
    const hours = { from: '11:00', to: '14:00', time_zone: zoneWhereItIs(12).zone }
    const { chat } = await addChat(hours, 'takeover')
    await queue(chat, 'Nell is answering you now.', 'notice')

    expect(await send(chat)).toBe('Nell is answering you now.')
  })

  it('keep what waits out of the sweep, and end at once when they are taken off', async () => {
    const { bot, chat } = await addChat({ from: '11:00', to: '14:00', time_zone: zoneWhereItIs(12).zone })
    await queue(chat, 'Time to practise.', 'notice')
    await queue(chat, 'And again.', 'notice')
    await claim(chat)
    expect(await listForgottenOutboxes(test.db, 0, 100)).not.toContain(chat.id)

    await takeOff(bot)

    expect([await send(chat), await send(chat)]).toEqual(['Time to practise.', 'And again.'])
  })
})

async function takeOff(bot: Bot): Promise<void> {
  const { updatedAt, settings } = await getEditableBot(test.db, { botId: bot.id, creatorId: bot.creatorId })
  const { quiet_hours: _, ...rest } = settings
  await saveBotSettings(test.db, actorOf(bot), {
    botId: bot.id,
    settings: rest,
    expectedUpdatedAt: updatedAt,
  })
}

function actorOf({ creatorId }: Bot): Actor {
  const nobody = { memberId: undefined, apiKeyId: undefined, ip: undefined, isOperator: false }
  return { ...nobody, creatorId, name: 'Nell', role: 'editor' }
}
