import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Actor } from '../accounts/access.ts'
import { MAX_PHOTO_BYTES, type PhotoType, readPhotoType } from '../billing/products/photo-check.ts'
import {
  addProduct,
  listProducts,
  MAX_PRODUCTS,
  type Product,
  retireProduct,
  saveProduct,
  setProductPhoto,
  setProductPosition,
} from '../billing/products/product.ts'
import { findMisfits, ProductFields } from '../billing/products/shape.ts'
import type { Db } from '../db/database.ts'
import type { FileStore } from '../files/file-store.ts'

const fields = ProductFields.shape

/** A product as `bot.yaml` has it; its photo is `photos/<key>.jpg` or `.png`. */
const PackProduct = z
  .strictObject({
    ...{ key: fields.key, kind: fields.kind, name: fields.name, description: fields.description },
    ...{ delivery: fields.delivery, currency: fields.currency, amount: fields.amount, stock: fields.stock },
    stars: fields.stars,
    shipped: fields.isShipped,
    topup: z
      .strictObject({ kind: fields.topupKind.unwrap().unwrap(), count: fields.topupCount.unwrap().unwrap() })
      .optional(),
  })
  .transform(({ shipped, topup, ...product }, context): ProductFields => {
    const terms = {
      ...{ ...product, isShipped: shipped },
      ...{ topupKind: topup?.kind ?? null, topupCount: topup?.count ?? null },
    }
    for (const { field, message } of findMisfits(terms)) {
      context.addIssue({ code: 'custom', path: [PACK_NAMES[field] ?? field], message })
    }
    return terms
  })

const PACK_NAMES: Record<string, string> = { topupKind: 'topup', topupCount: 'topup', isShipped: 'shipped' }

/** `products:` of `bot.yaml`: in the order they are shown. */
export const PackProducts = z
  .array(PackProduct)
  .max(MAX_PRODUCTS)
  .refine(
    (products: Partial<ProductFields>[]) => new Set(products.map(({ key }) => key)).size === products.length,
    'each key once',
  )
export type PackProducts = z.output<typeof PackProducts>

/** A photo of a pack: whose it is, and where it lies. */
export interface PackPhoto {
  key: string
  path: string
  type: PhotoType
}

/** A photo in the file store. */
export interface StoredPhoto {
  /** Of the product. */
  key: string
  photo: { key: string; type: string }
}

const ENDINGS: Record<PhotoType, string> = { 'image/jpeg': 'jpg', 'image/png': 'png' }

/** Where a pack holds a product's photo. */
function photoFile(key: string, type: PhotoType): string {
  return `photos/${key}.${ENDINGS[type]}`
}

/**
 * The photos of a pack's products. `check` refuses what is no file inside the folder.
 *
 * @throws {AppError} `product.photo_unusable`, and what `check` throws.
 */
export async function listPhotos(
  dir: string,
  products: PackProducts,
  { isThere, check }: { isThere(path: string): Promise<boolean>; check(name: string): Promise<void> },
): Promise<PackPhoto[]> {
  const photos: PackPhoto[] = []
  for (const { key } of products) {
    for (const type of ['image/jpeg', 'image/png'] as const) {
      const name = photoFile(key, type)
      if (!(await isThere(join(dir, name)))) continue
      await check(name)
      photos.push({ key, path: join(dir, name), type: await readPhotoType(join(dir, name)) })
      break
    }
  }
  return photos
}

export async function storePhotos(
  files: FileStore,
  photos: PackPhoto[],
  creatorId: string,
): Promise<StoredPhoto[]> {
  const stored: StoredPhoto[] = []
  for (const { key, path, type } of photos) {
    const file = await files.write(creatorId, createReadStream(path), { maxBytes: MAX_PHOTO_BYTES })
    stored.push({ key, photo: { key: file.key, type } })
  }
  return stored
}

