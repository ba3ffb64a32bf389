import { type Request, type Response, Router } from 'express'
import {
  FEE_PERCENT,
  findPaymentAccount,
  openOnboarding,
  refreshPaymentAccount,
  setFeePercent,
} from '../../../billing/payers/payment-account.ts'
import { EVENT_TYPES } from '../../../billing/settle/payment-event-types.ts'
import { AppError } from '../../../errors.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { frameOf, getMoneyBot, type MoneyParts } from './address.ts'

/** Where the money goes: an account of the creator's own, or the installation's. */
export function createMoneyAccountPages(parts: MoneyParts): Router {
  const { within, settings, log } = parts
  const router = Router()

  router.get('/bots/:botId/money/account', async (req, res) => {
    const { creatorId } = visitOf(res).actor
    // The provider sends people back here: what they did there shows at once, where it can be asked.
    if (req.query.back !== undefined) {
      await refreshPaymentAccount(parts, creatorId).catch((err: unknown) =>
        log.warn({ err, creatorId }, 'payment-account-not-read'),
      )
    }
    await sendAccount(req, res, {})
  })

  router.post('/bots/:botId/money/account', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot } = await within(actor.creatorId, (trx) => getMoneyBot(trx, req, res))
    const returnUrl = `${settings.publicUrl}/admin/bots/${bot.id}/money/account?back=1`
    try {
      // By a link and not by a redirect: no form of ours may lead to another site.
      await sendAccount(req, res, { onboardingUrl: await openOnboarding(parts, actor, { returnUrl }) })
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'access.denied') throw error
      await sendAccount(req, res.status(error.status), { fault: error.message })
    }
  })

  router.post('/bots/:botId/money/account/fee', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot } = await within(actor.creatorId, (trx) => getMoneyBot(trx, req, res))
    const percent = Number(readField(req.body, 'percent').replace(',', '.') || 'NaN')
    if (!(percent >= FEE_PERCENT.min && percent <= FEE_PERCENT.max)) {
      return sendAccount(req, res.status(422), {
        feeFault: `Give a percentage from ${FEE_PERCENT.min} to ${FEE_PERCENT.max}.`,
      })
    }
    await within(actor.creatorId, (trx) => setFeePercent(trx, actor, Math.round(percent * 100) / 100))
    goTo(req, res, `/admin/bots/${bot.id}/money/account`, 'saved')
  })

  async function sendAccount(req: Request, res: Response, more: object): Promise<void> {
    const { actor } = visitOf(res)
    const { bot, account } = await within(actor.creatorId, async (trx) => {
      const { bot } = await getMoneyBot(trx, req, res)
      return { bot, account: await findPaymentAccount(trx, actor.creatorId) }
    })
    sendPage(req, res, 'money/account', {
      ...{ title: 'Where the money goes', ...frameOf(parts, bot, 'account'), account },
      ...{ isOperator: actor.isOperator, ...more },
      webhook: { url: `${settings.publicUrl}/webhooks/stripe`, events: EVENT_TYPES },
    })
  }

  return router
}
