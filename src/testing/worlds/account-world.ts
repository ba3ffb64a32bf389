import { createPasswords } from '../../accounts/password.ts'
import type { Mail } from '../../mail/mailer.ts'
import { startTestApp, type TestApp } from '../app.ts'
import { openTestBrowser, type TestBrowser } from '../browser.ts'
import { type SignedInTester, signUpTester, type TesterChanges } from '../signed-in.ts'
import { waitUntil } from '../wait.ts'

/** The password of every member of an account world. */
export const PASSWORD = 'seven green lanterns'

const PUBLIC_URL = 'https://coach.example'

/** The app as in production, where no page shows what only a mail may tell. */
export interface AccountWorld extends AsyncDisposable {
  app: TestApp
  /** Someone who can sign in with {@link PASSWORD}, and is. */
  addMember(changes?: TesterChanges): Promise<SignedInTester>
  open(): TestBrowser
  mailsTo(email: string): Mail[]
  /** The path of the link in the newest mail of this kind, once it is there. */
  mailedLink(email: string, kind: string): Promise<string>
  /** The token in it. */
  mailedToken(email: string, kind: string): Promise<string>
  countEvents(kind: string): Promise<number>
}

export async function openAccountWorld(): Promise<AccountWorld> {
  const app = await startTestApp({ env: { NODE_ENV: 'production', PUBLIC_URL } })
  const { db, mailer } = app.app.installation
  const hash = await createPasswords().hash(PASSWORD)

  function mailsTo(email: string): Mail[] {
    const sent: readonly Mail[] = 'sent' in mailer && Array.isArray(mailer.sent) ? mailer.sent : []
    return sent.filter((mail) => mail.to === email)
  }

  async function mailedLink(email: string, kind: string): Promise<string> {
    const newest = () => mailsTo(email).findLast((mail) => mail.kind === kind)
    await waitUntil(() => newest() !== undefined)
    const [, path = ''] = new RegExp(`${PUBLIC_URL}(/\\S+)`).exec(newest()?.text ?? '') ?? []
    return path
  }

  return {
    app,
    mailsTo,
    mailedLink,
    open: () => openTestBrowser(app.url),
    mailedToken: async (email, kind) => tokenOf(await mailedLink(email, kind)),
    async addMember(changes = {}) {
      const tester = await signUpTester(app, changes)
      await db.updateTable('member').set({ password_hash: hash }).where('id', '=', tester.memberId).execute()
      return tester
    },
    async countEvents(kind) {
      const rows = await db.selectFrom('security_event').select('id').where('kind', '=', kind).execute()
      return rows.length
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

/** The token of a mailed link. */
export function tokenOf(path: string): string {
  return new URL(path, PUBLIC_URL).searchParams.get('token') ?? ''
}
