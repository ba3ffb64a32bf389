import { Router } from 'express'
import type { AdminParts } from '../admin/admin.ts'

/** The REST API under `/api/v1`, and its description. */
export function apiRoutes(_parts: AdminParts): Router {
  return Router()
}
