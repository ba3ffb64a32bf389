import { type RawBuilder, sql } from 'kysely'

/** Meta's customer service window: free-form messages only this long after the person's last one. */
export const WHATSAPP_WINDOW_HOURS = 24

/**
 * The one gate for going out. Everything that can forbid a send is asked here, by the very statement that
 * marks a Part as being sent: whether the person blocked the bot, and WhatsApp's 24 hours.
 *
 * SQL over `chat` and `part`: the code of what forbids it, or NULL when the way is free.
 */
export function findObstacle(): RawBuilder<string | null> {
  return sql<string | null>`CASE
    WHEN chat.blocked_at IS NOT NULL THEN 'channel.blocked'
    WHEN ${isWindowClosed()} THEN 'channel.window_closed'
  END`
}

/** SQL over `chat` that is true when the channel takes no free words of ours just now. */
export function isWindowClosed(): RawBuilder<boolean> {
  return sql<boolean>`(chat.channel = 'whatsapp' AND coalesce(chat.last_inbound_at, '-infinity')
    < clock_timestamp() - make_interval(hours => ${sql.lit(WHATSAPP_WINDOW_HOURS)}))`
}

/**
 * Quiet hours, and takeovers: until when the Bot holds back what it begins to say by itself. An answer is never
 * held, and neither is what belongs to a takeover, where a person speaks.
 *
 * SQL over `part` and `chat`: a time, or NULL when the way is free.
 */
export function findHold(): RawBuilder<Date | null> {
  return sql<Date | null>`CASE WHEN part.policy = 'notice' AND part.state = 'queued' THEN (
    SELECT greatest(CASE
      WHEN quiet.starts < quiet.ends AND here.clock >= quiet.starts AND here.clock < quiet.ends THEN here.day + quiet.ends
      WHEN quiet.starts > quiet.ends AND here.clock >= quiet.starts THEN here.day + 1 + quiet.ends
      WHEN quiet.starts > quiet.ends AND here.clock < quiet.ends THEN here.day + quiet.ends
    END AT TIME ZONE quiet.zone, CASE WHEN chat.takeover_until > clock_timestamp() THEN chat.takeover_until END)
    FROM bot
    JOIN message ON message.id = part.message_id
    JOIN turn ON turn.id = message.turn_id AND turn.kind <> 'takeover'
    CROSS JOIN LATERAL (
      SELECT (bot.settings #>> '{quiet_hours,from}')::time AS starts, (bot.settings #>> '{quiet_hours,to}')::time AS ends,
        bot.settings #>> '{quiet_hours,time_zone}' AS zone
    ) AS quiet
    CROSS JOIN LATERAL (
      SELECT (clock_timestamp() AT TIME ZONE quiet.zone)::date AS day, (clock_timestamp() AT TIME ZONE quiet.zone)::time AS clock
    ) AS here
    WHERE bot.id = part.bot_id
  ) END`
}
