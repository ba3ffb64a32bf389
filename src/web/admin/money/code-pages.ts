import { type Request, type Response, Router } from 'express'
import { createAccessCode, endAccessCode, listAccessCodes } from '../../../billing/plans/access-code.ts'
import { createCoupon, listCoupons, retireCoupon } from '../../../billing/plans/coupon.ts'
import { listPlans } from '../../../billing/plans/plan.ts'
import { findChatLink } from '../../../bots/chat-link.ts'
import { AppError } from '../../../errors.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { frameOf, getMoneyBot, type MoneyParts, readMoneyId } from './address.ts'
import {
  type CodeValues,
  checkAccessForm,
  checkCouponForm,
  EMPTY_ACCESS,
  EMPTY_COUPON,
  readAccessForm,
  readCouponForm,
} from './code-form.ts'
import { describeCoupon, describeMirror, listCurrencyChoices } from './words.ts'

/** Faults that are said beside a field. */
const SAID_BESIDE: Record<string, string> = {
  'access_code.taken': 'code',
  'access_code.too_many': 'code',
  'plan.not_found': 'planId',
  'coupon.code_taken': 'coupon',
  'coupon.too_many': 'coupon',
}

/** Stands for a code in the link that takes one along. */
const CODE_PLACE = 'CODE-PLACE'

interface Draft {
  access?: CodeValues
  coupon?: CodeValues
  errors?: Record<string, string>
}

/** Codes: those that let a group in, and those that take something off a price. */
export function createMoneyCodePages(parts: MoneyParts): Router {
  const { within, jobs, log } = parts
  const router = Router()

  router.get('/bots/:botId/money/codes', (req, res) => sendCodes(req, res, {}))

  router.post('/bots/:botId/money/codes/access', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const access = readAccessForm(req.body)
    const { botId } = await readKey(req, res)
    const checked = checkAccessForm(access)
    if (checked.errors) return sendCodes(req, res.status(422), { access, errors: checked.errors })
    await orAgain(req, res, { access }, () =>
      within(actor.creatorId, (trx) => createAccessCode(trx, actor, { botId, terms: checked.terms })),
    )
  })

  router.post('/bots/:botId/money/codes/coupons', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const coupon = readCouponForm(req.body)
    const { botId } = await readKey(req, res)
    const checked = checkCouponForm(coupon)
    if (checked.errors) return sendCodes(req, res.status(422), { coupon, errors: checked.errors })
    await orAgain(req, res, { coupon }, async () => {
      await within(actor.creatorId, (trx) => createCoupon(trx, actor, { botId, terms: checked.terms }))
      if (!parts.payments) return
      await jobs
        .add('mirror-prices', { botId })
        .catch((err: unknown) => log.warn({ err, botId }, 'nudge-lost'))
    })
  })

  router.post('/bots/:botId/money/codes/access/:codeId/end', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { botId } = await readKey(req, res)
    const codeId = readMoneyId(req, 'codeId', 'access_code.not_found')
    await within(actor.creatorId, (trx) => endAccessCode(trx, actor, { botId, codeId }))
    goTo(req, res, `/admin/bots/${botId}/money/codes`, 'code_ended')
  })

  router.post('/bots/:botId/money/codes/coupons/:couponId/end', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { botId } = await readKey(req, res)
    const couponId = readMoneyId(req, 'couponId', 'coupon.not_found')
    await within(actor.creatorId, (trx) => retireCoupon(trx, actor, { botId, couponId }))
    goTo(req, res, `/admin/bots/${botId}/money/codes`, 'code_ended')
  })

  async function readKey(req: Request, res: Response) {
    const { key } = await within(visitOf(res).actor.creatorId, (trx) => getMoneyBot(trx, req, res))
    return key
  }

  /** To the list once it worked; what the form can be corrected for is said beside its field. */
  async function orAgain(req: Request, res: Response, draft: Draft, work: () => Promise<unknown>) {
    try {
      await work()
    } catch (error) {
      const field = error instanceof AppError ? SAID_BESIDE[error.code] : undefined
      if (!field || !(error instanceof AppError)) throw error
      return sendCodes(req, res.status(422), { ...draft, errors: { [field]: error.message } })
    }
    goTo(req, res, `/admin/bots/${String(req.params.botId)}/money/codes`, 'code_made')
  }

  async function sendCodes(
    req: Request,
    res: Response,
    { access, coupon, errors = {} }: Draft,
  ): Promise<void> {
    const { bot, plans, codes, coupons, chatLink } = await within(
      visitOf(res).actor.creatorId,
      async (trx) => {
        const { bot, key } = await getMoneyBot(trx, req, res)
        const [plans, codes] = [await listPlans(trx, key), await listAccessCodes(trx, key)]
        const start = `code_${CODE_PLACE}`
        const chatLink = await findChatLink(trx, { ...key, publicUrl: parts.settings.publicUrl, start })
        return { bot, plans, codes, chatLink, coupons: await listCoupons(trx, key) }
      },
    )
    const now = new Date()
    sendPage(req, res, 'money/codes', {
      ...{ title: 'Codes', ...frameOf(parts, bot, 'codes') },
      plans: plans.filter(({ retiredAt, isFree }) => !retiredAt && !isFree),
      codes,
      // A page of the web takes no code along.
      codeLink: chatLink?.includes(CODE_PLACE)
        ? (code: string) => chatLink.replace(CODE_PLACE, code)
        : undefined,
      coupons: coupons.map((each) => ({
        ...each,
        isOver: each.retiredAt !== undefined || (each.expiresAt !== undefined && each.expiresAt <= now),
      })),
      ...{ access: access ?? EMPTY_ACCESS, coupon: coupon ?? EMPTY_COUPON, errors },
      ...{ currencies: listCurrencyChoices(), describeCoupon, describeMirror },
    })
  }

  return router
}
