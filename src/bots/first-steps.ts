import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../db/database.ts'
import { type DocumentSummary, listDocumentPage } from '../knowledge/documents/list.ts'
import { findBot } from './bot.ts'
import type { Bot } from './bot-settings.ts'
import { type ShareLink, shareLinkOf } from './share-links.ts'

/** What a Creator's row remembers of the way: all else is read from what is really there. */
const Guide = z.object({
  /** The Bot the way is walked with. */
  botId: z.uuid().optional().catch(undefined),
  /** They asked it something; kept, since looking for it costs more the more chats there are. */
  isTried: z.boolean().catch(false),
  /** They went on by themselves. */
  isLeft: z.boolean().catch(false),
})
type Guide = z.output<typeof Guide>

/** Documents shown on the way; the page of the material lists them all. */
const MAX_DOCUMENTS = 8

/** How far a Creator is on the way from nothing to a Bot that answers people. */
export interface FirstSteps {
  bot: Bot | undefined
  /** The last changed ones. */
  documents: DocumentSummary[]
  hasMaterial: boolean
  isTried: boolean
  /** Accounts the Bot is connected to, with the link where one is known. */
  connections: { channel: 'telegram' | 'whatsapp'; name: string; link: ShareLink | undefined }[]
  /** How many of the four are done. */
  done: number
  isLeft: boolean
}

export const FIRST_STEPS = 4

/** Where the Creator stands. A Bot that is gone begins the way anew. */
export async function readFirstSteps(db: Db, creatorId: string): Promise<FirstSteps> {
  const guide = await readGuide(db, creatorId)
  const bot = guide.botId ? await findBot(db, guide.botId) : undefined
  if (!bot || bot.creatorId !== creatorId) return { ...NOWHERE, isLeft: guide.isLeft }
  const { items: documents } = await listDocumentPage(db, bot, { limit: MAX_DOCUMENTS })
  const hasMaterial = documents.some(({ isAnswering }) => isAnswering) || (await hasActiveDocument(db, bot))
  const isTried = guide.isTried || (await rememberTried(db, bot))
  const connections = await listConnections(db, bot)
  const done = [true, hasMaterial, isTried, connections.length > 0].filter(Boolean).length
  return { bot, documents, hasMaterial, isTried, connections, done, isLeft: guide.isLeft }
}

const NOWHERE: FirstSteps = {
  bot: undefined,
  documents: [],
  hasMaterial: false,
  isTried: false,
  connections: [],
  done: 0,
  isLeft: false,
}

/** Begins the way with this Bot. */
export async function beginFirstSteps(db: Db, { creatorId, id: botId }: Bot): Promise<void> {
  await writeGuide(db, creatorId, { botId, isTried: false, isLeft: false })
}

/** The Creator goes on alone; the way can be taken up again at any time. */
export async function leaveFirstSteps(db: Db, creatorId: string): Promise<void> {
  await writeGuide(db, creatorId, { isLeft: true })
}

/** The Bot was asked something in the pages' own try-out, which leaves no Chat. */
export async function noteTried(
  db: Db,
  { creatorId, botId }: { creatorId: string; botId: string },
): Promise<void> {
  const guide = await readGuide(db, creatorId)
  if (guide.botId === botId && !guide.isTried) await writeGuide(db, creatorId, { isTried: true })
}

async function readGuide(db: Db, creatorId: string): Promise<Guide> {
  const row = await db.selectFrom('creator').select('guide').where('id', '=', creatorId).executeTakeFirst()
  return Guide.parse(row?.guide ?? {})
}

async function writeGuide(db: Db, creatorId: string, changes: Partial<Guide>): Promise<void> {
  await db
    .updateTable('creator')
    .set({ guide: sql`guide || ${JSON.stringify(changes)}::jsonb` })
    .where('id', '=', creatorId)
    .execute()
}

async function hasActiveDocument(db: Db, { creatorId, knowledgeBaseId }: Bot): Promise<boolean> {
  const row = await db
    .selectFrom('document')
    .select('id')
    .where('creator_id', '=', creatorId)
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('active_version_id', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Whether anyone wrote to it in the browser. */
async function rememberTried(db: Db, { creatorId, id }: Bot): Promise<boolean> {
  const chat = await db
    .selectFrom('chat')
    .select('id')
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', id)
    .where('channel', '=', 'web')
    .where('last_inbound_at', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  if (chat) await writeGuide(db, creatorId, { isTried: true })
  return chat !== undefined
}

async function listConnections(db: Db, { creatorId, id }: Bot): Promise<FirstSteps['connections']> {
  const rows = await db
    .selectFrom('connection')
    .select(['channel', 'name'])
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', id)
    .orderBy('channel')
    .execute()
  return rows.flatMap(({ channel, name }) =>
    channel === 'telegram' || channel === 'whatsapp'
      ? [{ channel, name, link: shareLinkOf({ channel, name }) }]
      : [],
  )
}
