import { z } from 'zod'
import {
  type AccessCode,
  AccessCodeTerms,
  createAccessCode,
  endAccessCode,
  listAccessCodes,
} from '../../billing/plans/access-code.ts'
import { CouponTerms, createCoupon, listCoupons, retireCoupon } from '../../billing/plans/coupon.ts'
import { getBot } from '../../bots/bot.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { BotPath } from './bot-schemas.ts'
import { defineOperation, Instant, type Operation } from './operation.ts'
import { CouponAnswer, presentCoupon } from './plan-schemas.ts'

const READ = { tag: 'Money', scope: 'billing:read', role: 'viewer' } as const
const WRITE = { tag: 'Money', scope: 'billing:write', role: 'editor' } as const

const CouponPath = BotPath.extend({ couponId: z.uuid() })
const CodePath = BotPath.extend({ codeId: z.uuid() })
const Ended = z.object({ id: z.uuid() })

const CodeAnswer = z.object({
  id: z.uuid(),
  code: z.string(),
  planId: z.uuid(),
  days: z.int().nullable().describe('How long whoever gives the code has the plan; null: for good.'),
  maxUses: z.int().nullable(),
  usedCount: z.int(),
  expiresAt: Instant.nullable(),
  isOver: z.boolean(),
  createdAt: Instant,
})

function presentCode({ planName: _, days, maxUses, expiresAt, ...code }: AccessCode) {
  return { ...code, days: days ?? null, maxUses: maxUses ?? null, expiresAt: expiresAt ?? null }
}

/** Coupons, and codes that let a group in. */
export function createCodeOperations({ jobs }: Pick<AdminParts, 'jobs'>): Operation[] {
  return [
    LIST_COUPONS,
    defineOperation({
      ...{ ...WRITE, id: 'createCoupon', method: 'post', path: '/bots/:botId/coupons' },
      summary: 'Make a coupon; it is taken to the payment provider soon after',
      params: BotPath,
      body: CouponTerms,
      answer: CouponAnswer,
      status: 201,
      async handle({ actor, trx, params: { botId }, body, afterCommit }) {
        await getBot(trx, { botId, creatorId: actor.creatorId })
        const coupon = await createCoupon(trx, actor, { botId, terms: body })
        afterCommit(() => jobs.add('mirror-prices', { botId }))
        return presentCoupon(coupon)
      },
    }),
    RETIRE_COUPON,
    LIST_ACCESS_CODES,
    CREATE_ACCESS_CODE,
    END_ACCESS_CODE,
  ]
}

const LIST_COUPONS = defineOperation({
  ...{ ...READ, id: 'listCoupons', method: 'get', path: '/bots/:botId/coupons' },
  summary: 'List the coupons of a bot, those in force first',
  params: BotPath,
  answer: z.object({ items: z.array(CouponAnswer) }),
  async handle({ actor: { creatorId }, trx, params: { botId } }) {
    await getBot(trx, { botId, creatorId })
    return { items: (await listCoupons(trx, { creatorId, botId })).map(presentCoupon) }
  },
})

const RETIRE_COUPON = defineOperation({
  ...{ ...WRITE, id: 'retireCoupon', method: 'delete', path: '/bots/:botId/coupons/:couponId' },
  summary: 'End a coupon; who redeemed it keeps it',
  params: CouponPath,
  answer: Ended,
  async handle({ actor, trx, params: { botId, couponId } }) {
    await getBot(trx, { botId, creatorId: actor.creatorId })
    await retireCoupon(trx, actor, { botId, couponId })
    return { id: couponId }
  },
})

const LIST_ACCESS_CODES = defineOperation({
  ...{ ...READ, id: 'listAccessCodes', method: 'get', path: '/bots/:botId/access-codes' },
  summary: 'List the access codes of a bot, open ones first',
  params: BotPath,
  answer: z.object({ items: z.array(CodeAnswer) }),
  async handle({ actor: { creatorId }, trx, params: { botId } }) {
    await getBot(trx, { botId, creatorId })
    return { items: (await listAccessCodes(trx, { creatorId, botId })).map(presentCode) }
  },
})

const CREATE_ACCESS_CODE = defineOperation({
  ...{ ...WRITE, id: 'createAccessCode', method: 'post', path: '/bots/:botId/access-codes' },
  summary: 'Make a code that gives a plan without paying',
  params: BotPath,
  body: AccessCodeTerms,
  answer: CodeAnswer,
  status: 201,
  async handle({ actor, trx, params: { botId }, body }) {
    await getBot(trx, { botId, creatorId: actor.creatorId })
    return presentCode(await createAccessCode(trx, actor, { botId, terms: body }))
  },
})

const END_ACCESS_CODE = defineOperation({
  ...{ ...WRITE, id: 'endAccessCode', method: 'delete', path: '/bots/:botId/access-codes/:codeId' },
  summary: 'End an access code; who is in stays in',
  params: CodePath,
  answer: Ended,
  async handle({ actor, trx, params: { botId, codeId } }) {
    await getBot(trx, { botId, creatorId: actor.creatorId })
    await endAccessCode(trx, actor, { botId, codeId })
    return { id: codeId }
  },
})
