import { z } from 'zod'
import { getPlan, listPlans, PlanKey, PlanTerms, retirePlan, savePlan } from '../../billing/plans/plan.ts'
import { getBot } from '../../bots/bot.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { BotPath } from './bot-schemas.ts'
import { defineOperation, type Operation } from './operation.ts'
import { PlanAnswer, presentPlan } from './plan-schemas.ts'

const READ = { tag: 'Money', scope: 'billing:read', role: 'viewer' } as const
const WRITE = { tag: 'Money', scope: 'billing:write', role: 'editor' } as const

const PlanPath = BotPath.extend({ planId: z.uuid() })

/** What a bot gives for nothing and what it sells. */
export function createPlanOperations({ jobs }: Pick<AdminParts, 'jobs'>): Operation[] {
  return [
    LIST_PLANS,
    defineOperation({
      ...{ ...WRITE, id: 'createPlan', method: 'post', path: '/bots/:botId/plans' },
      summary: 'Make a plan; its prices are taken to the payment provider soon after',
      params: BotPath,
      body: z.strictObject({
        key: PlanKey.optional().describe('Its name in packs; absent: made from its name.'),
        terms: PlanTerms,
      }),
      answer: PlanAnswer,
      status: 201,
      async handle({ actor, trx, params: { botId }, body: { key, terms }, afterCommit }) {
        const { creatorId } = actor
        await getBot(trx, { botId, creatorId })
        const { planId } = await savePlan(trx, actor, { botId, terms, ...(key && { key }) })
        afterCommit(() => jobs.add('mirror-prices', { botId }))
        return presentPlan(await getPlan(trx, { creatorId, botId }, planId))
      },
    }),
    defineOperation({
      ...{ ...WRITE, id: 'updatePlan', method: 'put', path: '/bots/:botId/plans/:planId' },
      summary: 'Give a plan other terms; who pays a price that leaves keeps it',
      params: PlanPath,
      body: z.strictObject({ terms: PlanTerms }),
      answer: PlanAnswer,
      async handle({ actor, trx, params: { botId, planId }, body: { terms }, afterCommit }) {
        const { creatorId } = actor
        await getBot(trx, { botId, creatorId })
        await savePlan(trx, actor, { botId, planId, terms })
        afterCommit(() => jobs.add('mirror-prices', { botId }))
        return presentPlan(await getPlan(trx, { creatorId, botId }, planId))
      },
    }),
    RETIRE_PLAN,
  ]
}

const LIST_PLANS = defineOperation({
  ...{ ...READ, id: 'listPlans', method: 'get', path: '/bots/:botId/plans' },
  summary: 'List the plans of a bot in the order they are offered, those no longer offered last',
  params: BotPath,
  answer: z.object({ items: z.array(PlanAnswer) }),
  async handle({ actor: { creatorId }, trx, params: { botId } }) {
    await getBot(trx, { botId, creatorId })
    return { items: (await listPlans(trx, { creatorId, botId })).map(presentPlan) }
  },
})

const RETIRE_PLAN = defineOperation({
  ...{ ...WRITE, id: 'retirePlan', method: 'delete', path: '/bots/:botId/plans/:planId' },
  summary: 'Take a plan off the offer; who has it keeps it',
  params: PlanPath,
  answer: PlanAnswer,
  async handle({ actor, trx, params: { botId, planId } }) {
    const { creatorId } = actor
    await getBot(trx, { botId, creatorId })
    await retirePlan(trx, actor, { botId, planId })
    return presentPlan(await getPlan(trx, { creatorId, botId }, planId))
  },
})
