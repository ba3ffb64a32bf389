import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { hasRole } from '../../../accounts/access.ts'
import { recordAudit } from '../../../accounts/audit.ts'
import { type DigestWishes, getDigestWishes, setDigestWishes } from '../../../accounts/digest-wish.ts'
import { getMember } from '../../../accounts/member.ts'
import { formatMoney } from '../../../billing/money.ts'
import type { Db } from '../../../db/database.ts'
import { AppError } from '../../../errors.ts'
import { MAIL_LANGUAGES } from '../../../mail/languages.ts'
import { listMails } from '../../../mail/mail-list.ts'
import { isMailKind, presentSamples } from '../../../mail/samples.ts'
import { findSuppression, forgetUnsubscribe, liftBounce, listSuppressed } from '../../../mail/suppression.ts'
import type { AdminParts } from '../admin-parts.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import { describeMail, KIND_NAMES, LANGUAGE_NAMES, nameKind, REASON_NAMES } from './mail-words.ts'
import { memberOf } from './profile-pages.ts'

type MailParts = Pick<AdminParts, 'db' | 'within' | 'settings'>

const PAGE_SIZE = 30
const SUPPRESSED_LISTED = 100
/** What an example costs. */
const EXAMPLE = { amount: 1_900, currency: 'eur' }

const DIGEST_KINDS = { weekly: 'weekly-digest', gap: 'gap-digest' } as const

/** What is chosen of the examples; what is none falls back to the first. */
const Choice = z.object({
  kind: z.string().refine(isMailKind).catch('receipt'),
  language: z.enum(['en', 'de', 'es']).catch('en'),
  width: z.enum(['wide', 'narrow']).catch('wide'),
  look: z.enum(['light', 'dark']).catch('light'),
})

/** The mails of an account: those one gets, those one's people get, and what became of them. */
export function createMailPages({ db, within, settings }: MailParts): Router {
  const router = Router()

  router.get('/account/mails', async (req, res) => {
    const { actor } = visitOf(res)
    const { creatorId } = actor
    const cursor = typeof req.query.before === 'string' ? req.query.before : undefined
    const mayList = hasRole(actor, 'editor')
    const model = await within(creatorId, async (trx) => ({
      wishes: await readWishes(trx, creatorId, memberOf(res)),
      ...(mayList && {
        mails: await listMails(trx, { creatorId, cursor, limit: PAGE_SIZE }),
        suppressed: await listSuppressed(trx, { creatorId, limit: SUPPRESSED_LISTED }),
      }),
    }))
    allowOwnFrames(res)
    sendPage(req, res, 'account/mails', {
      title: 'Mails',
      section: 'account',
      choice: Choice.parse(req.query),
      kinds: KIND_NAMES,
      languages: MAIL_LANGUAGES.map((code) => ({ code, name: LANGUAGE_NAMES[code] })),
      describeMail,
      nameKind,
      reasons: REASON_NAMES,
      ...model,
    })
  })

  router.post('/account/mails/wishes', async (req, res) => {
    const { actor } = visitOf(res)
    const { creatorId } = actor
    const memberId = memberOf(res)
    const wishes = readWishForm(req)
    const { email } = await getMember(db, memberId)
    await within(creatorId, async (trx) => {
      for (const digest of ['weekly', 'gap'] as const) {
        if (wishes[digest]) await forgetUnsubscribe(trx, { email, kind: DIGEST_KINDS[digest], creatorId })
      }
      await setDigestWishes(trx, { creatorId, memberId }, wishes)
      await recordAudit(trx, actor, { action: 'digest.save', objectType: 'member', objectId: memberId })
    })
    goTo(req, res, '/admin/account/mails', 'saved')
  })

  // It holds for the whole installation, so who runs it decides; the mail service may keep a list of its own.
  router.post('/account/mails/suppressed/lift', allow('owner'), async (req, res) => {
    const { actor } = visitOf(res)
    if (!actor.isOperator) throw new AppError('access.denied')
    const isLifted = await liftBounce(db, readField(req.body, 'email'))
    if (isLifted) await recordAudit(db, actor, { action: 'suppression.lift', objectType: 'creator' })
    goTo(req, res, '/admin/account/mails', 'saved')
  })

  router.get('/account/mails/preview', (req, res) => {
    const { creatorName } = visitOf(res)
    const asked = req.query.kind
    if (asked !== undefined && !(typeof asked === 'string' && isMailKind(asked))) {
      throw new AppError('mail.unknown_kind')
    }
    const { kind, language, look } = Choice.parse(req.query)
    const amount = formatMoney(EXAMPLE, language)
    const mail = presentSamples({ creatorName, publicUrl: settings.publicUrl, language, amount })[kind]
    sendExample(res, showIn(mail.html, look))
  })

  async function readWishes(trx: Db, creatorId: string, memberId: string): Promise<DigestWishes> {
    const wishes = await getDigestWishes(trx, { creatorId, memberId })
    const { email } = await getMember(db, memberId)
    const isStopped = async (kind: string) => Boolean(await findSuppression(trx, { email, kind, creatorId }))
    return {
      ...wishes,
      weekly: wishes.weekly && !(await isStopped(DIGEST_KINDS.weekly)),
      gap: wishes.gap && !(await isStopped(DIGEST_KINDS.gap)),
    }
  }

  return router
}

function readWishForm(req: Request): DigestWishes {
  const form = z
    .object({ weekly: z.string().optional(), gap: z.string().optional(), language: z.string().optional() })
    .catch({})
    .parse(req.body)
  const language = MAIL_LANGUAGES.find((code) => code === form.language) ?? null
  return { weekly: form.weekly === 'on', gap: form.gap === 'on', language }
}

/** The examples stand in a frame of this page, and nothing else does. */
function allowOwnFrames(res: Response): void {
  res.set('Content-Security-Policy', `${res.get('Content-Security-Policy')};frame-src 'self'`)
}

/** A mail brings its own styles, as it does in a mail program; it may do nothing else. */
function sendExample(res: Response, html: string): void {
  // In its sandbox it has no origin of its own that could be kept apart.
  res.removeHeader('Origin-Agent-Cluster')
  res
    .set({
      'Content-Security-Policy':
        "default-src 'none';style-src 'unsafe-inline';frame-ancestors 'self';form-action 'none';sandbox",
      'Cache-Control': 'no-store',
    })
    .type('html')
    .send(html)
}

/** As on a dark or a light screen, whatever this one is. */
function showIn(html: string, look: 'light' | 'dark'): string {
  return html
    .replace('@media (prefers-color-scheme: dark)', look === 'dark' ? '@media all' : '@media not all')
    .replace('color-scheme: light dark', `color-scheme: ${look}`)
}
