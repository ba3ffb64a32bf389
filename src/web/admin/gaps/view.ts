import type { Request, Response } from 'express'
import { nameLanguage } from '../../../bots/language.ts'
import type { Channel } from '../../../channels/channel.ts'
import { type GapGroup, getGapGroup, listAskers } from '../../../coaching/gap.ts'
import { writeNotice } from '../../../coaching/gap-notice.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { visitOf } from '../visit.ts'
import { groupPathOf, listPathOf, readGroupId } from './address.ts'
import { presentAsker } from './words.ts'

/** Askers shown; the rest are counted. */
const ASKERS = 100

export type GapView = Awaited<ReturnType<typeof readGapView>>

/** Everything a question's page shows, and the part of it that moves by itself. */
export async function readGapView(
  { within, channels, settings }: Pick<AdminParts, 'within' | 'channels' | 'settings'>,
  req: Request,
  res: Response,
) {
  const { creatorId } = visitOf(res).actor
  const { bot, group, askers } = await within(creatorId, async (trx) => {
    const { bot } = await getAddress(trx, req, res)
    const key = { creatorId, botId: bot.id, groupId: readGroupId(req) }
    const group = await getGapGroup(trx, key)
    return { bot, group, askers: await listAskers(trx, { ...key, limit: ASKERS }) }
  })
  const isDue = group.state === 'answered' && group.answer?.notifyAt !== undefined
  const isOnItsWay = group.state === 'answered' && askers.some(({ notice }) => notice === 'waiting')
  return {
    ...{ bot, group, nameLanguage, base: groupPathOf(req), list: listPathOf(req) },
    askers: askers.map((asker) => presentAsker(asker, { isDue, isAnswered: group.state === 'answered' })),
    toldCount: askers.filter(({ notice }) => notice !== 'none').length,
    answerHtml: group.answer && renderHtml(channels.web, group.answer.text),
    isMoving: isDue || isOnItsWay,
    isUnsent: isUnsent(group),
    undoSeconds: Math.round(settings.gapUndoMs / 1_000),
  }
}

/** Nothing of the answer has left, so that it can be taken back unseen. */
function isUnsent({ answer }: GapGroup): boolean {
  return answer?.notifyAt !== undefined && answer.notifyAt.getTime() > Date.now()
}

/** The answer as who asked first would read it, in the browser's form. */
export function previewAnswer(
  web: Channel,
  { bot, group }: Pick<GapView, 'bot' | 'group'>,
  { text, name }: { text: string; name: string },
): string {
  const answer = { text, name, citation: undefined, botLanguage: bot.settings.languages[0] ?? 'en' }
  const asker = { question: group.question, language: group.languages[0] ?? null }
  return renderHtml(web, writeNotice(answer, asker))
}

/** Safe HTML: the browser's form of a message escapes all but our own tags. */
function renderHtml(web: Channel, markdown: string): string {
  const html = web.render({ markdown, citations: [], buttons: [] })[0]?.html
  return typeof html === 'string' ? html : ''
}
