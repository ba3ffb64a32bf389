import { type Request, type Response, Router } from 'express'
import { recordAudit } from '../../../accounts/audit.ts'
import { endOtherDevices } from '../../../accounts/device.ts'
import { getMember } from '../../../accounts/member.ts'
import {
  beginTwoStep,
  confirmTwoStep,
  endTwoStep,
  passTwoStep,
  renewRecoveryCodes,
} from '../../../accounts/two-step.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { qrImageOf } from '../qr.ts'
import { visitOf } from '../visit.ts'
import type { AccountParts } from './parts.ts'
import { memberOf } from './profile-pages.ts'
import { checkPassword } from './security-pages.ts'

const WRONG_CODE = 'This code is not right, or was used already. Wait for the next one.'
const WRONG_PASSWORD = 'This is not your password.'

/** The second step of signing in: turning it on and off. Both ask for what one signs in with. */
export function createAccountTwoStepPages(parts: AccountParts): Router {
  const { db, vault, doors } = parts
  const router = Router()

  router.get('/account/two-step', (req, res) => sendTwoStep(req, res))

  router.post('/account/two-step', async (req, res) => {
    const memberId = memberOf(res)
    if (!(await isPasswordRight(req, memberId))) {
      return sendTwoStep(req, res.status(422), { passwordFault: WRONG_PASSWORD })
    }
    doors.take('codePerMember', req, memberId)
    const codes = await confirmTwoStep(db, vault, { memberId, code: readField(req.body, 'code', 40) })
    if (!codes) return sendTwoStep(req, res.status(422), { codeFault: WRONG_CODE })
    // Whoever is signed in elsewhere passed one step alone.
    await endOtherDevices(db, memberId, visitOf(res).sessionId)
    await recordChange(res, 'two_step.turn_on')
    sendCodes(req, res, codes)
  })

  router.post('/account/two-step/codes', async (req, res) => {
    const memberId = memberOf(res)
    if (!(await isCodeRight(req, memberId))) {
      return sendTwoStep(req, res.status(422), { codeFault: WRONG_CODE })
    }
    const codes = await db.transaction().execute((trx) => renewRecoveryCodes(trx, memberId))
    await recordChange(res, 'two_step.renew_codes')
    sendCodes(req, res, codes)
  })

  router.post('/account/two-step/off', async (req, res) => {
    const memberId = memberOf(res)
    if (!(await isPasswordRight(req, memberId))) {
      return sendTwoStep(req, res.status(422), { offPasswordFault: WRONG_PASSWORD })
    }
    if (!(await isCodeRight(req, memberId))) {
      return sendTwoStep(req, res.status(422), { offCodeFault: WRONG_CODE })
    }
    await endTwoStep(db, memberId)
    await recordChange(res, 'two_step.turn_off')
    goTo(req, res, '/admin/account/security', 'saved')
  })

  function isPasswordRight(req: Request, memberId: string): Promise<boolean> {
    return checkPassword(parts, req, memberId, readField(req.body, 'password', 1_000))
  }

  function isCodeRight(req: Request, memberId: string): Promise<boolean> {
    doors.take('codePerMember', req, memberId)
    return passTwoStep(db, vault, { memberId, code: readField(req.body, 'code', 40) })
  }

  function recordChange(res: Response, action: string): Promise<void> {
    const change = { action, objectType: 'member', objectId: memberOf(res) }
    return recordAudit(db, visitOf(res).actor, change)
  }

  async function sendTwoStep(req: Request, res: Response, form: object = {}): Promise<void> {
    const memberId = memberOf(res)
    const member = await getMember(db, memberId)
    const setup = member.hasTwoSteps
      ? undefined
      : await db.transaction().execute((trx) => beginTwoStep(trx, vault, memberId))
    const qr = setup && qrImageOf(setup.uri)
    const model = { title: 'Second step', section: 'account', member, setup, qr, ...form } as const
    sendPage(req, res, 'account/two-step', model)
  }

  return router
}

function sendCodes(req: Request, res: Response, codes: string[]): void {
  sendPage(req, res, 'account/recovery-codes', { title: 'Recovery codes', section: 'account', codes })
}
