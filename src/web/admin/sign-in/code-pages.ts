import { type Request, type Response, Router } from 'express'
import { findHome } from '../../../accounts/account.ts'
import { findSignInToken, useSignInToken } from '../../../accounts/sign-in-token.ts'
import { passTwoStep } from '../../../accounts/two-step.ts'
import { readField } from '../form-field.ts'
import { sendPage } from '../page.ts'
import { beginSession, clearStepCookie, readPublicForm, type SignInParts, STEP_COOKIE } from './flow.ts'
import { readNextPath } from './next-path.ts'
import { readCookie } from './session-cookie.ts'

/** The second step of signing in. Who has shown the first one is known by a cookie that is good for this alone. */
export function createSignInCodePages(parts: SignInParts): Router {
  const { db, vault, doors, security } = parts
  const router = Router()

  router.get('/sign-in/code', async (req, res) => {
    const memberId = await findSignInToken(db, readCookie(req, STEP_COOKIE) ?? '', 'second_step')
    if (!memberId) return res.redirect(303, '/admin/sign-in')
    sendPage(req, res, 'sign-in/code', { title: 'Second step', next: readNextPath(req.query.next) })
  })

  router.post('/sign-in/code', readPublicForm, async (req: Request, res: Response) => {
    const next = readNextPath(readField(req.body, 'next', 600))
    const token = readCookie(req, STEP_COOKIE) ?? ''
    const memberId = await findSignInToken(db, token, 'second_step')
    if (!memberId) return res.redirect(303, '/admin/sign-in')
    doors.take('codePerMember', req, memberId)
    const isRight = await passTwoStep(db, vault, { memberId, code: readField(req.body, 'code', 40) })
    if (!isRight) {
      const creatorId = await findHome(db, memberId)
      security.record({ kind: 'two_step.failed', creatorId, details: { memberId }, ip: req.ip })
      return sendPage(req, res.status(422), 'sign-in/code', { title: 'Second step', next, isWrong: true })
    }
    clearStepCookie(req, res)
    if ((await useSignInToken(db, token, 'second_step')) !== memberId) {
      return res.redirect(303, '/admin/sign-in')
    }
    await beginSession(parts, req, res, { memberId, next })
  })

  return router
}
