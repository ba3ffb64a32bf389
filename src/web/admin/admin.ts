import { Router } from 'express'
import { createPasswords } from '../../accounts/password.ts'
import { createAccountPages } from './account-pages.ts'
import type { AdminParts } from './admin-parts.ts'
import { createBotArea } from './bot-area.ts'
import { createChatPages } from './chats-pages.ts'
import { createDoors } from './door-limits.ts'
import { tellErrorsAsPages } from './error-answer.ts'
import { createFollowUpPages } from './follow-up-pages.ts'
import { createGapPages } from './gap-pages.ts'
import { createKnowledgePages } from './knowledge-pages.ts'
import { createMailPages } from './mail-pages.ts'
import { createMoneyArea } from './money-area.ts'
import { loadNavigation } from './navigation.ts'
import { createOverviewPages } from './overview-pages.ts'
import { createPrivacyPages } from './privacy-pages.ts'
import { guardPages, recordRefusals } from './session-guard.ts'
import { createSignPages } from './sign-pages.ts'
import { createStartPages } from './start-pages.ts'

/** The creators' pages under `/admin`: who signs in, then each area behind the session guard. */
export function adminRoutes(parts: AdminParts): Router {
  const router = Router()
  router.use('/admin', tellErrorsAsPages)
  const doored = { ...parts, passwords: createPasswords(), doors: createDoors(parts.security) }
  router.use('/admin', createSignPages(doored))
  router.use(
    '/admin',
    guardPages(parts),
    loadNavigation(parts),
    createStartPages(parts),
    createAccountPages(doored),
    createPrivacyPages(parts),
    createMailPages(parts),
    createFollowUpPages(parts),
  )
  router.use('/admin', createBotArea(parts))
  router.use('/admin', createKnowledgePages(parts))
  router.use('/admin', createGapPages(parts))
  router.use('/admin', createOverviewPages(parts))
  router.use('/admin', createMoneyArea(parts))
  router.use('/admin', createChatPages(parts))
  router.use('/admin', recordRefusals(parts.security))
  return router
}
