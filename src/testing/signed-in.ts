import { randomBytes } from 'node:crypto'
import type { Role } from '../accounts/access.ts'
import { startSession } from '../accounts/session.ts'
import { forgeryToken } from '../web/admin/session-guard.ts'
import type { TestApp } from './app.ts'

/** A Member with a session, as a browser that just signed in. */
export interface SignedInTester {
  /** For the Cookie header. */
  cookie: string
  csrfToken: string
  creatorId: string
  memberId: string
  email: string
  sessionId: string
  /**
   * Asks the app with the cookie and, for a change, the form token as a header; follows no redirect.
   * Headers given in `init` win, so that a test can send wrong ones.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Posts a form as a browser without script does: the form token is one of its fields. */
  post(path: string, fields?: Record<string, string>): Promise<Response>
}

export interface TesterChanges {
  /** `owner` unless said otherwise. */
  role?: Role
  /** The Creator of the test's bot unless said otherwise; `new` makes another one. */
  creatorId?: string
  name?: string
  email?: string
  isOperator?: boolean
}

/** A verified Member and their session, made in the database: fast, and without a door's rate limit. */
export async function signUpTester(
  { app, bot, url }: TestApp,
  changes: TesterChanges = {},
): Promise<SignedInTester> {
  const { db, vault } = app.installation
  const { role = 'owner', name = 'Tess Tester', isOperator = false } = changes
  const email = changes.email ?? `tess-${randomBytes(6).toString('hex')}@example.test`
  const creatorId = changes.creatorId === 'new' ? await addCreator() : (changes.creatorId ?? bot.creatorId)
  const { id: memberId } = await db
    .insertInto('member')
    .values({ email, name, email_verified_at: new Date(), is_operator: isOperator })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db.insertInto('membership').values({ creator_id: creatorId, member_id: memberId, role }).execute()
  const userAgent = 'Test browser'
  const session = await startSession(db, { memberId, creatorId, userAgent, ip: '127.0.0.1' })
  const cookie = `cornerman_session=${session.token}`
  const csrfToken = forgeryToken(session.id, vault.deriveKey('session-csrf'))

  function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('Cookie')) headers.set('Cookie', cookie)
    if (!headers.has('Accept')) headers.set('Accept', 'text/html')
    const isChange = !['GET', 'HEAD'].includes(init.method ?? 'GET')
    if (isChange && !headers.has('X-CSRF-Token')) headers.set('X-CSRF-Token', csrfToken)
    return fetch(new URL(path, url), { redirect: 'manual', ...init, headers })
  }

  function post(path: string, fields: Record<string, string> = {}): Promise<Response> {
    return fetch(new URL(path, url), {
      method: 'POST',
      redirect: 'manual',
      headers: { Cookie: cookie, Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' },
      body: new URLSearchParams({ _csrf: csrfToken, ...fields }),
    })
  }

  return { cookie, csrfToken, creatorId, memberId, email, sessionId: session.id, fetch: ask, post }

  async function addCreator(): Promise<string> {
    const made = await db
      .insertInto('creator')
      .values({ name: 'Another creator' })
      .returning('id')
      .executeTakeFirstOrThrow()
    return made.id
  }
}
