import type { Connection } from '../../channels/channel.ts'

/** A bot's account at a vendor, for tests that need no database. */
export function buildConnection(
  account: Pick<Connection, 'channel' | 'externalId'> & Partial<Connection>,
): Connection {
  return { id: 'connection', creatorId: 'creator', botId: 'bot', credentials: {}, ...account }
}
