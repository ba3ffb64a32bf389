import { Router } from 'express'
import { createSignInCodePages } from './code-pages.ts'
import type { SignInParts } from './flow.ts'
import { createInvitationPages } from './invitation-pages.ts'
import { createResetPages } from './reset-pages.ts'
import { createSignInPages } from './sign-in-pages.ts'
import { createSignUpPages } from './sign-up-pages.ts'

/** Every page that needs no session: signing up and in, mailed links, invitations. */
export function createSignPages(parts: SignInParts): Router {
  const router = Router()
  router.use(createSignInPages(parts))
  router.use(createSignInCodePages(parts))
  router.use(createSignUpPages(parts))
  router.use(createResetPages(parts))
  router.use(createInvitationPages(parts))
  return router
}
