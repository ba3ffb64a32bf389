import type { Request } from 'express'
import { z } from 'zod'
import type { Passwords } from '../../../accounts/password.ts'
import { AppError, type ErrorCode } from '../../../errors.ts'
import type { AdminParts } from '../admin-parts.ts'
import type { Doors } from '../sign-in/door-limits.ts'

export interface AccountParts
  extends Pick<AdminParts, 'db' | 'within' | 'vault' | 'mailer' | 'queueMail' | 'jobs' | 'settings' | 'log'> {
  passwords: Passwords
  doors: Doors
}

/** The id in a path. What is no id at all is as unknown as one of someone else. @throws {AppError} with `code`. */
export function readPathId(req: Request, name: string, code: ErrorCode): string {
  const id = z.uuid().safeParse(req.params[name])
  if (!id.success) throw new AppError(code)
  return id.data
}
