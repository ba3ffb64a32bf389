import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** A question may have been on its way while the answer to it was taken in. */
const IN_FLIGHT_SECONDS = 10

/**
 * Counts groups anew and brings their state forward, after Gaps joined them (group -> the new Gaps).
 *
 * An answered group gets its new askers told when they asked before the bot could know the answer. Who asked after
 * that and was refused all the same opens it again: the answer is not found by these words.
 */
export async function settleGroups(trx: Db, joined: Map<string, string[]>): Promise<void> {
  const groupIds = [...joined.keys()]
  if (groupIds.length === 0) return
  await recountGroups(trx, groupIds)
  await sql`
    WITH newcomer AS (
      SELECT gap.group_id, bool_or(gap.created_at > coalesce(
        version.ready_at + make_interval(secs => ${IN_FLIGHT_SECONDS}),
        CASE WHEN document.id IS NULL THEN '-infinity'::timestamptz ELSE 'infinity' END
      )) AS is_unserved
      FROM gap
      JOIN gap_group ON gap_group.id = gap.group_id AND gap_group.state = 'answered'
      LEFT JOIN document ON document.id = gap_group.document_id
      LEFT JOIN document_version AS version ON version.id = document.active_version_id
      WHERE gap.id = ANY (${[...joined.values()].flat()}::uuid[])
      GROUP BY gap.group_id
    )
    UPDATE gap_group SET
      state = CASE WHEN is_unserved THEN 'open' ELSE state END,
      notify_at = CASE WHEN is_unserved THEN NULL ELSE coalesce(notify_at, now()) END
    FROM newcomer WHERE gap_group.id = newcomer.group_id
  `.execute(trx)
}

/** Counts how often and by how many the groups' questions were asked. */
export async function recountGroups(trx: Db, groupIds: string[]): Promise<void> {
  await sql`
    UPDATE gap_group SET
      asked_count = counted.asked, asker_count = counted.askers, last_asked_at = counted.last_asked_at
    FROM (
      SELECT gap.group_id, count(*) AS asked, count(DISTINCT chat.subscriber_id) AS askers,
        max(gap.created_at) AS last_asked_at
      FROM gap JOIN chat ON chat.id = gap.chat_id
      WHERE gap.group_id = ANY (${groupIds}::uuid[])
      GROUP BY gap.group_id
    ) AS counted
    WHERE gap_group.id = counted.group_id
  `.execute(trx)
}
