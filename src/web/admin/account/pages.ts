import { Router } from 'express'
import { createAccountKeyPages } from './key-pages.ts'
import { createAccountLogPages } from './log-pages.ts'
import { createAccountMemberPages } from './member-pages.ts'
import type { AccountParts } from './parts.ts'
import { createAccountProfilePages } from './profile-pages.ts'
import { createAccountSecurityPages } from './security-pages.ts'
import { createAccountTwoStepPages } from './two-step-pages.ts'

/** A person's own pages and their Creator's account. Stands behind the session guard. */
export function createAccountPages(parts: AccountParts): Router {
  const router = Router()
  router.use(createAccountProfilePages(parts))
  router.use(createAccountSecurityPages(parts))
  router.use(createAccountTwoStepPages(parts))
  router.use(createAccountMemberPages(parts))
  router.use(createAccountKeyPages(parts))
  router.use(createAccountLogPages(parts))
  return router
}
