import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { PayLinks } from '../checkout/pay-link.ts'
import { givesAccess } from '../entitlement/charge.ts'
import { STARS } from '../money.ts'
import { findTopup } from './topup.ts'

/** Who has the plan pays it again only when it is about to end. */
const PAID_AGAIN_DAYS = 3

/**
 * What is asked before Telegram takes the Stars: ours, for this person, at the price of now.
 *
 * False for a token that is not ours, of another Chat's person, a price that is retired or has another amount, and
 * for who has that plan.
 */
export async function mayPayStars(
  db: Db,
  links: Pick<PayLinks, 'read'>,
  asked: { botId: string; payerKey: string; payload: string; currency: string; amount: number },
): Promise<boolean> {
  const request = links.read(asked.payload)
  if (!request || asked.currency.toLowerCase() !== STARS) return false
  const { targetId, chatId } = request
  switch (request.target) {
    case 'price':
      return (await findStarsPrice(db, { ...asked, priceId: targetId, chatId })) === asked.amount
    case 'product': {
      const topup = await findTopup(db, { productId: targetId, botId: asked.botId })
      const isTheirs = await isChatOf(db, { ...asked, chatId })
      return isTheirs && topup?.isOnSale === true && topup.stars === asked.amount
    }
    case 'portal':
      return false
  }
}

async function isChatOf(
  db: Db,
  { chatId, botId, payerKey }: { chatId: string; botId: string; payerKey: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('chat')
    .select('id')
    .where('id', '=', chatId)
    .where('bot_id', '=', botId)
    .where('channel', '=', 'telegram')
    .where('chat_key', '=', payerKey)
    .executeTakeFirst()
  return row !== undefined
}

/** What a plan costs this person in Stars now; undefined where they cannot buy it. */
async function findStarsPrice(
  db: Db,
  asked: { priceId: string; botId: string; chatId: string; payerKey: string },
): Promise<number | undefined> {
  const row = await db
    .selectFrom('price')
    .innerJoin('plan', 'plan.id', 'price.plan_id')
    .innerJoin('chat', 'chat.bot_id', 'plan.bot_id')
    .select('price.stars')
    .where('price.id', '=', asked.priceId)
    .where('price.retired_at', 'is', null)
    .where('plan.retired_at', 'is', null)
    .where('plan.bot_id', '=', asked.botId)
    .where('chat.id', '=', asked.chatId)
    .where('chat.channel', '=', 'telegram')
    .where('chat.chat_key', '=', asked.payerKey)
    .where(
      sql<boolean>`NOT EXISTS (
        SELECT FROM subscription
        WHERE subscription.subscriber_id = chat.subscriber_id AND subscription.plan_id = plan.id
          AND ${givesAccess(sql`now() + make_interval(days => ${sql.lit(PAID_AGAIN_DAYS)})`)}
      )`,
    )
    .executeTakeFirst()
  return row?.stars ?? undefined
}
