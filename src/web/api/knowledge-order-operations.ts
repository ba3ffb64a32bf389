import { z } from 'zod'
import { recordAudit } from '../../accounts/audit.ts'
import {
  Recency,
  SourceWeight,
  setRecency,
  setSourceWeight,
} from '../../knowledge/documents/source-weight.ts'
import { getKnowledgeBase } from '../../knowledge/knowledge-base.ts'
import { getBaseKey } from './base-key.ts'
import { defineOperation, type Operation } from './operation.ts'

const BotPath = z.object({ botId: z.uuid() })

const WeightShape = z.object({
  weight: SourceWeight.describe('-1: less trusted than the rest, 1: more.'),
})
const OrderShape = z.object({
  recency: Recency.describe(
    'How much worse, as a share, a newer passage may match than the older one about the same, and still go first.',
  ),
})

const SET_WEIGHT = defineOperation({
  ...{ id: 'setDocumentWeight', method: 'put', path: '/bots/:botId/documents/:documentId/weight' },
  ...{ tag: 'Knowledge', scope: 'knowledge:write', role: 'editor' },
  summary: 'Trust a document more or less than the rest',
  params: BotPath.extend({ documentId: z.uuid() }),
  body: WeightShape,
  answer: WeightShape,
  async handle({ actor, trx, params, body: { weight } }) {
    const { documentId } = params
    await setSourceWeight(trx, { ...(await getBaseKey(trx, actor, params)), documentId }, weight)
    const details = { weight }
    await recordAudit(trx, actor, {
      action: 'document.weigh',
      objectType: 'document',
      objectId: documentId,
      details,
    })
    return { weight }
  },
})

const GET_ORDER = defineOperation({
  ...{ id: 'getSearchOrder', method: 'get', path: '/bots/:botId/search-order' },
  ...{ tag: 'Knowledge', scope: 'knowledge:read', role: 'viewer' },
  summary: 'Show what decides between documents that say different things',
  params: BotPath,
  answer: OrderShape,
  async handle({ actor, trx, params }) {
    const { recency } = await getKnowledgeBase(trx, await getBaseKey(trx, actor, params))
    return { recency }
  },
})

const SET_ORDER = defineOperation({
  ...{ id: 'setSearchOrder', method: 'put', path: '/bots/:botId/search-order' },
  ...{ tag: 'Knowledge', scope: 'knowledge:write', role: 'editor' },
  summary: 'Set what decides between documents that say different things',
  params: BotPath,
  body: OrderShape,
  answer: OrderShape,
  async handle({ actor, trx, params, body: { recency } }) {
    await setRecency(trx, await getBaseKey(trx, actor, params), recency)
    const details = { recency }
    const of = { objectType: 'bot', objectId: params.botId } as const
    await recordAudit(trx, actor, { action: 'bot.set_recency', ...of, details })
    return { recency }
  },
})

/** What decides between Documents that say different things about the same. */
export const KNOWLEDGE_ORDER_OPERATIONS: Operation[] = [SET_WEIGHT, GET_ORDER, SET_ORDER]
