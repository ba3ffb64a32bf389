import { z } from 'zod'
import { getBot } from '../../bots/bot.ts'
import {
  dismissGap,
  GAP_STATES,
  type GapGroup,
  getGapGroup,
  listAskers,
  listGapGroups,
  reopenGap,
} from '../../coaching/gap.ts'
import { ANSWER_MAX_CHARS, ANSWER_QUESTION_MAX_CHARS } from '../../coaching/gap-answer.ts'
import { createGapDesk } from '../../coaching/gap-desk.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import {
  defineLongOperation,
  defineOperation,
  Instant,
  type Operation,
  PageQuery,
  pageOf,
} from './operation.ts'

const Gap = z.object({
  id: z.uuid(),
  question: z.string().describe('As it was asked first.'),
  wordings: z.array(z.string()).describe('Other ways it was asked in, the newest first.'),
  languages: z.array(z.string()),
  state: z.enum(GAP_STATES),
  askedCount: z.int(),
  askerCount: z.int().describe('Subscribers who asked.'),
  lastAskedAt: Instant,
  answer: z
    .object({
      question: z.string().describe('As it stands in the material.'),
      text: z.string(),
      name: z.string().describe('Who answered.'),
      answeredAt: Instant,
      documentId: z.uuid().nullable(),
      notifyAt: Instant.nullable().describe('Until then nobody was told; null once all were.'),
    })
    .nullable()
    .describe('Kept as a draft where an answer was taken back.'),
})

const Asker = z.object({
  chatId: z.uuid(),
  name: z.string().nullable(),
  channel: z.string(),
  question: z.string(),
  language: z.string().nullable(),
  askedAt: Instant,
  notice: z.enum(['none', 'waiting', 'sent', 'delivered', 'read', 'doubtful', 'failed']),
  errorCode: z.string().nullable().describe('Why the answer did not arrive.'),
})

const BotPath = z.object({ botId: z.uuid() })
const GapPath = BotPath.extend({ gapId: z.uuid() })
const Done = z.object({ id: z.uuid() })

const TAG = 'Questions to answer'
const READ = { tag: TAG, scope: 'gaps:read', role: 'viewer' } as const
const WRITE = { tag: TAG, scope: 'gaps:write', role: 'editor' } as const

const ASKERS = 100

/** What the material did not answer: list, answer, take back, dismiss. */
export function createGapOperations(
  parts: Pick<AdminParts, 'db' | 'within' | 'files' | 'vectors' | 'jobs' | 'settings' | 'log'>,
): Operation[] {
  const desk = createGapDesk({ ...parts, undoMs: parts.settings.gapUndoMs })
  return [
    LIST_GAPS,
    GET_GAP,
    defineLongOperation({
      ...{ ...WRITE, id: 'answerGap', method: 'post', path: '/bots/:botId/gaps/:gapId/answer' },
      summary: 'Answer an open question, in the material and in the chats of who asked',
      params: GapPath,
      body: z.object({
        question: z.string().trim().min(1).max(ANSWER_QUESTION_MAX_CHARS),
        text: z.string().trim().min(1).max(ANSWER_MAX_CHARS).describe('Markdown.'),
        isCorrection: z.boolean().default(false).describe('Tell those, too, who got an earlier answer.'),
      }),
      answer: Done,
      status: 202,
      async handle({ actor, params: { botId, gapId }, body }) {
        await desk.answer(actor, { botId, groupId: gapId }, body)
        return { id: gapId }
      },
    }),
    defineLongOperation({
      ...{ ...WRITE, id: 'undoGapAnswer', method: 'post', path: '/bots/:botId/gaps/:gapId/undo' },
      summary: 'Take an answer back; what has left a chat stays there',
      params: GapPath,
      answer: Done.extend({ toldCount: z.int().describe('Chats that keep the answer.') }),
      async handle({ actor, params: { botId, gapId } }) {
        return { id: gapId, ...(await desk.undo(actor, { botId, groupId: gapId })) }
      },
    }),
    DISMISS_GAP,
    REOPEN_GAP,
  ]
}

const LIST_GAPS = defineOperation({
  ...{ ...READ, id: 'listGaps', method: 'get', path: '/bots/:botId/gaps' },
  summary: 'List the questions the material did not answer, those most people asked first',
  params: BotPath,
  query: PageQuery.extend({ state: z.enum(GAP_STATES).default('open') }),
  answer: pageOf(Gap),
  async handle({ actor: { creatorId }, trx, params: { botId }, query }) {
    await getBot(trx, { botId, creatorId })
    const { items, nextCursor } = await listGapGroups(trx, { creatorId, botId, ...query })
    return { items: items.map(presentGap), nextCursor }
  },
})

const GET_GAP = defineOperation({
  ...{ ...READ, id: 'getGap', method: 'get', path: '/bots/:botId/gaps/:gapId' },
  summary: 'Show a question with who asked it and who was told the answer',
  params: GapPath,
  answer: Gap.extend({ askers: z.array(Asker).describe(`At most ${ASKERS}, who asked last first.`) }),
  async handle({ actor: { creatorId }, trx, params: { botId, gapId: groupId } }) {
    const group = await getGapGroup(trx, { creatorId, botId, groupId })
    const askers = await listAskers(trx, { creatorId, groupId, limit: ASKERS })
    return {
      ...presentGap(group),
      askers: askers.map((asker) => ({
        ...asker,
        name: asker.name ?? null,
        language: asker.language ?? null,
        errorCode: asker.errorCode ?? null,
      })),
    }
  },
})

const DISMISS_GAP = defineOperation({
  ...{ ...WRITE, id: 'dismissGap', method: 'post', path: '/bots/:botId/gaps/:gapId/dismiss' },
  summary: 'Take an open question off the list',
  params: GapPath,
  answer: Done,
  async handle({ actor, trx, params: { botId, gapId } }) {
    await dismissGap(trx, actor, { botId, groupId: gapId })
    return { id: gapId }
  },
})

const REOPEN_GAP = defineOperation({
  ...{ ...WRITE, id: 'reopenGap', method: 'post', path: '/bots/:botId/gaps/:gapId/reopen' },
  summary: 'Put a dismissed question back on the list',
  params: GapPath,
  answer: Done,
  async handle({ actor, trx, params: { botId, gapId } }) {
    await reopenGap(trx, actor, { botId, groupId: gapId })
    return { id: gapId }
  },
})

function presentGap({ answer, ...group }: GapGroup) {
  return {
    ...group,
    answer: answer
      ? {
          question: answer.question,
          text: answer.text,
          name: answer.name,
          answeredAt: answer.at,
          documentId: answer.documentId ?? null,
          notifyAt: answer.notifyAt ?? null,
        }
      : null,
  }
}
