import { Router } from 'express'
import { createPasswords } from '../../accounts/password.ts'
import { createMailPages } from './account/mail-pages.ts'
import { createAccountPages } from './account/pages.ts'
import type { AdminParts } from './admin-parts.ts'
import { createBotPages } from './bot/pages.ts'
import { createChatPages } from './chats/pages.ts'
import { tellErrorsAsPages } from './error-answer.ts'
import { createGapPages } from './gaps/pages.ts'
import { createKnowledgePages } from './knowledge/pages.ts'
import { createMoneyPages } from './money/pages.ts'
import { loadNavigation } from './navigation.ts'
import { createOverviewPages } from './overview/pages.ts'
import { createFollowUpPages } from './people/follow-up-pages.ts'
import { createPrivacyPages } from './people/privacy-pages.ts'
import { guardPages, recordRefusals } from './session-guard.ts'
import { createDoors } from './sign-in/door-limits.ts'
import { createSignPages } from './sign-in/pages.ts'
import { createStartPages } from './start/pages.ts'

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
  router.use('/admin', createBotPages(parts))
  router.use('/admin', createKnowledgePages(parts))
  router.use('/admin', createGapPages(parts))
  router.use('/admin', createOverviewPages(parts))
  router.use('/admin', createMoneyPages(parts))
  router.use('/admin', createChatPages(parts))
  router.use('/admin', recordRefusals(parts.security))
  return router
}
