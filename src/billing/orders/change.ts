import type { Db } from '../../db/database.ts'

/** What happened to an order, as far as a buyer or a shop hears of it. */
export type OrderChange = 'paid' | 'shipped' | 'fulfilled' | 'refunded' | 'sold_out'

/**
 * Says that an order changed, in the transaction that changed it: the buyer is to be told, and the shop of the bot,
 * where one is set, to be called. Both once for each kind of change, however often it is recorded.
 */
export async function recordOrderChange(
  trx: Db,
  order: { id: string; creatorId: string; botId: string },
  kind: OrderChange,
): Promise<void> {
  const row = { creator_id: order.creatorId, order_id: order.id, kind }
  await trx
    .insertInto('order_notice')
    .values(row)
    .onConflict((conflict) => conflict.columns(['order_id', 'kind']).doNothing())
    .execute()
  // What could not be had was never an order to the shop.
  if (kind === 'sold_out') return
  await trx
    .insertInto('fulfilment_call')
    .columns(['creator_id', 'order_id', 'kind'])
    .expression((from) =>
      from
        .selectFrom('fulfilment_hook')
        .select((is) => [
          'creator_id',
          is.val(order.id).$castTo<string>().as('order_id'),
          is.val<string>(kind).as('kind'),
        ])
        .where('bot_id', '=', order.botId),
    )
    .onConflict((conflict) => conflict.columns(['order_id', 'kind']).doNothing())
    .execute()
}
