import { type RawBuilder, sql } from 'kysely'

/** Meta's customer service window: free-form messages only this long after the person's last one. */
const WHATSAPP_WINDOW_HOURS = 24

/**
 * The one gate for going out. Everything that can forbid a send is asked here, by the very statement that
 * marks a Part as being sent: whether the person blocked the bot, and WhatsApp's 24 hours.
 *
 * SQL over `chat` and `part`: the code of what forbids it, or NULL when the way is free.
 */
export function findObstacle(): RawBuilder<string | null> {
  return sql<string | null>`CASE
    WHEN chat.blocked_at IS NOT NULL THEN 'channel.blocked'
    WHEN part.channel = 'whatsapp' AND coalesce(chat.last_inbound_at, '-infinity')
      < clock_timestamp() - make_interval(hours => ${sql.lit(WHATSAPP_WINDOW_HOURS)}) THEN 'channel.window_closed'
  END`
}
