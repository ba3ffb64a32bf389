import type { Vault } from '../accounts/vault.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../insights/metrics.ts'
import type { Logger } from '../logger.ts'
import {
  beginMail,
  type ClaimedMail,
  claimMail,
  doubtMail,
  failMail,
  markMailSent,
  postponeMail,
} from '../mail/mail-claim.ts'
import { openMailBody } from '../mail/mail-queue.ts'
import { isMailbox } from '../mail/mailbox.ts'
import type { Mail, Mailer } from '../mail/mailer.ts'
import type { JobHandlers } from './job.ts'

interface SendMailParts {
  db: Db
  vault: Pick<Vault, 'open'>
  mailer: Mailer
  metrics: Pick<Metrics, 'countMail'>
  log: Logger
}

/** Hands one queued mail to the mail service, if it is due and its reader is still to be written to. */
export function createSendMail(parts: SendMailParts): JobHandlers['send-mail'] {
  const { db, vault, mailer, metrics, log } = parts
  return async ({ mailId }, signal) => {
    const claimed = await claimMail(db, mailId)
    if (!claimed) return
    const mail = readBody(vault, claimed)
    if (!mail) return settle(claimed, new AppError('vault.unreadable'))
    if (!isMailbox(mail.to)) return settle(claimed, new AppError('mail.rejected', { reason: 'no address' }))
    const begun = await beginMail(db, claimed)
    if (begun === 'suppressed') metrics.countMail({ kind: claimed.kind, outcome: 'suppressed' })
    if (begun !== 'sending') return
    try {
      await mailer.send({ ...mail, id: claimed.id }, signal)
    } catch (error) {
      return settle(claimed, error)
    }
    await markMailSent(db, [claimed.id])
    metrics.countMail({ kind: claimed.kind, outcome: 'sent' })
  }

  async function settle(claimed: ClaimedMail, error: unknown): Promise<void> {
    const outcome = await settleFailure(db, claimed, error)
    const { id: mailId, kind, attempts } = claimed
    metrics.countMail({ kind, outcome })
    log.warn({ err: error, mailId, kind, attempts, outcome }, 'mail-not-sent')
  }
}

/** Anything but a known failure may have happened after the mail left: that is doubt. */
async function settleFailure(db: Db, claimed: ClaimedMail, error: unknown): Promise<string> {
  const code = error instanceof AppError ? error.code : 'mail.doubtful'
  if (error instanceof AppError && (code === 'mail.unavailable' || code === 'vault.unreadable')) {
    const { retryAfterSeconds } = error.details
    const retryAfterMs = typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : 0
    const state = await postponeMail(db, claimed, { code, retryAfterMs })
    return state === 'queued' ? 'postponed' : 'failed'
  }
  if (code === 'mail.rejected') {
    await failMail(db, claimed, code)
    return 'failed'
  }
  await doubtMail(db, claimed)
  return 'doubtful'
}

function readBody(vault: Pick<Vault, 'open'>, claimed: ClaimedMail): Mail | undefined {
  try {
    return openMailBody(vault, claimed)
  } catch {
    return undefined
  }
}
