import type { Router } from 'express'
import { createMoneyAccountPages } from './money-account-pages.ts'
import type { MoneyParts } from './money-address.ts'
import { createMoneyCodePages } from './money-code-pages.ts'
import { createMoneyOrderPages, type OrderPagesParts } from './money-order-pages.ts'
import { createMoneyOverviewPages } from './money-overview-pages.ts'
import { createMoneyPayerPages } from './money-payer-pages.ts'
import { createMoneyPlanPages } from './money-plan-pages.ts'
import { createMoneyProductPages, type ProductPagesParts } from './money-product-pages.ts'
import { createMoneyShopPages, type ShopPagesParts } from './money-shop-pages.ts'

/** What a bot earns and from whom: `/admin/bots/:botId/money`. */
export function createMoneyArea(
  parts: MoneyParts & ProductPagesParts & OrderPagesParts & ShopPagesParts,
): Router[] {
  return [
    createMoneyOverviewPages(parts),
    createMoneyPlanPages(parts),
    createMoneyCodePages(parts),
    createMoneyPayerPages(parts),
    createMoneyAccountPages(parts),
    createMoneyProductPages(parts),
    createMoneyOrderPages(parts),
    createMoneyShopPages(parts),
  ]
}
