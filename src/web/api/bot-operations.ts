import { z } from 'zod'
import { listBotPage } from '../../bots/bot.ts'
import { removeBot } from '../../bots/bot-removal.ts'
import { createBot, NewBot } from '../../bots/create-bot.ts'
import { getEditableBot, readBotSettings, saveBotSettings } from '../../bots/save-bot.ts'
import { Slug } from '../../packs/pack-format.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { createBotTry, MAX_TRY_CHARS } from '../bot-try.ts'
import {
  BotAnswer,
  BotPath,
  BotSummary,
  presentBot,
  presentSummary,
  presentTried,
  Settings,
  TryAnswer,
} from './bot-schemas.ts'
import { defineLongOperation, defineOperation, type Operation, PageQuery, pageOf } from './operation.ts'

const READ = { tag: 'Bots', scope: 'bots:read', role: 'viewer' } as const
const WRITE = { tag: 'Bots', scope: 'bots:write', role: 'editor' } as const

type Parts = Pick<
  AdminParts,
  | 'db'
  | 'within'
  | 'answerer'
  | 'channels'
  | 'connections'
  | 'registrars'
  | 'vectors'
  | 'files'
  | 'offer'
  | 'settings'
  | 'stopping'
  | 'log'
>

/** Bots and their settings, and asking one without leaving a trace. */
export function createBotOperations(parts: Parts): Operation[] {
  const botTry = createBotTry(parts)
  return [
    LIST_BOTS,
    CREATE_BOT,
    GET_BOT,
    createUpdate(parts),
    defineLongOperation({
      ...{ ...WRITE, role: 'owner', id: 'deleteBot', method: 'delete', path: '/bots/:botId' },
      summary: 'Delete a bot with its chats, its material and its channels',
      params: BotPath,
      query: z.object({
        slug: z.string().max(200).describe('Of this very bot: so that no other is deleted.'),
      }),
      answer: z.object({ id: z.uuid() }),
      async handle({ actor, params: { botId }, query: { slug } }) {
        await removeBot(parts, actor, { botId, slug })
        return { id: botId }
      },
    }),
    defineLongOperation({
      ...{ ...WRITE, id: 'tryBot', method: 'post', path: '/bots/:botId/try' },
      summary: 'Ask a bot as its people do, without a chat, usage or gap',
      params: BotPath,
      body: z.object({ question: z.string().trim().min(1).max(MAX_TRY_CHARS) }),
      answer: TryAnswer,
      async handle({ actor, params: { botId }, body: { question }, signal }) {
        return presentTried(await botTry.ask(actor, { botId, question, signal }))
      },
    }),
  ]
}

const LIST_BOTS = defineOperation({
  ...{ ...READ, id: 'listBots', method: 'get', path: '/bots' },
  summary: 'List bots by slug',
  query: PageQuery.extend({ cursor: Slug.optional() }),
  answer: pageOf(BotSummary),
  async handle({ actor: { creatorId }, trx, query: { cursor: after, limit } }) {
    const { items, nextAfter } = await listBotPage(trx, { creatorId, after, limit })
    return { items: items.map(presentSummary), nextCursor: nextAfter }
  },
})

const CREATE_BOT = defineOperation({
  ...{ ...WRITE, id: 'createBot', method: 'post', path: '/bots' },
  summary: 'Make a bot with no material yet',
  body: NewBot,
  answer: BotAnswer,
  status: 201,
  async handle({ actor, trx, body }) {
    const { id: botId } = await createBot(trx, actor, body)
    return presentBot(await getEditableBot(trx, { botId, creatorId: actor.creatorId }))
  },
})

const GET_BOT = defineOperation({
  ...{ ...READ, id: 'getBot', method: 'get', path: '/bots/:botId' },
  summary: 'Show a bot with its settings',
  params: BotPath,
  answer: BotAnswer,
  async handle({ actor: { creatorId }, trx, params: { botId } }) {
    return presentBot(await getEditableBot(trx, { botId, creatorId }))
  },
})

function createUpdate({ offer }: Pick<Parts, 'offer'>): Operation {
  return defineOperation({
    ...{ ...WRITE, id: 'updateBot', method: 'put', path: '/bots/:botId' },
    summary: 'Put new settings in place of those that were read',
    params: BotPath,
    body: z.object({
      settings: Settings,
      expectedUpdatedAt: z.iso.datetime().describe('The `updatedAt` of what was read.'),
    }),
    answer: BotAnswer,
    async handle({ actor, trx, params: { botId }, body }) {
      const settings = readBotSettings(body.settings, offer)
      const expectedUpdatedAt = new Date(body.expectedUpdatedAt)
      await saveBotSettings(trx, actor, { botId, settings, expectedUpdatedAt })
      return presentBot(await getEditableBot(trx, { botId, creatorId: actor.creatorId }))
    },
  })
}
