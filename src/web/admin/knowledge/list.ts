import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Db } from '../../../db/database.ts'
import { countDocuments, listDocumentPage } from '../../../knowledge/documents/list.ts'
import { listTags } from '../../../knowledge/documents/tags.ts'
import { MAX_FILES, type Refusal } from '../../uploads.ts'
import type { AdminParts } from '../admin-parts.ts'
import { type Address, getAddress } from '../bot-address.ts'
import { renderFragment, sendPage } from '../page.ts'
import { type Visit, visitOf } from '../visit.ts'
import { EMPTY_WEB_FORM, presentSources, type WebForm } from './web-source-pages.ts'
import { INTERVAL_CHOICES } from './web-source-words.ts'
import { presentRow, saySize } from './words.ts'

const PER_PAGE = 25

/** PostgreSQL keeps no NUL, so nothing is called by one. */
const PLAIN = /^\P{Cc}*$/u

/** What of the list is asked for. An address is anyone's: what of it is no filter of ours counts as not there. */
export const ListQuery = z.object({
  show: z.enum(['all', 'open', 'failed']).catch('all'),
  tag: z.string().max(40).regex(PLAIN).catch('').default(''),
  name: z.string().trim().max(100).regex(PLAIN).catch('').default(''),
  cursor: z.string().max(200).optional().catch(undefined),
})
export type ListQuery = z.output<typeof ListQuery>

/** Shows a Bot's Documents; after an upload or an address some of which was refused, with why. */
export function createKnowledgeList({ within, settings }: Pick<AdminParts, 'within' | 'settings'>) {
  return async (
    req: Request,
    res: Response,
    refused: Refusal[] = [],
    web: WebForm = EMPTY_WEB_FORM,
  ): Promise<void> => {
    const visit = visitOf(res)
    const query = ListQuery.parse(req.query)
    const { bot, list, tags, sources } = await within(visit.actor.creatorId, async (trx) => {
      const address = await getAddress(trx, req, res)
      const list = await readList(trx, address, { query, visit })
      const sources = await presentSources(trx, address)
      return { bot: address.bot, list, sources, tags: await listTags(trx, address.key) }
    })
    if (refused.length > 0) res.status(422)
    sendPage(req, res, 'knowledge/list', {
      ...list,
      title: `Material of ${bot.settings.name}`,
      section: 'knowledge',
      bot,
      refused,
      live: linkTo(`${list.base}/events`, { ...query, seen: hashOf(list) }),
      first: query.cursor ? linkTo(list.base, { ...query, cursor: undefined }) : undefined,
      tags,
      filter: query,
      maxSize: saySize(settings.upload.maxBytes),
      maxFiles: MAX_FILES,
      ...{ web, sources, intervals: INTERVAL_CHOICES, maxPages: settings.crawl.maxPages },
    })
  }
}

/** One page of the list as it is shown; the live stream reads and shows the same. */
export async function readList(
  trx: Db,
  { bot, key }: Address,
  { query, visit }: { query: ListQuery; visit: Visit },
) {
  const { show, tag, name, cursor } = query
  const state = show === 'all' ? undefined : show
  const page = await listDocumentPage(trx, key, { state, tag, name, cursor, limit: PER_PAGE })
  const counts = await countDocuments(trx, key)
  const base = `/admin/bots/${bot.id}/knowledge`
  const tab = (label: string, count: number, to: ListQuery['show']) => ({
    label,
    count,
    href: linkTo(base, { tag, name, show: to }),
    isCurrent: show === to,
  })
  return {
    base,
    counts,
    rows: page.items.map((document) => presentRow(document, bot.id, visit)),
    next: page.nextCursor ? linkTo(base, { ...query, cursor: page.nextCursor }) : undefined,
    tabs: [
      tab('All', counts.all, 'all'),
      tab('Being read', counts.open, 'open'),
      tab('Could not be read', counts.failed, 'failed'),
    ],
    isFiltered: show !== 'all' || tag !== '' || name !== '',
    canEdit: visit.actor.role !== 'viewer',
  }
}

/** Tells whether a page shows the list as it stands now. */
export function hashOf(list: Awaited<ReturnType<typeof readList>>): string {
  const html = renderFragment('knowledge/rows', list)
  return createHash('sha256').update(html).digest('base64url').slice(0, 16)
}

function linkTo(
  path: string,
  { show, tag, name, cursor, seen }: Partial<ListQuery> & { seen?: string },
): string {
  const query = new URLSearchParams()
  if (show && show !== 'all') query.set('show', show)
  for (const [key, value] of Object.entries({ tag, name, cursor, seen })) if (value) query.set(key, value)
  return query.size === 0 ? path : `${path}?${query}`
}
