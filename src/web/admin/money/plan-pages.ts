import { type Request, type Response, Router } from 'express'
import { getPlan, listPlans, type Plan, retirePlan, savePlan } from '../../../billing/plans/plan.ts'
import type { Bot } from '../../../bots/bot-settings.ts'
import { AppError } from '../../../errors.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { frameOf, getMoneyBot, type MoneyParts, readMoneyId } from './address.ts'
import { checkPlanForm, emptyForm, type PlanForm, presentPlan, readPlanForm } from './plan-form.ts'
import {
  ALLOWANCE_FIELDS,
  describeAllowance,
  describeExtras,
  describeMirror,
  describePrice,
  listCurrencyChoices,
  PER_WORDS,
} from './words.ts'

/** Faults that are said beside the form instead of on a page of their own. */
const SAID_BESIDE: Record<string, string> = {
  'plan.free_exists': 'kind',
  'plan.too_many': 'name',
}

interface Draft {
  form: PlanForm
  errors?: Record<string, string>
  /** Absent: a new one. */
  plan?: Plan
}

/** The plans of a bot: what is free, and what is paid for. */
export function createMoneyPlanPages(parts: MoneyParts): Router {
  const { within, jobs, log } = parts
  const router = Router()

  router.get('/bots/:botId/money/plans', async (req, res) => {
    const { bot, plans } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      return { bot, plans: await listPlans(trx, key) }
    })
    sendPage(req, res, 'money/plans', {
      ...{ title: 'Plans', ...frameOf(parts, bot, 'plans') },
      offered: plans.filter(({ retiredAt }) => !retiredAt),
      retired: plans.filter(({ retiredAt }) => retiredAt),
      ...{ describeAllowance, describePrice, describeExtras, describeMirror },
    })
  })

  router.get('/bots/:botId/money/plans/new', allow('editor'), async (req, res) => {
    const { bot, plans } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      return { bot, plans: await listPlans(trx, key) }
    })
    const asked = ['free', 'paid', 'code'].find((kind) => kind === req.query.kind)
    const hasFree = plans.some(({ isFree, retiredAt }) => isFree && !retiredAt)
    sendForm(req, res, bot, { form: emptyForm(asked ?? (hasFree ? 'paid' : 'free')) })
  })

  router.post('/bots/:botId/money/plans', allow('editor'), async (req, res) => {
    const { bot } = await within(visitOf(res).actor.creatorId, (trx) => getMoneyBot(trx, req, res))
    await save(req, res, bot, { form: readPlanForm(req.body) })
  })

  router.get('/bots/:botId/money/plans/:planId', async (req, res) => {
    const { bot, plan } = await readPlan(req, res)
    sendForm(req, res, bot, { form: presentPlan(plan), plan })
  })

  router.post('/bots/:botId/money/plans/:planId', allow('editor'), async (req, res) => {
    const { bot, plan } = await readPlan(req, res)
    // How one comes to have a plan is not changed behind the backs of those who have it.
    const form = { ...readPlanForm(req.body), ...(plan.isFree && { kind: 'free' }) }
    await save(req, res, bot, { form, plan })
  })

  router.post('/bots/:botId/money/plans/:planId/retire', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { bot, plan } = await readPlan(req, res)
    await within(actor.creatorId, (trx) => retirePlan(trx, actor, { botId: bot.id, planId: plan.id }))
    goTo(req, res, `/admin/bots/${bot.id}/money/plans`, 'plan_retired')
  })

  function readPlan(req: Request, res: Response): Promise<{ bot: Bot; plan: Plan }> {
    return within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getMoneyBot(trx, req, res)
      return { bot, plan: await getPlan(trx, key, readMoneyId(req, 'planId', 'plan.not_found')) }
    })
  }

  async function save(req: Request, res: Response, bot: Bot, { form, plan }: Draft): Promise<void> {
    const { actor } = visitOf(res)
    const checked = checkPlanForm(form)
    const again = (errors: Record<string, string>) =>
      sendForm(req, res.status(422), bot, { form, errors, ...(plan && { plan }) })
    if (checked.errors) return again(checked.errors)
    try {
      const draft = { botId: bot.id, terms: checked.terms, ...(plan && { planId: plan.id }) }
      await within(actor.creatorId, (trx) => savePlan(trx, actor, draft))
    } catch (error) {
      const field = error instanceof AppError ? SAID_BESIDE[error.code] : undefined
      if (!field || !(error instanceof AppError)) throw error
      return again({ [field]: error.message })
    }
    if (parts.payments) {
      await jobs
        .add('mirror-prices', { botId: bot.id })
        .catch((err: unknown) => log.warn({ err, botId: bot.id }, 'nudge-lost'))
    }
    goTo(req, res, `/admin/bots/${bot.id}/money/plans`, 'plan_saved')
  }

  function sendForm(req: Request, res: Response, bot: Bot, { form, plan, errors = {} }: Draft): void {
    sendPage(req, res, 'money/plan', {
      ...{ title: plan ? plan.name : 'New plan', ...frameOf(parts, bot, 'plans') },
      ...{ form, plan, errors, kinds: ALLOWANCE_FIELDS, pers: PER_WORDS, currencies: listCurrencyChoices() },
      ...{ describePrice, describeExtras },
      kept: plan?.prices.filter(({ retiredAt, payerCount }) => retiredAt && payerCount > 0) ?? [],
    })
  }

  return router
}
