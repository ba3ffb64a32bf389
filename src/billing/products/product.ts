import { type Selectable, sql } from 'kysely'
import type { Actor } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { PRODUCT_KINDS, type ProductDraft, type ProductFields, TOPUP_KINDS } from './shape.ts'

/** Something sold once, at one price. */
export interface Product extends ProductFields {
  id: string
  creatorId: string
  botId: string
  photo: { key: string; type: string } | undefined
  retiredAt: Date | null
  createdAt: Date
}

/** Products of one bot, withdrawn ones included. */
export const MAX_PRODUCTS = 200

interface BotRef {
  creatorId: string
  botId: string
}

/** A bot's products, in the creator's order; without the withdrawn ones where only what is on sale is wanted. */
export async function listProducts(
  db: Db,
  { creatorId, botId }: BotRef,
  { isOnSale = false }: { isOnSale?: boolean } = {},
): Promise<Product[]> {
  const rows = await db
    .selectFrom('product')
    .selectAll()
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .$if(isOnSale, (query) => query.where('retired_at', 'is', null))
    .orderBy(sql`retired_at IS NOT NULL`)
    .orderBy('position')
    .orderBy('created_at')
    .limit(MAX_PRODUCTS)
    .execute()
  return rows.map(toProduct)
}

/** @throws {AppError} `product.not_found`, another bot's included. */
export async function getProduct(
  db: Db,
  { creatorId, botId, productId }: BotRef & { productId: string },
): Promise<Product> {
  const row = await db
    .selectFrom('product')
    .selectAll()
    .where('id', '=', productId)
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  if (!row) throw new AppError('product.not_found', { productId })
  return toProduct(row)
}

/** @throws {AppError} `product.key_taken`, `product.too_many`. */
export async function addProduct(
  db: Db,
  actor: Actor,
  { botId, draft }: { botId: string; draft: ProductDraft },
): Promise<Product> {
  const { count } = await db
    .selectFrom('product')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('bot_id', '=', botId)
    .executeTakeFirstOrThrow()
  if (count >= MAX_PRODUCTS) throw new AppError('product.too_many', { most: MAX_PRODUCTS })
  const row = await db
    .insertInto('product')
    .values({
      ...columnsOf(draft),
      creator_id: actor.creatorId,
      bot_id: botId,
      key: draft.key,
      kind: draft.kind,
      stock: draft.stock,
      position: sql<number>`coalesce((SELECT max(position) + 1 FROM product WHERE bot_id = ${botId}), 0)`,
    })
    .onConflict((conflict) => conflict.columns(['bot_id', 'key']).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!row) throw new AppError('product.key_taken', { key: draft.key })
  await audit(db, actor, 'product.add', row)
  return toProduct(row)
}

export interface ProductChange extends BotRef {
  productId: string
  draft: ProductDraft
  /**
   * The stock its editor saw. What was sold meanwhile stays sold: the difference they made is applied, not the
   * number they wrote. Absent: the number counts.
   */
  stockSeen?: number | null
}

/**
 * Changes a product; those who have it reserved pay what it cost then. Its key and kind stay.
 *
 * @throws {AppError} `product.not_found`, `product.kind_fixed`, `product.stock_taken`.
 */
export async function saveProduct(
  db: Db,
  actor: Actor,
  { productId, draft, stockSeen, ...ref }: ProductChange,
): Promise<Product> {
  const before = await getProduct(db, { ...ref, productId })
  if (draft.kind !== before.kind) throw new AppError('product.kind_fixed', { productId })
  const isShownAnew = shownAs(before) !== shownAs({ ...draft, key: before.key })
  const row = await db
    .updateTable('product')
    .set({
      ...columnsOf(draft),
      stock: stockAfter(draft.stock, stockSeen),
      // A price at the provider never changes: the next Checkout makes another.
      ...(isShownAnew && { provider_price_id: null, provider_product_id: null }),
    })
    .where('id', '=', productId)
    .where('creator_id', '=', ref.creatorId)
    .returningAll()
    .executeTakeFirst()
    .catch((cause: unknown) => {
      if (isBelowZero(cause)) throw new AppError('product.stock_taken', { productId, cause })
      throw cause
    })
  if (!row) throw new AppError('product.not_found', { productId })
  await audit(db, actor, 'product.save', row)
  return toProduct(row)
}

