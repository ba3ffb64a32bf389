import { type Request, Router } from 'express'
import { listAuditEntries } from '../../../accounts/audit-list.ts'
import { listInstallationEvents, listSecurityEvents } from '../../../accounts/security-event-list.ts'
import { cutPage, IdCursor } from '../../api/page-cursor.ts'
import { sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { describeAction, describeEvent, OBJECT_TYPES } from './log-words.ts'
import type { AccountParts } from './parts.ts'

const PAGE_SIZE = 50

/** Who did what, and which doors were tried. */
export function createAccountLogPages({ db, within }: AccountParts): Router {
  const router = Router()

  router.get('/account/activity', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const objectType = OBJECT_TYPES.find(({ type }) => type === req.query.about)?.type
    const filter = { limit: PAGE_SIZE + 1, before: readCursor(req), objectType }
    const rows = await within(actor.creatorId, (trx) => listAuditEntries(trx, actor, filter))
    const { items, nextCursor } = cutPage(rows, PAGE_SIZE)
    sendPage(req, res, 'account/activity', {
      title: 'Activity',
      section: 'safety',
      entries: items.map((entry) => ({ ...entry, what: describeAction(entry) })),
      nextCursor,
      about: objectType,
      objectTypes: OBJECT_TYPES,
    })
  })

  router.get('/account/safety', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const ofInstallation = actor.isOperator && req.query.of === 'installation'
    const filter = { limit: PAGE_SIZE + 1, before: readCursor(req) }
    const rows = ofInstallation
      ? await listInstallationEvents(db, filter)
      : await within(actor.creatorId, (trx) => listSecurityEvents(trx, actor, filter))
    const { items, nextCursor } = cutPage(rows, PAGE_SIZE)
    sendPage(req, res, 'account/safety', {
      title: 'Safety',
      section: 'safety',
      events: items.map((event) => ({ ...event, what: describeEvent(event) })),
      nextCursor,
      ofInstallation,
    })
  })

  return router
}

function readCursor(req: Request): string | undefined {
  return IdCursor.safeParse(req.query.before).data
}
