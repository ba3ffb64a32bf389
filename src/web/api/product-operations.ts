import type { Request, Response } from 'express'
import { z } from 'zod'
import { MAX_PHOTO_BYTES } from '../../billing/products/photo-check.ts'
import {
  addProduct,
  getProduct,
  listProducts,
  retireProduct,
  saveProduct,
} from '../../billing/products/product.ts'
import { ProductDraft, ProductTerms } from '../../billing/products/shape.ts'
import { getBot } from '../../bots/bot.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { borrow } from '../multipart.ts'
import { createProductPhotos } from '../product-photos.ts'
import { actorOf } from './api-guard.ts'
import { defineOperation, type Operation, type RawRoute } from './operation.ts'
import { Product, presentProduct } from './order-shapes.ts'
import { sendAnswer } from './run-operation.ts'

const BotPath = z.object({ botId: z.uuid() })
const ProductPath = BotPath.extend({ productId: z.uuid() })

const READ = { tag: 'Products and orders', scope: 'billing:read', role: 'viewer' } as const
const WRITE = { tag: 'Products and orders', scope: 'billing:write', role: 'editor' } as const
const PRODUCTS = '/bots/:botId/products'
const PRODUCT = `${PRODUCTS}/:productId`

/** What a bot sells once. */
export function createProductOperations({ photoLinks }: Pick<AdminParts, 'photoLinks'>): Operation[] {
  return [
    defineOperation({
      ...{ ...READ, id: 'listProducts', method: 'get', path: PRODUCTS },
      summary: 'List products, in their order; withdrawn ones last',
      params: BotPath,
      answer: z.object({ items: z.array(Product) }),
      async handle({ actor: { creatorId }, trx, params: { botId } }) {
        await getBot(trx, { botId, creatorId })
        const products = await listProducts(trx, { creatorId, botId })
        return { items: products.map((product) => presentProduct(product, photoLinks)) }
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'addProduct', method: 'post', path: PRODUCTS },
      summary: 'Put a product on sale',
      params: BotPath,
      body: ProductDraft,
      answer: Product,
      status: 201,
      async handle({ actor, trx, params: { botId }, body: draft }) {
        await getBot(trx, { botId, creatorId: actor.creatorId })
        return presentProduct(await addProduct(trx, actor, { botId, draft }), photoLinks)
      },
    }),
    defineOperation({
      ...{ ...READ, id: 'getProduct', method: 'get', path: PRODUCT },
      summary: 'Show a product',
      params: ProductPath,
      answer: Product,
      async handle({ actor: { creatorId }, trx, params }) {
        return presentProduct(await getProduct(trx, { ...params, creatorId }), photoLinks)
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'saveProduct', method: 'put', path: PRODUCT },
      summary: 'Change a product; who has it reserved pays what it cost then',
      params: ProductPath,
      body: ProductTerms,
      answer: Product,
      async handle({ actor, trx, params, body }) {
        const ref = { ...params, creatorId: actor.creatorId }
        const { key } = await getProduct(trx, ref)
        return presentProduct(await saveProduct(trx, actor, { ...ref, draft: { ...body, key } }), photoLinks)
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'retireProduct', method: 'post', path: `${PRODUCT}/retire` },
      summary: 'Take a product off sale, or put it back',
      params: ProductPath,
      body: z.object({ isRetired: z.boolean().default(true) }),
      answer: Product,
      async handle({ actor, trx, params, body }) {
        const ref = { ...params, creatorId: actor.creatorId }
        return presentProduct(await retireProduct(trx, actor, { ...ref, ...body }), photoLinks)
      },
    }),
  ]
}

/** The photo of a product: a body that is no JSON. */
export function createProductPhotoRoutes(
  parts: Pick<AdminParts, 'within' | 'db' | 'files' | 'photoLinks'>,
): RawRoute[] {
  const photos = createProductPhotos(parts)
  return [
    {
      method: 'put',
      path: `${PRODUCT}/photo`,
      scope: WRITE.scope,
      role: WRITE.role,
      describe: {
        id: 'setProductPhoto',
        tag: WRITE.tag,
        summary: `Put a photo on a product: a JPEG or PNG of at most ${MAX_PHOTO_BYTES / 1024 / 1024} MB as the body`,
        params: ProductPath,
        body: { mediaType: 'application/octet-stream', schema: { type: 'string', format: 'binary' } },
        answer: { status: 200, schema: Product },
      },
      async handler(req: Request, res: Response) {
        const actor = actorOf(res)
        const target = ProductPath.parse(req.params)
        const ref = { ...target, creatorId: actor.creatorId }
        const read = () => parts.within(actor.creatorId, (trx) => getProduct(trx, ref))
        await read()
        try {
          await photos.take({ actor, ...target }, borrow(req))
        } finally {
          req.resume()
        }
        sendAnswer(res, { status: 200, data: presentProduct(await read(), parts.photoLinks) })
      },
    },
  ]
}
