import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { nameLanguage } from '../../../bots/language.ts'
import { countGapGroups, dismissGap, GAP_STATES, listGapGroups, reopenGap } from '../../../coaching/gap.ts'
import { ANSWER_MAX_CHARS, ANSWER_QUESTION_MAX_CHARS } from '../../../coaching/gap-answer.ts'
import { createGapDesk } from '../../../coaching/gap-desk.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { goTo, sendFragment, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { getGapKey, groupPathOf, listPathOf } from './address.ts'
import { type AnswerValues, readAnswerForm } from './form.ts'
import { previewAnswer, readGapView } from './view.ts'

type GapParts = Pick<
  AdminParts,
  'db' | 'within' | 'files' | 'vectors' | 'jobs' | 'channels' | 'settings' | 'log'
>

/** Questions on a page of the list. */
const PAGE = 20

const ListQuery = z.object({
  state: z.enum(GAP_STATES).catch('open'),
  cursor: z.string().max(60).optional().catch(undefined),
})

/** Questions to answer: `/admin/bots/:botId/gaps`. */
export function createGapPages(parts: GapParts): Router {
  const { within } = parts
  const desk = createGapDesk({ ...parts, undoMs: parts.settings.gapUndoMs })
  const router = Router()

  router.get('/bots/:botId/gaps', async (req, res) => {
    const { state, cursor } = ListQuery.parse(req.query)
    const model = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getAddress(trx, req, res)
      const of = { creatorId: key.creatorId, botId: bot.id }
      const page = await listGapGroups(trx, { ...of, state, cursor, limit: PAGE })
      return { bot, page, counts: await countGapGroups(trx, of) }
    })
    sendPage(req, res, 'gaps/list', {
      ...{ title: 'Questions to answer', section: 'gaps', state, nameLanguage },
      ...{ ...model, isFirstPage: cursor === undefined, base: listPathOf(req) },
    })
  })

  router.get('/bots/:botId/gaps/:groupId', (req, res) => sendGroup(parts, req, res, {}))

  router.get('/bots/:botId/gaps/:groupId/state', async (req, res) => {
    sendFragment(req, res, 'gaps/state', await readGapView(parts, req, res))
  })

  router.post('/bots/:botId/gaps/:groupId/answer', allow('editor'), async (req, res) => {
    const { values, errors, isPreview } = readAnswerForm(req)
    if (errors || isPreview) return sendGroup(parts, req, res, { values, errors })
    const { actor } = visitOf(res)
    const key = await within(actor.creatorId, (trx) => getGapKey(trx, req, res))
    await desk.answer(actor, key, values)
    goTo(req, res, groupPathOf(req), 'gap_answered')
  })

  router.post('/bots/:botId/gaps/:groupId/undo', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const key = await within(actor.creatorId, (trx) => getGapKey(trx, req, res))
    const { toldCount } = await desk.undo(actor, key)
    goTo(req, res, groupPathOf(req), toldCount === 0 ? 'gap_undone' : 'gap_undone_late')
  })

  for (const [action, move, notice] of [
    ['dismiss', dismissGap, 'gap_dismissed'],
    ['reopen', reopenGap, 'gap_reopened'],
  ] as const) {
    router.post(`/bots/:botId/gaps/:groupId/${action}`, allow('editor'), async (req, res) => {
      const { actor } = visitOf(res)
      await within(actor.creatorId, async (trx) => move(trx, actor, await getGapKey(trx, req, res)))
      goTo(req, res, groupPathOf(req), notice)
    })
  }
  return router
}

/** A question's page; with values the form as it was sent, and beside it what is wrong or how it will read. */
async function sendGroup(
  parts: GapParts,
  req: Request,
  res: Response,
  { values, errors }: { values?: AnswerValues; errors?: Record<string, string[] | undefined> | undefined },
): Promise<void> {
  const view = await readGapView(parts, req, res)
  const { answer, question } = view.group
  const { name } = visitOf(res).actor
  if (errors) res.status(422)
  sendPage(req, res, 'gaps/group', {
    ...{ title: question, section: 'gaps', ...view, errors: errors ?? {} },
    ...{ maxAnswer: ANSWER_MAX_CHARS, maxQuestion: ANSWER_QUESTION_MAX_CHARS },
    values: values ?? {
      question: answer?.question ?? question,
      text: answer?.text ?? '',
      isCorrection: false,
    },
    preview: values && !errors ? previewAnswer(parts.channels.web, view, { ...values, name }) : undefined,
  })
}