function stockAfter(wanted: number | null, seen: number | null | undefined) {
  if (wanted === null) return null
  if (seen === undefined || seen === null) return wanted
  return sql<number>`coalesce(stock + ${wanted - seen}::integer, ${wanted}::integer)`
}

function isBelowZero(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'product_stock_check'
}

/** Withdraws a product from sale, or puts it back. What was ordered stays ordered. */
export async function retireProduct(
  db: Db,
  actor: Actor,
  { productId, isRetired, ...ref }: BotRef & { productId: string; isRetired: boolean },
): Promise<Product> {
  await getProduct(db, { ...ref, productId })
  const row = await db
    .updateTable('product')
    .set({ retired_at: isRetired ? sql<Date>`coalesce(retired_at, now())` : null })
    .where('id', '=', productId)
    .where('creator_id', '=', ref.creatorId)
    .returningAll()
    .executeTakeFirstOrThrow()
  await audit(db, actor, isRetired ? 'product.retire' : 'product.restore', row)
  return toProduct(row)
}

/** Puts a stored photo on a product, or takes it off. Returns the key of the one before, which may be unused now. */
export async function setProductPhoto(
  db: Db,
  actor: Actor,
  { productId, photo, ...ref }: BotRef & { productId: string; photo: { key: string; type: string } | null },
): Promise<string | undefined> {
  const before = await getProduct(db, { ...ref, productId })
  await db
    .updateTable('product')
    .set({ photo_key: photo?.key ?? null, photo_type: photo?.type ?? null })
    .where('id', '=', productId)
    .where('creator_id', '=', ref.creatorId)
    .execute()
  await recordAudit(db, actor, {
    ...{ action: 'product.photo', objectType: 'product', objectId: productId },
    details: { isRemoved: photo === null },
  })
  return before.photo?.key === photo?.key ? undefined : before.photo?.key
}

/** Where a product stands among its bot's. */
export async function setProductPosition(
  db: Db,
  { creatorId, botId, productId, position }: BotRef & { productId: string; position: number },
): Promise<void> {
  await db
    .updateTable('product')
    .set({ position })
    .where('id', '=', productId)
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .where('position', '!=', position)
    .execute()
}

/** The stored photo of a product, on sale or not: for whoever was given its signed address. */
export async function findPhoto(
  db: Db,
  productId: string,
): Promise<{ key: string; type: string } | undefined> {
  const row = await db
    .selectFrom('product')
    .select(['photo_key', 'photo_type'])
    .where('id', '=', productId)
    .executeTakeFirst()
  return row?.photo_key && row.photo_type ? { key: row.photo_key, type: row.photo_type } : undefined
}

type Shown = Pick<Product, 'key' | 'name' | 'description' | 'currency' | 'amount'>

function shownAs({ name, description, currency, amount }: Shown): string {
  return JSON.stringify([name, description, currency, amount])
}

function columnsOf(draft: ProductDraft) {
  return {
    name: draft.name,
    description: draft.description,
    delivery: draft.delivery,
    currency: draft.currency,
    amount: draft.amount,
    stars: draft.stars,
    topup_kind: draft.topupKind,
    topup_count: draft.topupCount,
    is_shipped: draft.isShipped,
  }
}

function audit(db: Db, actor: Actor, action: string, row: Selectable<Database['product']>) {
  const { id, key, amount, currency, stock } = row
  return recordAudit(db, actor, {
    ...{ action, objectType: 'product', objectId: id },
    details: { key, amount: Number(amount), currency, stock },
  })
}

function toProduct(row: Selectable<Database['product']>): Product {
  return {
    id: row.id,
    creatorId: row.creator_id,
    botId: row.bot_id,
    key: row.key,
    kind: PRODUCT_KINDS.find((kind) => kind === row.kind) ?? 'goods',
    name: row.name,
    description: row.description,
    delivery: row.delivery,
    currency: row.currency,
    amount: Number(row.amount),
    stars: row.stars,
    topupKind: TOPUP_KINDS.find((kind) => kind === row.topup_kind) ?? null,
    topupCount: row.topup_count,
    stock: row.stock,
    isShipped: row.is_shipped,
    photo: row.photo_key && row.photo_type ? { key: row.photo_key, type: row.photo_type } : undefined,
    retiredAt: row.retired_at,
    createdAt: row.created_at,
  }
}
