import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** A mail as its Creator sees it: that it went, never what it said. */
export interface MailLine {
  id: string
  kind: string
  recipient: string
  /** queued, sending, doubtful, sent, failed or suppressed. */
  state: string
  /** What the mail service said later: processed, deferred, delivered, dropped, bounce, spamreport. */
  delivery: string | null
  errorCode: string | null
  attempts: number
  createdAt: Date
  sentAt: Date | null
}

/** Time to the microsecond as PostgreSQL prints it, and the id: where the page before ended. */
const CURSOR = /^([\d:. +-]{10,40})~([0-9a-f-]{36})$/

/** One page of a Creator's mails, the newest first. A cursor that was not ours begins anew. */
export async function listMails(
  db: Db,
  { creatorId, cursor, limit }: { creatorId: string; cursor?: string | undefined; limit: number },
): Promise<{ items: MailLine[]; nextCursor: string | undefined }> {
  const [, at, id] = CURSOR.exec(cursor ?? '') ?? []
  const isPast = at && id && !Number.isNaN(Date.parse(at))
  const { rows } = await sql<MailLine & { exactly: string }>`
    SELECT id, kind, recipient, state, delivery, error_code AS "errorCode", attempts, created_at AS "createdAt",
      sent_at AS "sentAt", created_at::text AS exactly
    FROM mail
    WHERE creator_id = ${creatorId}
      AND ${isPast ? sql`(created_at, id) < (${at}::timestamptz, ${id}::uuid)` : sql`true`}
    ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}
  `.execute(db)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(({ exactly: _exactly, ...line }) => line),
    nextCursor: rows.length > limit && last ? `${last.exactly}~${last.id}` : undefined,
  }
}