/**
 * Makes a Bot's products what its pack says: again with nothing changed, it changes nothing. Products that are not in
 * the pack are taken off sale. What is left of a product that is there stays as it is: it was sold meanwhile. A pack
 * that says nothing of products leaves them alone.
 *
 * @returns keys of photos that may be unused now.
 */
export async function recordProducts(
  trx: Db,
  { creatorId, botId }: { creatorId: string; botId: string },
  { products, photos }: { products: PackProducts | undefined; photos: StoredPhoto[] },
): Promise<string[]> {
  if (products === undefined) return []
  const ref = { creatorId, botId }
  const actor = packActor(creatorId)
  const known = new Map((await listProducts(trx, ref)).map((product) => [product.key, product]))
  const kept = new Set(products.map(({ key }) => key))
  for (const { id: productId, key, retiredAt } of known.values()) {
    if (!retiredAt && !kept.has(key)) await retireProduct(trx, actor, { ...ref, productId, isRetired: true })
  }
  const left: string[] = []
  for (const [position, draft] of products.entries()) {
    const product = await recordProduct(trx, actor, { botId, draft, before: known.get(draft.key) })
    await setProductPosition(trx, { ...ref, productId: product.id, position })
    const photo = photos.find(({ key }) => key === draft.key)?.photo
    if (photo?.key === product.photo?.key) continue
    const before = await setProductPhoto(trx, actor, { ...ref, productId: product.id, photo: photo ?? null })
    if (before) left.push(before)
  }
  return left
}

async function recordProduct(
  trx: Db,
  actor: Actor,
  { botId, draft, before }: { botId: string; draft: ProductFields; before: Product | undefined },
): Promise<Product> {
  if (!before) return addProduct(trx, actor, { botId, draft })
  const ref = { creatorId: actor.creatorId, botId, productId: before.id }
  if (before.retiredAt) await retireProduct(trx, actor, { ...ref, isRetired: false })
  const terms = { ...draft, stock: before.stock }
  return termsOf(before) === termsOf(terms) ? before : saveProduct(trx, actor, { ...ref, draft: terms })
}

function termsOf(product: ProductFields): string {
  const { kind, name, description, delivery, currency, amount, topupKind, topupCount, stars, isShipped } =
    product
  return JSON.stringify([
    ...[kind, name, description, delivery, currency, amount, topupKind, topupCount, stars, isShipped],
  ])
}

/** The products on sale as `bot.yaml` has them, and their photos; undefined where there are none. */
export async function presentProductTerms(
  db: Db,
  ref: { creatorId: string; botId: string },
): Promise<{ products: object[]; photos: { name: string; fileKey: string }[] } | undefined> {
  const onSale = await listProducts(db, ref, { isOnSale: true })
  if (onSale.length === 0) return undefined
  return {
    products: onSale.map(presentTerms),
    photos: onSale.flatMap(({ key, photo }) =>
      photo
        ? [
            {
              name: photoFile(key, photo.type === 'image/png' ? 'image/png' : 'image/jpeg'),
              fileKey: photo.key,
            },
          ]
        : [],
    ),
  }
}

function presentTerms(product: Product): object {
  const { key, kind, name, description, delivery, currency, amount, stock, topupKind, topupCount } = product
  return {
    ...{
      key,
      kind,
      name,
      ...(description && { description }),
      ...(delivery && { delivery }),
      currency,
      amount,
    },
    ...(stock !== null && { stock }),
    ...(product.stars !== null && { stars: product.stars }),
    ...(product.isShipped && { shipped: true }),
    ...(topupKind !== null && { topup: { kind: topupKind, count: topupCount } }),
  }
}

/** Whoever imports a pack may have been checked already, or be the installation itself. */
function packActor(creatorId: string): Actor {
  return {
    ...{ creatorId, memberId: undefined, apiKeyId: undefined, ip: undefined },
    ...{ name: 'Pack', role: 'editor' as const, isOperator: false },
  }
}
