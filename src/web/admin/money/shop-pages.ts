import { type Request, type Response, Router } from 'express'
import { testFulfilment } from '../../../billing/fulfilment/call.ts'
import { findHook, openHook, removeHook, setHook } from '../../../billing/fulfilment/hook.ts'
import { AppError } from '../../../errors.ts'
import type { AdminParts } from '../admin-parts.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { frameOf, getMoneyBot } from './address.ts'

export type ShopPagesParts = Pick<AdminParts, 'within' | 'payments' | 'vault' | 'postHook'>

interface Shown {
  url?: string
  secret?: string | undefined
  error?: string
  testError?: string
}

/** Where a shop of the creator's own hears of orders. */
export function createMoneyShopPages(parts: ShopPagesParts): Router {
  const { within, vault, postHook } = parts
  const router = Router()

  router.get('/bots/:botId/money/shop', allow('owner'), (req, res) => sendShop(req, res))

  router.post('/bots/:botId/money/shop', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const url = readField(req.body, 'url').trim()
    const isRotated = readField(req.body, 'rotate') === 'yes'
    try {
      const { secret } = await within(actor.creatorId, async (trx) => {
        const { bot } = await getMoneyBot(trx, req, res)
        return setHook(trx, actor, { botId: bot.id, url, vault, isRotated })
      })
      // A secret is shown on the answer itself: no address and no page holds it afterwards.
      if (secret !== undefined) return sendShop(req, res, { secret })
      goTo(req, res, `/admin/bots/${req.params.botId}/money/shop`, 'saved')
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'fulfilment.url_refused') throw error
      return sendShop(req, res.status(422), { url, error: error.message })
    }
  })

  router.post('/bots/:botId/money/shop/test', allow('owner'), async (req, res) => {
    const { creatorId } = visitOf(res).actor
    const hook = await within(creatorId, async (trx) => {
      const { key } = await getMoneyBot(trx, req, res)
      return openHook(trx, vault, key)
    })
    try {
      await testFulfilment(postHook, hook)
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'fulfilment.not_set') throw error
      const { reason } = error.details
      const testError = `Your shop did not take it${typeof reason === 'string' ? ` (${reason})` : ''}.`
      return sendShop(req, res.status(422), { testError })
    }
    goTo(req, res, `/admin/bots/${req.params.botId}/money/shop`, 'shop_tested')
  })

  router.post('/bots/:botId/money/shop/remove', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    await within(actor.creatorId, async (trx) => {
      const { bot } = await getMoneyBot(trx, req, res)
      await removeHook(trx, actor, { botId: bot.id })
    })
    goTo(req, res, `/admin/bots/${req.params.botId}/money/shop`, 'removed')
  })

  async function sendShop(req: Request, res: Response, shown: Shown = {}): Promise<void> {
    const { bot, hook } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      return { bot, hook: await findHook(trx, key) }
    })
    sendPage(req, res, 'money/shop', {
      ...{ title: 'Your shop', ...frameOf(parts, bot, 'orders'), hook, shown },
    })
  }

  return router
}
