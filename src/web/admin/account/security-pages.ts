import { randomUUID } from 'node:crypto'
import { type Request, type Response, Router } from 'express'
import { setPassword } from '../../../accounts/account.ts'
import { recordAudit } from '../../../accounts/audit.ts'
import { endDevice, endOtherDevices, listDevices } from '../../../accounts/device.ts'
import { findPasswordHash, getMember } from '../../../accounts/member.ts'
import { findPasswordFault } from '../../../accounts/password.ts'
import { countRecoveryCodes } from '../../../accounts/two-step.ts'
import { AppError } from '../../../errors.ts'
import { presentPasswordChangedMail } from '../../../mail/mails.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { mailLink, nudgeMail } from '../sign-in/flow.ts'
import { presentPasswordFault } from '../sign-in/password-words.ts'
import { visitOf } from '../visit.ts'
import { nameDevice } from './device-words.ts'
import { type AccountParts, readPathId } from './parts.ts'
import { memberOf } from './profile-pages.ts'

const WRONG_PASSWORD = 'This is not your password.'

/** How one signs in: the password, and the devices that are signed in. */
export function createAccountSecurityPages(parts: AccountParts): Router {
  const { db, passwords, queueMail } = parts
  const router = Router()

  router.get('/account/security', (req, res) => sendSecurity(req, res))

  router.post('/account/password', async (req, res) => {
    const { actor, sessionId } = visitOf(res)
    const memberId = memberOf(res)
    const member = await getMember(db, memberId)
    if (!(await checkPassword(parts, req, memberId, readField(req.body, 'current', 1_000)))) {
      return sendSecurity(req, res.status(422), { currentFault: WRONG_PASSWORD })
    }
    const password = readField(req.body, 'password', 1_000)
    const fault = findPasswordFault(password, [member.email, member.name])
    if (fault) return sendSecurity(req, res.status(422), { passwordFault: presentPasswordFault(fault) })
    const passwordHash = await passwords.hash(password)
    const mailId = await db.transaction().execute(async (trx) => {
      await setPassword(trx, memberId, { passwordHash, keptSessionId: sessionId })
      const change = { action: 'password.change', objectType: 'member', objectId: memberId }
      await recordAudit(trx, actor, change)
      const mail = presentPasswordChangedMail(member, mailLink(parts, '/account/security'))
      return queueMail(trx, { dedupeKey: randomUUID(), mail })
    })
    nudgeMail(parts, mailId)
    goTo(req, res, '/admin/account/security', 'saved')
  })

  router.post('/account/devices/others/end', async (req, res) => {
    const { actor, sessionId } = visitOf(res)
    await db.transaction().execute(async (trx) => {
      await endOtherDevices(trx, memberOf(res), sessionId)
      await recordAudit(trx, actor, { action: 'session.end_others', objectType: 'session' })
    })
    goTo(req, res, '/admin/account/security', 'signed_out')
  })

  router.post('/account/devices/:sessionId/end', async (req, res) => {
    const { actor } = visitOf(res)
    const id = readPathId(req, 'sessionId', 'session.not_found')
    await db.transaction().execute(async (trx) => {
      if (!(await endDevice(trx, memberOf(res), id))) throw new AppError('session.not_found')
      await recordAudit(trx, actor, { action: 'session.end', objectType: 'session', objectId: id })
    })
    goTo(req, res, '/admin/account/security', 'signed_out')
  })

  async function sendSecurity(req: Request, res: Response, form: object = {}): Promise<void> {
    const memberId = memberOf(res)
    const [member, devices, recoveryCodes] = await Promise.all([
      getMember(db, memberId),
      listDevices(db, memberId),
      countRecoveryCodes(db, memberId),
    ])
    sendPage(req, res, 'account/security', {
      title: 'Signing in',
      section: 'account',
      member,
      recoveryCodes,
      devices: devices.map((device) => ({ ...device, name: nameDevice(device.userAgent) })),
      ...form,
    })
  }

  return router
}

/**
 * Asks again for the password before something that would lock its owner out. Who has none, and signs in by
 * mailed links, is not asked. @throws {AppError} `request.rate_limited`.
 */
export async function checkPassword(
  { db, passwords, doors }: Pick<AccountParts, 'db' | 'passwords' | 'doors'>,
  req: Request,
  memberId: string,
  given: string,
): Promise<boolean> {
  const hash = await findPasswordHash(db, memberId)
  if (hash === null) return true
  doors.take('passwordPerEmail', req, memberId)
  return passwords.matches(given, hash)
}
