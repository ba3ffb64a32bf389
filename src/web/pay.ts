import { type Request, type Response, Router } from 'express'
import { openCheckout } from '../billing/checkout/checkout.ts'
import type { PayLinks, PayRequest } from '../billing/checkout/pay-link.ts'
import type { PaymentProvider } from '../billing/payment-provider.ts'
import { findChatLink } from '../bots/chat-link.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { isPreview } from './link-preview.ts'
import { choosePayWords, type PayWords } from './pay-words.ts'
import { createRateLimiter } from './rate-limit.ts'
import { renderView } from './view.ts'

interface PayParts {
  db: Db
  payments: PaymentProvider | undefined
  payLinks: PayLinks
  publicUrl: string
}

/** Following one link more often than this within a minute is not paying. */
const MAX_PER_MINUTE = 20

/**
 * The address in a chat that leads to a payment. Following it leads to the provider's page, which is opened for this
 * Subscriber, once; looking at it opens nothing.
 */
export function payRoutes({ db, payments, payLinks, publicUrl }: PayParts): Router {
  const router = Router()
  const limiter = createRateLimiter({ max: MAX_PER_MINUTE, windowMs: 60_000 })

  router.get('/pay/:token', async (req, res) => {
    const request = readLink(req)
    if (isPreview(req)) return sendPage(req, res, request, 'preview')
    limiter.take(req.params.token)
    const couponCode = readCode(req.query.code)
    const { url } = await openCheckout({ db, payments, payLinks }, request, { couponCode })
    res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).redirect(303, url)
  })

  router.get('/pay/:token/done', (req, res) => sendPage(req, res, readLink(req), 'paid'))

  router.get('/pay/:token/back', (req, res) => sendPage(req, res, readLink(req), 'back'))

  function readLink(req: Request): PayRequest {
    const request = payLinks.read(String(req.params.token))
    if (!request) throw new AppError('pay_link.invalid')
    return request
  }

  async function sendPage(req: Request, res: Response, request: PayRequest, state: State): Promise<void> {
    const chat = await db
      .selectFrom('chat')
      .select(['bot_id', 'channel', 'language'])
      .where('id', '=', request.chatId)
      .executeTakeFirst()
    if (!chat) throw new AppError('pay_link.invalid')
    const { language, words } = choosePayWords([chat.language, ...req.acceptsLanguages()])
    const [title, about] = textsOf(words, state)
    const chatUrl = await findChatLink(db, { botId: chat.bot_id, publicUrl, channel: chat.channel })
    const payUrl = state === 'back' && request.target !== 'portal' ? payLinks.urlOf(request) : undefined
    res
      .set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex' })
      .type('html')
      .send(renderView('pay', { language, words, title, about, chatUrl, payUrl }))
  }

  return router
}

type State = 'paid' | 'back' | 'preview'

function textsOf(words: PayWords, state: State): [title: string, about: string] {
  if (state === 'paid') return [words.paid, words.paidAbout]
  return state === 'back' ? [words.back, words.backAbout] : [words.preview, '']
}

/** A code typed or linked with the address; whatever is none is looked up in vain. */
function readCode(code: unknown): string | undefined {
  return typeof code === 'string' && code !== '' ? code.slice(0, 64) : undefined
}
