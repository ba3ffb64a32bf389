/** A worker that settles payment events until it is killed. Started by a test with the world's addresses. */

import { createVault } from '../../accounts/vault.ts'
import { createPaidLinks } from '../../billing/checkout/paid-link.ts'
import { createPayLinks } from '../../billing/checkout/pay-link.ts'
import { createSettleEvents } from '../../billing/settle/events.ts'
import { createSettleObject } from '../../billing/settle/object.ts'
import { createStripeProvider } from '../../billing/stripe/stripe.ts'
import { openDatabase } from '../../db/database.ts'
import { createLogger } from '../../logger.ts'
import { createQueueMail } from '../../mail/mail-queue.ts'

const { DATABASE_URL = '', STRIPE_URL = '' } = process.env
const db = openDatabase(DATABASE_URL, { max: 4 })
const log = createLogger('silent')
const key = Buffer.alloc(32, 7)
const vault = createVault(key.toString('hex'))
const settle = createSettleObject({
  db,
  log,
  vault,
  payments: createStripeProvider({ secretKey: 'sk_test_1', webhookSecret: undefined, apiRoot: STRIPE_URL }),
  queueMail: createQueueMail(vault),
  payLinks: createPayLinks(key, 'https://coach.example'),
  paidLinks: createPaidLinks(key),
  findChatLink: async () => undefined,
  settings: { graceDays: 7 },
})
const settleEvents = createSettleEvents({ db, settle, nudgeTurn: () => {}, log })
process.stdout.write('ready\n')
for (;;) {
  await settleEvents()
  await new Promise((resolve) => setTimeout(resolve, 5))
}
