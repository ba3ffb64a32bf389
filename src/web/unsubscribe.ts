import express, { type Response, Router } from 'express'
import type { Db } from '../db/database.ts'
import { chooseMailWords } from '../mail/languages.ts'
import { type UnsubscribeLinks, type UnsubscribeSubject, unsubscribe } from '../mail/unsubscribe.ts'
import { renderView } from './view.ts'

interface UnsubscribeParts {
  db: Db
  unsubscribeLinks: UnsubscribeLinks
}

/** A mail program posts a single field, a page's form none. */
const MAX_FORM_BYTES = 1_024

/**
 * Where the link below a mail leads. Looking changes nothing, since programs look at every link; posting ends the
 * mails. It is posted to from anywhere, without a cookie: the token alone says whose mails end.
 */
export function unsubscribeRoutes({ db, unsubscribeLinks }: UnsubscribeParts): Router {
  const router = Router()
  const readForm = express.urlencoded({ limit: MAX_FORM_BYTES, extended: false, parameterLimit: 5 })

  router.get('/mail/unsubscribe/:token', (req, res) => {
    const subject = unsubscribeLinks.read(req.params.token)
    sendStopPage(res, subject, 'asked')
  })

  router.post('/mail/unsubscribe/:token', readForm, async (req, res) => {
    const subject = unsubscribeLinks.read(String(req.params.token))
    if (subject) await unsubscribe(db, subject)
    sendStopPage(res, subject, 'done')
  })

  return router
}

function sendStopPage(res: Response, subject: UnsubscribeSubject | undefined, state: 'asked' | 'done'): void {
  const { language, stopPage, newsNames } = chooseMailWords(subject?.language)
  const name = Object.entries(newsNames).find(([kind]) => kind === subject?.kind)?.[1]
  res
    .status(subject ? 200 : 410)
    .set({ 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex', 'Referrer-Policy': 'no-referrer' })
    .type('html')
    .send(renderView('unsubscribe', { language, words: stopPage, name, state: subject ? state : 'spent' }))
}
