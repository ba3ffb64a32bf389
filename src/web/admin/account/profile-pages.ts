import { type Request, type Response, Router } from 'express'
import { recordAudit } from '../../../accounts/audit.ts'
import { listCreatorChoices, renameCreator } from '../../../accounts/creator.ts'
import { getMember, renameMember } from '../../../accounts/member.ts'
import { removeMember } from '../../../accounts/membership.ts'
import { endSession } from '../../../accounts/session.ts'
import { AppError } from '../../../errors.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { beginSession } from '../sign-in/flow.ts'
import { clearSessionCookie } from '../sign-in/session-cookie.ts'
import { isName } from '../sign-in/sign-up-pages.ts'
import { allow, visitOf } from '../visit.ts'
import type { AccountParts } from './parts.ts'

const NAME_FAULT = 'Give a name of at most 80 characters.'

/** Who one is, for whom one acts, and leaving. */
export function createAccountProfilePages({ db, within }: AccountParts): Router {
  const router = Router()

  router.get('/account', (req, res) => sendProfile(req, res))

  router.post('/account/profile', async (req, res) => {
    const { actor } = visitOf(res)
    const memberId = memberOf(res)
    const name = readField(req.body, 'name').trim()
    if (!isName(name)) return sendProfile(req, res.status(422), { nameFault: NAME_FAULT, givenName: name })
    await db.transaction().execute(async (trx) => {
      await renameMember(trx, memberId, name)
      const change = { action: 'member.rename', objectType: 'member', objectId: memberId }
      await recordAudit(trx, actor, change)
    })
    goTo(req, res, '/admin/account', 'saved')
  })

  router.post('/account/creator', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    const name = readField(req.body, 'creatorName').trim()
    if (!isName(name)) {
      return sendProfile(req, res.status(422), { creatorFault: NAME_FAULT, givenCreatorName: name })
    }
    await within(actor.creatorId, (trx) => renameCreator(trx, actor, name))
    goTo(req, res, '/admin/account', 'saved')
  })

  router.post('/account/switch', async (req, res) => {
    const memberId = memberOf(res)
    const creatorId = readField(req.body, 'creatorId')
    const choices = await listCreatorChoices(db, memberId)
    if (!choices.some(({ id }) => id === creatorId)) throw new AppError('member.not_found')
    await beginSession({ db }, req, res, { memberId, creatorId, next: '/admin' })
  })

  router.post('/account/leave', async (req, res) => {
    const { actor, sessionId } = visitOf(res)
    await within(actor.creatorId, (trx) => removeMember(trx, actor, memberOf(res)))
    await endSession(db, sessionId)
    clearSessionCookie(req, res)
    goTo(req, res, '/admin/sign-in')
  })

  router.post('/sign-out', async (req, res) => {
    await endSession(db, visitOf(res).sessionId)
    clearSessionCookie(req, res)
    goTo(req, res, '/admin/sign-in')
  })

  async function sendProfile(req: Request, res: Response, form: object = {}): Promise<void> {
    const [member, creators] = await Promise.all([
      getMember(db, memberOf(res)),
      listCreatorChoices(db, memberOf(res)),
    ])
    sendPage(req, res, 'account/profile', { title: 'Account', section: 'account', member, creators, ...form })
  }

  return router
}

/** Pages have a person behind them: only the API acts without one. @throws {AppError} `session.missing`. */
export function memberOf(res: Response): string {
  const { memberId } = visitOf(res).actor
  if (!memberId) throw new AppError('session.missing')
  return memberId
}
