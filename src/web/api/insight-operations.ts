import { z } from 'zod'
import { getBot } from '../../bots/bot.ts'
import { type Figures, PERIODS, readOverview, TimeZone } from '../../insights/overview.ts'
import { defineOperation, type Operation } from './operation.ts'

const FigureFields = z.object({
  active: z.int().describe('Subscribers who asked something.'),
  newSubscribers: z.int(),
  questions: z.int(),
  answered: z.int(),
  refused: z.int().describe('The material did not hold the answer.'),
  failed: z.int().describe('Broken off, by a failure or by the person.'),
  medianMs: z.number().nullable().describe('From the question read to the answer written.'),
  p95Ms: z.number().nullable(),
  costUsd: z.number(),
  givenAgain: z.int().describe('Answers given again instead of being written anew.'),
  savedUsd: z.number().describe('What writing those anew would have cost.'),
})

/** Figures of a Bot over the last days. */
export function createInsightOperations(): Operation[] {
  return [GET_OVERVIEW]
}

const GET_OVERVIEW = defineOperation({
  ...{ id: 'getOverview', method: 'get', path: '/bots/:botId/overview', tag: 'Overview' },
  ...{ scope: 'insights:read', role: 'viewer', summary: 'Show how a bot is used, in all and by day' },
  params: z.object({ botId: z.uuid() }),
  query: z.object({
    days: z.enum(['7', '30', '90']).default('30').describe('Days of the period, the running one included.'),
    timeZone: TimeZone.default('UTC').describe('Where days begin and end: a name of the IANA list.'),
  }),
  answer: z.object({
    from: z.iso.date(),
    to: z.iso.date(),
    timeZone: z.string(),
    subscribers: z.int().describe('All there are, whenever they came.'),
    total: FigureFields,
    daily: z
      .array(FigureFields.extend({ date: z.iso.date() }))
      .describe('One for each day, the oldest first.'),
    channels: z.array(z.object({ channel: z.string(), active: z.int(), questions: z.int() })),
    documents: z
      .array(z.object({ documentId: z.uuid(), title: z.string().nullable(), answers: z.int() }))
      .describe('What answers stand on, the most cited first; title is null where it was deleted.'),
  }),
  async handle({ actor: { creatorId }, trx, params: { botId }, query }) {
    await getBot(trx, { botId, creatorId })
    const days = PERIODS.find((period) => String(period) === query.days) ?? 30
    const { timeZone } = query
    const overview = await readOverview(trx, { creatorId, botId, days, timeZone, now: new Date() })
    const { from, to, subscribers, channels } = overview
    return {
      ...{ from, to, timeZone, subscribers, channels },
      total: presentFigures(overview.total),
      daily: overview.daily.map(({ date, ...figures }) => ({ date, ...presentFigures(figures) })),
      documents: overview.documents.map((document) => ({ ...document, title: document.title ?? null })),
    }
  },
})

function presentFigures({ medianMs, p95Ms, ...figures }: Figures) {
  return { ...figures, medianMs: medianMs ?? null, p95Ms: p95Ms ?? null }
}
