import { type Request, type Response, Router } from 'express'
import { formatMoney } from '../../../billing/money.ts'
import {
  addProduct,
  getProduct,
  listProducts,
  type Product,
  retireProduct,
  saveProduct,
} from '../../../billing/products/product.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import { AppError } from '../../../errors.ts'
import { createProductPhotos } from '../../product-photos.ts'
import type { AdminParts } from '../admin-parts.ts'
import { expectToken } from '../knowledge/uploads.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { frameOf, getMoneyBot, readMoneyId } from './address.ts'
import { KIND_CHOICES, KIND_WORDS, TOPUP_CHOICES, TOPUP_WORDS } from './order-words.ts'
import {
  checkProductForm,
  emptyProductForm,
  type ProductForm,
  presentProductForm,
  readProductForm,
} from './product-form.ts'
import { listCurrencyChoices } from './words.ts'

export type ProductPagesParts = Pick<
  AdminParts,
  'within' | 'db' | 'payments' | 'files' | 'photoLinks' | 'log'
>

/** Faults that are said beside the form instead of on a page of their own. */
const SAID_BESIDE: Record<string, string> = {
  'product.key_taken': 'name',
  'product.too_many': 'name',
  'product.stock_taken': 'stock',
}

interface Draft {
  form: ProductForm
  errors?: Record<string, string>
  /** Absent: a new one. */
  product?: Product
}

/** What a bot sells once: things, hours, and more of an allowance. */
export function createMoneyProductPages(parts: ProductPagesParts): Router {
  const { within, photoLinks } = parts
  const router = Router()
  const photos = createProductPhotos(parts)
  const photoOf = ({ id, photo }: Product) => photo && new URL(photoLinks.urlOf({ id, photo })).pathname

  router.get('/bots/:botId/money/products', async (req, res) => {
    const { bot, products } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      return { bot, products: await listProducts(trx, key) }
    })
    sendPage(req, res, 'money/products', {
      ...{ title: 'Products', ...frameOf(parts, bot, 'products') },
      offered: products.filter(({ retiredAt }) => !retiredAt),
      retired: products.filter(({ retiredAt }) => retiredAt),
      ...{ formatMoney, photoOf, kindWords: KIND_WORDS, topupWords: TOPUP_WORDS },
    })
  })

  router.get('/bots/:botId/money/products/new', allow('editor'), async (req, res) => {
    const { bot } = await within(visitOf(res).actor.creatorId, (trx) => getMoneyBot(trx, req, res))
    const kind = Object.keys(KIND_WORDS).find((name) => name === req.query.kind) ?? 'goods'
    sendForm(req, res, bot, { form: emptyProductForm(kind) })
  })

  router.post('/bots/:botId/money/products', allow('editor'), async (req, res) => {
    const { bot } = await within(visitOf(res).actor.creatorId, (trx) => getMoneyBot(trx, req, res))
    await save(req, res, bot, { form: readProductForm(req.body) })
  })

  router.get('/bots/:botId/money/products/:productId', async (req, res) => {
    const { bot, product } = await readProduct(req, res)
    sendForm(req, res, bot, { form: presentProductForm(product), product })
  })

  router.post('/bots/:botId/money/products/:productId', allow('editor'), async (req, res) => {
    const { bot, product } = await readProduct(req, res)
    await save(req, res, bot, { form: { ...readProductForm(req.body), kind: product.kind }, product })
  })

  router.post('/bots/:botId/money/products/:productId/retire', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot, product } = await readProduct(req, res)
    const isRetired = product.retiredAt === null
    const ref = { creatorId: actor.creatorId, botId: bot.id, productId: product.id }
    await within(actor.creatorId, (trx) => retireProduct(trx, actor, { ...ref, isRetired }))
    goTo(req, res, `/admin/bots/${bot.id}/money/products`, isRetired ? 'product_retired' : 'product_restored')
  })

  router.post('/bots/:botId/money/products/:productId/photo', allow('editor'), async (req, res) => {
    const visit = visitOf(res)
    const { bot, product } = await readProduct(req, res)
    const target = { actor: visit.actor, botId: bot.id, productId: product.id }
    try {
      if (req.is('multipart/form-data')) await photos.takeForm(req, { ...target, ...expectToken(req, visit) })
      else await photos.set(target, null)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'product.photo_unusable') throw error
      const errors = { photo: error.message }
      return sendForm(req, res.status(422), bot, { form: presentProductForm(product), product, errors })
    }
    goTo(req, res, `/admin/bots/${bot.id}/money/products/${product.id}`, 'saved')
  })

  function readProduct(req: Request, res: Response): Promise<{ bot: Bot; product: Product }> {
    return within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      const productId = readMoneyId(req, 'productId', 'product.not_found')
      return { bot, product: await getProduct(trx, { ...key, productId }) }
    })
  }

  async function save(req: Request, res: Response, bot: Bot, { form, product }: Draft): Promise<void> {
    const { actor } = visitOf(res)
    const checked = checkProductForm(form, product?.key)
    const again = (errors: Record<string, string>) =>
      sendForm(req, res.status(422), bot, { form, errors, ...(product && { product }) })
    if (checked.errors) return again(checked.errors)
    const { draft, stockSeen } = checked
    try {
      const saved = await within(actor.creatorId, (trx) =>
        product
          ? saveProduct(trx, actor, { ...refOf(product), draft, stockSeen })
          : addProduct(trx, actor, { botId: bot.id, draft }),
      )
      // A new one is shown with the field for its photo.
      const list = `/admin/bots/${bot.id}/money/products`
      goTo(req, res, product ? list : `${list}/${saved.id}`, 'saved')
    } catch (error) {
      const field = error instanceof AppError ? SAID_BESIDE[error.code] : undefined
      if (!field || !(error instanceof AppError)) throw error
      return again({ [field]: error.message })
    }
  }

  function sendForm(req: Request, res: Response, bot: Bot, { form, product, errors = {} }: Draft): void {
    sendPage(req, res, 'money/product', {
      ...{ title: product ? product.name : 'New product', ...frameOf(parts, bot, 'products') },
      ...{ form, product, errors, photo: product && photoOf(product) },
      ...{
        currencies: listCurrencyChoices(),
        kinds: KIND_CHOICES,
        topups: TOPUP_CHOICES,
        kindWords: KIND_WORDS,
      },
    })
  }

  return router
}

function refOf({ id, botId, creatorId }: Product) {
  return { productId: id, botId, creatorId }
}
