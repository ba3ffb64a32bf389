import { type Actor, requireRole } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { Connection, StarsDesk } from '../../channels/channel.ts'
import type { Db } from '../../db/database.ts'
import type { WithinCreator } from '../../db/tenant-wall.ts'
import { AppError } from '../../errors.ts'
import { isRefundable } from '../payers/actions.ts'
import { getPayer } from '../payers/payer.ts'
import { chargeIdOf, takeStarsBack } from './payment.ts'

interface StarsRefundParts {
  within: WithinCreator
  stars: Pick<StarsDesk, 'refundStars'>
  connections: { find(botId: string, channel: 'telegram'): Promise<Connection | undefined> }
}

/**
 * Gives the Stars of a payment back: written down first, then asked of Telegram, which takes a repeat for done, then
 * access ends here. Telegram's own message of it changes nothing any more.
 *
 * @throws {AppError} `access.denied` for all but owners; `subscription.not_found`, `payment.not_refundable`,
 *   `connection.not_found` when the bot is on Telegram no more, and `channel.*`.
 */
export async function refundStarsPayment(
  { within, stars, connections }: StarsRefundParts,
  actor: Actor,
  { botId, subscriptionId, paymentId }: { botId: string; subscriptionId: string; paymentId: string },
): Promise<void> {
  requireRole(actor, 'owner')
  const { creatorId } = actor
  const chargeId = chargeIdOf(paymentId)
  const payerKey = await within(creatorId, async (trx) => {
    const payer = await getPayer(trx, { creatorId, botId }, subscriptionId)
    const payment = payer.payments.find(({ id }) => id === paymentId)
    const key =
      payer.subscriberId && (await findTelegramKey(trx, { botId, subscriberId: payer.subscriberId }))
    if (chargeId === undefined || !payment || !isRefundable(payment.state) || !key) {
      throw new AppError('payment.not_refundable')
    }
    await recordAudit(trx, actor, {
      ...{ action: 'payment.refund', objectType: 'subscription', objectId: payer.id },
      details: { botId, paymentId },
    })
    return key
  })
  const connection = await connections.find(botId, 'telegram')
  if (!connection || chargeId === undefined) throw new AppError('connection.not_found')
  await stars.refundStars({ connection, payerKey, chargeId })
  await within(creatorId, (trx) => takeStarsBack(trx, chargeId))
}

/** The private chat with the bot: it has the id of the person. */
async function findTelegramKey(
  db: Db,
  { botId, subscriberId }: { botId: string; subscriberId: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('chat')
    .select('chat_key')
    .where('bot_id', '=', botId)
    .where('subscriber_id', '=', subscriberId)
    .where('channel', '=', 'telegram')
    .limit(1)
    .executeTakeFirst()
  return row?.chat_key
}
