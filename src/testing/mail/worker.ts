/** Sends what is queued until it is killed: `node mail-worker.ts DATABASE_URL ENCRYPTION_KEY SENDGRID_ROOT API_KEY`. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createVault } from '../../accounts/vault.ts'
import { openDatabase } from '../../db/database.ts'
import { createMetrics } from '../../insights/metrics.ts'
import { createSendMail } from '../../jobs/send-mail.ts'
import { createLogger } from '../../logger.ts'
import { listDueMails } from '../../mail/mail-claim.ts'
import { createSendgridMailer } from '../../mail/sendgrid.ts'

/** Mails in flight at a time: what a kill can leave in doubt. */
const CONCURRENCY = 4

const [databaseUrl = '', key = '', apiRoot = '', apiKey = ''] = process.argv.slice(2)
const db = openDatabase(databaseUrl, { max: CONCURRENCY })
const sendMail = createSendMail({
  db,
  vault: createVault(key),
  mailer: createSendgridMailer({ apiKey, apiRoot, from: 'hello@coach.example' }),
  metrics: createMetrics(),
  log: createLogger('silent'),
})

for (;;) {
  const due = await listDueMails(db, CONCURRENCY)
  await Promise.all(due.map((mailId) => sendMail({ mailId }, AbortSignal.timeout(60_000))))
  if (due.length === 0) await sleep(20)
}
