import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** What is known of a bot's account on a channel without asking the vendor. No credential is among it. */
export interface ConnectionFacts {
  channel: string
  /** As the vendor shows it: `@name`, or a name and a number. */
  name: string
  connectedAt: Date
  /** The last trouble with the vendor, in words. */
  lastError: string | null
  lastErrorAt: Date | null
  /** When a person last wrote; null when none has. */
  lastReceivedAt: Date | null
  /** When a message last left; null when none has. */
  lastSentAt: Date | null
  /** Why the last message that could not be sent within a day was not: a code of the catalogue. */
  lastFailure: string | null
}

/** Chats looked at for what was last received and sent: those that anything happened in last. */
const RECENT_CHATS = 50

/** A bot's accounts, by channel. */
export async function listConnectionFacts(
  db: Db,
  { botId, creatorId }: { botId: string; creatorId: string },
): Promise<ConnectionFacts[]> {
  const { rows } = await sql<ConnectionFacts>`
    SELECT connection.channel, connection.name, connection.connected_at AS "connectedAt",
      connection.last_error AS "lastError", connection.last_error_at AS "lastErrorAt",
      seen.received_at AS "lastReceivedAt", seen.sent_at AS "lastSentAt", failed.error_code AS "lastFailure"
    FROM connection
    CROSS JOIN LATERAL (
      SELECT max(recent.last_inbound_at) AS received_at, max(sent.sent_at) AS sent_at, array_agg(recent.id) AS chat_ids
      FROM (
        SELECT id, last_inbound_at FROM chat
        WHERE chat.bot_id = connection.bot_id AND chat.creator_id = connection.creator_id
          AND chat.channel = connection.channel
        ORDER BY last_message_at DESC NULLS LAST LIMIT ${sql.lit(RECENT_CHATS)}
      ) AS recent
      LEFT JOIN LATERAL (
        SELECT max(part.sent_at) AS sent_at FROM part WHERE part.chat_id = recent.id
      ) AS sent ON true
    ) AS seen
    LEFT JOIN LATERAL (
      SELECT part.error_code FROM part
      WHERE part.chat_id = ANY (seen.chat_ids) AND part.state = 'failed' AND part.created_at > now() - interval '1 day'
      ORDER BY part.created_at DESC LIMIT 1
    ) AS failed ON true
    WHERE connection.bot_id = ${botId} AND connection.creator_id = ${creatorId}
    ORDER BY connection.channel
  `.execute(db)
  return rows
}
