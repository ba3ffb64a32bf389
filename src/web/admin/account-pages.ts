import { Router } from 'express'
import { createAccountKeyPages } from './account-key-pages.ts'
import { createAccountLogPages } from './account-log-pages.ts'
import { createAccountMemberPages } from './account-member-pages.ts'
import type { AccountParts } from './account-parts.ts'
import { createAccountProfilePages } from './account-profile-pages.ts'
import { createAccountSecurityPages } from './account-security-pages.ts'
import { createAccountTwoStepPages } from './account-two-step-pages.ts'

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
