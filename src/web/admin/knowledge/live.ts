import { Router } from 'express'
import { getDocument } from '../../../knowledge/documents/list.ts'
import { createStreams, type StreamEvent, type StreamSource } from '../../try-stream.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress, readDocumentId } from '../bot-address.ts'
import { renderFragment } from '../page.ts'
import { visitOf } from '../visit.ts'
import { hashOf, ListQuery, readList } from './list.ts'
import { isOpen, presentRow } from './words.ts'

const LIMITS = {
  maxStreams: 500,
  maxStreamsPerVisitor: 4,
  heartbeatMs: 15_000,
  pollMs: 700,
  maxAgeMs: 5 * 60_000,
}
/** While nothing is being taken in there is little to see: someone else may have uploaded something. */
const IDLE_MS = 4_000

type Parts = Pick<AdminParts, 'within' | 'stopping' | 'log'>

/** How far Documents are, as it changes: events named after the elements that show it, with their HTML. */
export function createLivePages({ within, stopping, log }: Parts): Router {
  const router = Router()
  const streams = createStreams(LIMITS, stopping, log)

  router.get('/bots/:botId/knowledge/events', async (req, res) => {
    const visit = visitOf(res)
    const address = await within(visit.actor.creatorId, (trx) => getAddress(trx, req, res))
    const query = ListQuery.parse(req.query)
    const source = followList(String(req.query.seen ?? ''), () =>
      within(address.key.creatorId, (trx) => readList(trx, address, { query, visit })),
    )
    streams.serve(req, res, { visitorId: visit.sessionId, source })
  })

  router.get('/bots/:botId/knowledge/documents/:documentId/events', async (req, res) => {
    const visit = visitOf(res)
    const documentId = readDocumentId(req)
    const { bot, key } = await within(visit.actor.creatorId, async (trx) => {
      const address = await getAddress(trx, req, res)
      await getDocument(trx, { ...address.key, documentId })
      return address
    })
    const source = followDocument(async () => {
      const document = await within(key.creatorId, (trx) => getDocument(trx, { ...key, documentId }))
      const row = { ...presentRow(document, bot.id, visit), isLive: true }
      const data = renderFragment('knowledge/state', row)
      return { event: `state-${documentId}`, data, isOpen: isOpen(document) }
    })
    streams.serve(req, res, { visitorId: visit.sessionId, source })
  })
  return router
}

/** Tells the state of one Document whenever it changes. */
function followDocument(read: () => Promise<{ event: string; data: string; isOpen: boolean }>): StreamSource {
  let shown = ''
  return paced(async () => {
    const { isOpen: isMoving, ...event } = await read()
    const isNew = event.data !== shown
    shown = event.data
    return { events: isNew ? [event] : [], isMoving }
  })
}

/** Tells the list whole when others are in it than the page shows, else those rows that changed. */
function followList(seen: string, read: () => Promise<Awaited<ReturnType<typeof readList>>>): StreamSource {
  const shown = new Map<string, string>()
  let members: string | undefined
  return paced(async () => {
    const list = await read()
    const now = list.rows.map(({ document }) => document.id).join(' ')
    const parts = [
      { event: 'document-tabs', data: renderFragment('knowledge/tabs', list) },
      ...list.rows.map((row) => ({
        event: `document-${row.document.id}`,
        data: renderFragment('knowledge/row', row),
      })),
    ]
    const changed = parts.filter(({ event, data }) => shown.get(event) !== data)
    for (const { event, data } of changed) shown.set(event, data)
    const isMoving = list.counts.open > 0
    const isAsShown = members === undefined ? hashOf(list) === seen : members === now
    const isFirst = members === undefined
    members = now
    if (isAsShown) return { events: isFirst ? [] : changed, isMoving }
    const whole = { event: 'documents', data: renderFragment('knowledge/rows', list) }
    return { events: [whole, ...changed.filter(({ event }) => event === 'document-tabs')], isMoving }
  })
}

/** Looks often while something is being taken in, and seldom else. */
function paced(read: () => Promise<{ events: StreamEvent[]; isMoving: boolean }>): StreamSource {
  let nextReadAt = 0
  return {
    subscribe: () => () => {},
    async read() {
      if (performance.now() < nextReadAt) return []
      const { events, isMoving } = await read()
      nextReadAt = isMoving ? 0 : performance.now() + IDLE_MS
      return events
    },
  }
}
