import type { Router } from 'express'
import { createMoneyAccountPages } from './account-pages.ts'
import type { MoneyParts } from './address.ts'
import { createMoneyCodePages } from './code-pages.ts'
import { createMoneyOrderPages, type OrderPagesParts } from './order-pages.ts'
import { createMoneyOverviewPages } from './overview-pages.ts'
import { createMoneyPayerPages } from './payer-pages.ts'
import { createMoneyPlanPages } from './plan-pages.ts'
import { createMoneyProductPages, type ProductPagesParts } from './product-pages.ts'
import { createMoneyShopPages, type ShopPagesParts } from './shop-pages.ts'

/** What a bot earns and from whom: `/admin/bots/:botId/money`. */
export function createMoneyPages(
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
