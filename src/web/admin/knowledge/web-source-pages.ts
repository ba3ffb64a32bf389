import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { Actor } from '../../../accounts/access.ts'
import { createSourceDesk, EveryHours, SourceDraft } from '../../../crawling/source-desk.ts'
import { listPages } from '../../../crawling/web-page.ts'
import { getSource, listSources, type SourceKey } from '../../../crawling/web-source.ts'
import type { Db } from '../../../db/database.ts'
import { AppError } from '../../../errors.ts'
import { removeRemains } from '../../../knowledge/documents/delete.ts'
import type { AdminParts } from '../admin-parts.ts'
import { type Address, getAddress } from '../bot-address.ts'
import { goTo, sendFragment, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { INTERVAL_CHOICES, isMoving, presentSource, readInterval } from './web-source-words.ts'

/** What was typed, and what was wrong with it. */
export interface WebForm {
  url: string
  kind: string
  every: string
  maxPages: string
  error?: string
}

export const EMPTY_WEB_FORM: WebForm = { url: '', kind: 'page', every: 'never', maxPages: '' }

/** Faults of the form, said beside its address. */
const SAID_BESIDE = new Set([
  'web_address.invalid',
  'web_address.refused',
  'web_source.known',
  'web_source.too_many',
])

/** Pages listed of one source, those with a reason first. */
const PAGES_SHOWN = 100

type Parts = Pick<AdminParts, 'db' | 'within' | 'files' | 'vectors' | 'jobs' | 'settings' | 'log'>

interface WebPagesParts extends Parts {
  /** Shows the list of Documents again, with the form as it was sent. */
  showList: (req: Request, res: Response, form: WebForm) => Promise<void>
}

/** Web pages and sitemaps as material: added, crawled again, stopped and removed. */
export function createWebSourcePages({ showList, ...parts }: WebPagesParts): Router {
  const { within, jobs } = parts
  const desk = createSourceDesk(parts.settings.crawl)
  const router = Router()
  const list = '/bots/:botId/knowledge/web'
  const one = `${list}/:sourceId`
  // Lost, the sweep announces it.
  const nudge = (sourceId: string) => jobs.add('crawl-source', { sourceId }).catch(() => {})

  router.get(list, async (req, res) => {
    const sources = await within(visitOf(res).actor.creatorId, async (trx) =>
      presentSources(trx, await getAddress(trx, req, res)),
    )
    sendFragment(req, res, 'knowledge/web-list', {
      sources,
      isMoving: sources.some(isMoving),
      base: baseOf(req),
    })
  })

  router.post(list, allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const { form, draft } = readForm(req.body)
    try {
      const sourceId = await within(actor.creatorId, async (trx) => {
        const { key } = await getAddress(trx, req, res)
        if (!draft) throw new AppError('web_address.invalid')
        return desk.add(trx, actor, key, draft)
      })
      await nudge(sourceId)
    } catch (error) {
      if (!(error instanceof AppError && SAID_BESIDE.has(error.code))) throw error
      return showList(req, res.status(422), { ...form, error: error.message })
    }
    goTo(req, res, baseOf(req), 'web_added')
  })

  router.get(one, (req, res) => showSource(req, res, 'knowledge/web-source'))
  router.get(`${one}/state`, (req, res) => showSource(req, res, 'knowledge/web-state'))

  router.post(`${one}/crawl`, allow('editor'), async (req, res) => {
    const { key } = await act(req, res, desk.crawl)
    await nudge(key.sourceId)
    goTo(req, res, hrefOf(req), 'web_crawling')
  })

  router.post(`${one}/stop`, allow('editor'), async (req, res) => {
    await act(req, res, desk.stop)
    goTo(req, res, hrefOf(req), 'web_stopped')
  })

  router.post(`${one}/schedule`, allow('editor'), async (req, res) => {
    await act(req, res, (trx, actor, key) => {
      const every = EveryHours.safeParse(readInterval(req.body?.every))
      if (!every.success) throw new AppError('request.malformed')
      return desk.schedule(trx, actor, key, every.data)
    })
    goTo(req, res, hrefOf(req), 'saved')
  })

  router.post(`${one}/remove`, allow('editor'), async (req, res) => {
    const keepsDocuments = req.body?.documents === 'keep'
    const { key, result } = await act(req, res, (trx, actor, key) =>
      desk.remove(trx, actor, key, { keepsDocuments }),
    )
    await removeRemains(parts, key, result)
    goTo(req, res, baseOf(req), 'removed')
  })

  /** Does something to the source of the address. */
  function act<T>(
    req: Request,
    res: Response,
    work: (trx: Db, actor: Actor, key: SourceKey) => Promise<T>,
  ): Promise<{ key: SourceKey; result: T }> {
    const { actor } = visitOf(res)
    return within(actor.creatorId, async (trx) => {
      const address = await getAddress(trx, req, res)
      const key = { ...address.key, sourceId: readSourceId(req) }
      return { key, result: await work(trx, actor, key) }
    })
  }

  async function showSource(req: Request, res: Response, view: string): Promise<void> {
    const { bot, source, pages } = await within(visitOf(res).actor.creatorId, async (trx) => {
      const { bot, key } = await getAddress(trx, req, res)
      const sourceKey = { ...key, sourceId: readSourceId(req) }
      const source = await getSource(trx, sourceKey)
      return { bot, source, pages: await listPages(trx, sourceKey, { limit: PAGES_SHOWN }) }
    })
    const model = {
      title: source.url,
      section: 'knowledge' as const,
      bot,
      base: baseOf(req),
      source: presentSource(source, baseOf(req)),
      pages: pages.items,
      hasMore: pages.nextOffset !== null,
      intervals: INTERVAL_CHOICES,
    }
    if (view === 'knowledge/web-state') sendFragment(req, res, view, model)
    else sendPage(req, res, view, model)
  }

  return router
}

/** The sources of a base as the pages list them. */
export async function presentSources(trx: Db, { bot, key }: Address) {
  const base = `/admin/bots/${bot.id}/knowledge`
  return (await listSources(trx, key)).map((source) => presentSource(source, base))
}

const Typed = z.object({
  url: z.string().max(4_000).catch(''),
  kind: z.string().max(20).catch('page'),
  every: z.string().max(20).catch('never'),
  maxPages: z.string().trim().max(20).catch(''),
})

function readForm(body: unknown): { form: WebForm; draft: SourceDraft | undefined } {
  const form = Typed.parse(body ?? {})
  const { data } = SourceDraft.safeParse({
    url: form.url,
    kind: form.kind,
    everyHours: readInterval(form.every),
    ...(form.maxPages !== '' && { maxPages: Number(form.maxPages) }),
  })
  return { form, draft: data }
}

/** @throws {AppError} `web_source.not_found` when it is no id at all. */
function readSourceId(req: Request): string {
  const { success, data } = z.uuid().safeParse(req.params.sourceId)
  if (!success) throw new AppError('web_source.not_found')
  return data
}

function baseOf(req: Request): string {
  return `/admin/bots/${req.params.botId}/knowledge`
}

function hrefOf(req: Request): string {
  return `${baseOf(req)}/web/${req.params.sourceId}`
}
