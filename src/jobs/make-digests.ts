import { claimDigest, type Digest, type DigestReader, listDigestReaders } from '../accounts/digest-wish.ts'
import type { Db } from '../db/database.ts'
import { listOpenQuestions, readWeek } from '../insights/week.ts'
import type { Logger } from '../logger.ts'
import type { QueueMail } from '../mail/mail-queue.ts'
import type { Mail } from '../mail/mailer.ts'
import { presentGapDigestMail, presentWeeklyDigestMail } from '../mail/mails.ts'
import type { UnsubscribeLinks } from '../mail/unsubscribe.ts'

interface DigestParts {
  db: Db
  queueMail: QueueMail
  unsubscribeLinks: UnsubscribeLinks
  publicUrl: string
  log: Logger
}

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** In UTC: before the working day begins in Europe, at its end in the Pacific. */
const DUE_HOUR_MS = 5 * 3_600_000
/** Monday looks back on the week; Thursday leaves two days to answer what is open. As days after Monday. */
const DUE_DAY: Record<Digest, number> = { weekly: 0, gap: 3 }
/** The first Monday of the computer's time: weeks are counted from it. */
const FIRST_MONDAY_MS = 4 * DAY_MS
/** Members written to in one go. */
const BATCH = 200
/** When all are written to, who changes their mind is found this much later. */
const LOOK_AGAIN_MS = 600_000
/** Questions listed in a mail. */
const QUESTIONS = 5

const MAIL_KIND = { weekly: 'weekly-digest', gap: 'gap-digest' } as const

/** When this digest was last due: the latest Monday or Thursday morning. */
export function lastDue(digest: Digest, now: Date): Date {
  const offset = FIRST_MONDAY_MS + DUE_DAY[digest] * DAY_MS + DUE_HOUR_MS
  return new Date(now.getTime() - ((now.getTime() - offset) % WEEK_MS))
}

/**
 * Writes the digests that are due, each once a week for every Member and Creator, however many schedulers run and
 * however late: what was due while nothing ran is made up for until the next one is due.
 *
 * @returns a function that does so and says how many mails it queued; called often, it mostly does nothing.
 */
export function createMakeDigests(parts: DigestParts): (now: Date) => Promise<number> {
  const { db, log } = parts
  const allWritten = new Map<Digest, { dueAt: number; until: number }>()

  return async (now) => {
    let queued = 0
    for (const digest of ['weekly', 'gap'] as const) queued += await makeDue(digest, now)
    return queued
  }

  async function makeDue(digest: Digest, now: Date): Promise<number> {
    const dueAt = lastDue(digest, now)
    const known = allWritten.get(digest)
    if (known?.dueAt === dueAt.getTime() && now.getTime() < known.until) return 0
    const terms = { dueAt, mailKind: MAIL_KIND[digest], limit: BATCH }
    const readers = await listDigestReaders(db, digest, terms)
    let queued = 0
    for (const reader of readers) {
      queued += await write(digest, reader, dueAt).catch((err) => {
        log.warn({ err, creatorId: reader.creatorId, digest }, 'digest-failed')
        return 0
      })
    }
    if (readers.length < BATCH) {
      allWritten.set(digest, { dueAt: dueAt.getTime(), until: now.getTime() + LOOK_AGAIN_MS })
    }
    return queued
  }

  /** The claim and the mail commit together: neither is without the other, unless there is nothing to tell. */
  async function write(digest: Digest, reader: DigestReader, dueAt: Date): Promise<number> {
    return db.transaction().execute(async (trx) => {
      if (!(await claimDigest(trx, digest, { ...reader, dueAt }))) return 0
      const mail = await presentDigest(parts, trx, { digest, reader, dueAt })
      if (!mail) return 0
      const { creatorId, memberId } = reader
      const dedupeKey = `${mail.kind}:${memberId}:${dueAt.toISOString().slice(0, 10)}`
      return (await parts.queueMail(trx, { creatorId, dedupeKey, mail })) ? 1 : 0
    })
  }
}

/** `undefined` where there is nothing to tell: a week in which nobody wrote, or without an open question. */
async function presentDigest(
  { publicUrl, unsubscribeLinks }: DigestParts,
  db: Db,
  { digest, reader, dueAt }: { digest: Digest; reader: DigestReader; dueAt: Date },
): Promise<Mail | undefined> {
  const { creatorId, creatorName, email, language } = reader
  const kind = MAIL_KIND[digest]
  const terms = { email, kind, creatorId, ...(language && { language }) }
  const unsubscribeUrl = unsubscribeLinks.urlOf(terms)
  if (digest === 'weekly') {
    const to = new Date(dueAt.getTime() - DUE_HOUR_MS)
    const from = new Date(to.getTime() - WEEK_MS)
    const week = await readWeek(db, { creatorId, from, to })
    if (week.questions + week.newPeople === 0) return undefined
    const lastDay = new Date(to.getTime() - DAY_MS)
    const facts = { creatorName, ...week, from, to: lastDay, unsubscribeUrl }
    return presentWeeklyDigestMail(reader, `${publicUrl}/admin`, facts)
  }
  const since = new Date(dueAt.getTime() - WEEK_MS)
  const { questions, total } = await listOpenQuestions(db, { creatorId, since, limit: QUESTIONS })
  const [first] = questions
  if (!first) return undefined
  const link = `${publicUrl}/admin/bots/${first.botId}/gaps`
  return presentGapDigestMail(reader, link, { creatorName, gaps: questions, total, unsubscribeUrl })
}
