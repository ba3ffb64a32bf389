import type { Db } from '../db/database.ts'
import { shareLinkOf, webLinkOf } from './share-links.ts'

/** The order in which a chat is offered to someone who has none yet. */
const CHANNELS = ['telegram', 'whatsapp'] as const

/**
 * Where a person opens a chat with a Bot; `start` is what the Bot then hears first. The Bot's own page where it is on
 * no channel; undefined for a Bot that is gone.
 */
export async function findChatLink(
  db: Db,
  {
    botId,
    publicUrl,
    channel,
    start,
  }: { botId: string; publicUrl: string; channel?: string; start?: string },
): Promise<string | undefined> {
  const bot = await db.selectFrom('bot').select('slug').where('id', '=', botId).executeTakeFirst()
  if (!bot) return undefined
  const connections = await db
    .selectFrom('connection')
    .select(['channel', 'name'])
    .where('bot_id', '=', botId)
    .execute()
  const wanted = channel === undefined ? CHANNELS : CHANNELS.filter((name) => name === channel)
  for (const name of wanted) {
    const connection = connections.find((candidate) => candidate.channel === name)
    const link = connection && shareLinkOf({ channel: name, name: connection.name })
    if (link) return link.url + (start === undefined ? '' : startOf(name, start))
  }
  return webLinkOf(publicUrl, bot.slug).url
}

function startOf(channel: (typeof CHANNELS)[number], start: string): string {
  return channel === 'telegram' ? `?start=${start}` : `?text=${encodeURIComponent(`/start ${start}`)}`
}
