import type { PayLinks } from '../billing/checkout/pay-link.ts'
import { mayPayStars } from '../billing/stars/checkout.ts'
import { phrase } from '../bots/phrases.ts'
import type { Connection, StarsCheckout, StarsDesk } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'

interface CheckoutParts {
  db: Db
  payLinks: Pick<PayLinks, 'read'>
  stars: Pick<StarsDesk, 'answerCheckout'>
}

/**
 * Answers whether an invoice in Stars may be paid now: one query and one call, within the seconds Telegram waits.
 * Nothing is stored: what counts is the payment that follows.
 *
 * @throws {AppError} `channel.*` when Telegram did not take the answer; it asks again.
 */
export function createAnswerCheckout({ db, payLinks, stars }: CheckoutParts) {
  return async (connection: Connection, checkout: StarsCheckout): Promise<void> => {
    const { checkoutId, languageCode = 'en', ...asked } = checkout
    const isFine = await mayPayStars(db, payLinks, { botId: connection.botId, ...asked })
    const refusal = isFine ? {} : { refusal: phrase(languageCode, 'stars_refused') }
    await stars.answerCheckout({ connection, checkoutId, ...refusal })
  }
}
