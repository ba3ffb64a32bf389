import express, { type ErrorRequestHandler, type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { findBotBySlug, listBots } from '../bots/bot.ts'
import type { Bot } from '../bots/bot-settings.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { announceChange, type ChatFeed } from '../messaging/chat-feed.ts'
import { listSaid, readProgress } from '../messaging/conversation.ts'
import { type ChatAddress, recordUpdates } from '../messaging/inbox.ts'
import { sendErrorPage } from './error-page.ts'
import { createRateLimiter, type RateLimit } from './rate-limit.ts'
import { requireSameOrigin } from './same-origin.ts'
import { createTrySource } from './try-events.ts'
import { type RenderMessage, renderTryPage } from './try-page.ts'
import { createStreams, STREAM_LIMITS, type StreamLimits } from './try-stream.ts'
import { readTryUpdate } from './try-update.ts'
import { findVisitor, greetVisitor } from './try-visitor.ts'
import { chooseWords } from './try-words.ts'
import { renderView } from './view.ts'

export interface TryLimits extends StreamLimits {
  /** What one visitor may send: far above a person's pace. */
  perVisitor: RateLimit
  /** What one address may send: a class or an office shares one, and cookies are easily thrown away. */
  perAddress: RateLimit
}

export const TRY_LIMITS: TryLimits = {
  ...STREAM_LIMITS,
  perVisitor: { max: 30, windowMs: 60_000 },
  perAddress: { max: 600, windowMs: 60_000 },
}

/** 4,096 characters as a form encodes them at worst (12 bytes each), and the fields around them. */
const MAX_BODY_BYTES = 65_536

interface TryParts {
  db: Db
  feed: ChatFeed
  /** Wakes a worker for the Chat. The Update is stored by then, so its failure delays and never loses. */
  nudge: (chat: ChatAddress) => void
  /** Signs visitor cookies; whoever has it can be any visitor. At least 32 bytes. */
  signingKey: Buffer
  render: RenderMessage
  log: Logger
  /** Ends every open event stream when the server stops. */
  stopping: AbortSignal
  limits?: TryLimits
}

const Path = z.object({ slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/) })
const Position = z.string().regex(/^\d{1,19}$/)

/** The browser chat: the page of each bot, what it posts, and the stream it listens to. */
export function tryRoutes(parts: TryParts): Router {
  const { db, feed, nudge, signingKey, render, log, stopping, limits = TRY_LIMITS } = parts
  const router = Router()
  const streams = createStreams(limits, stopping, log)
  const visitors = createRateLimiter(limits.perVisitor)
  const addresses = createRateLimiter(limits.perAddress)
  const readBody = [
    express.json({ limit: MAX_BODY_BYTES }),
    express.urlencoded({ limit: MAX_BODY_BYTES, extended: false }),
  ]

  router.get('/', async (req, res) => {
    const { lang, words } = chooseWords(req.acceptsLanguages())
    sendPage(res, renderView('home', { lang, words, bots: await listBots(db) }))
  })

  router.get('/try/:slug', async (req, res) => {
    const bot = await getPathBot(db, req)
    const visitor = findVisitor(req, signingKey) ?? greetVisitor(req, res, { slug: bot.slug, signingKey })
    const chat = addressChat(bot, visitor)
    // In this order: what is no longer under way has been said by then.
    const progress = await readProgress(db, chat)
    const said = await listSaid(db, chat)
    sendPage(
      res,
      renderTryPage(bot, { said, progress }, { slug: bot.slug, asked: req.acceptsLanguages(), render }),
    )
  })

  router.post('/try/:slug/messages', requireSameOrigin, readBody, async (req: Request, res: Response) => {
    const bot = await getPathBot(db, req)
    const visitor = getVisitor(req, signingKey)
    visitors.take(visitor)
    addresses.take(req.ip ?? '')
    const update = readTryUpdate(req.body, { id: visitor, languageCode: readLanguage(req) }, new Date())
    const chats = await recordUpdates(db, { creatorId: bot.creatorId, botId: bot.id }, [update])
    for (const chat of chats) nudge(chat)
    // Open pages show at once that it is being worked on; without this they would at their next poll.
    await announceChange(db, addressChat(bot, visitor)).catch((error) =>
      log.warn({ err: error }, 'announce-failed'),
    )
    if (isForm(req)) res.redirect(303, `/try/${bot.slug}#end`)
    else res.status(202).json({ accepted: true })
  })

  router.post('/try/:slug/new', requireSameOrigin, async (req, res) => {
    const bot = await getPathBot(db, req)
    greetVisitor(req, res, { slug: bot.slug, signingKey })
    res.redirect(303, `/try/${bot.slug}`)
  })

  router.get('/try/:slug/events', async (req, res) => {
    const bot = await getPathBot(db, req)
    const visitor = getVisitor(req, signingKey)
    const after = Position.catch('0').parse(req.get('Last-Event-ID') ?? req.query.after)
    const reader = { slug: bot.slug, asked: req.acceptsLanguages(), render }
    const source = createTrySource({ db, feed }, addressChat(bot, visitor), { ...reader, after })
    streams.serve(req, res, { visitorId: visitor, source })
  })

  router.use(handleFormError)
  return router
}

/** A form without script gets its failure as a page; all others are answered by the server's own handler. */
const handleFormError: ErrorRequestHandler = (error, req, res, next) => {
  if (error instanceof AppError && isForm(req) && !res.headersSent) sendErrorPage(res, error)
  else next(error)
}

function sendPage(res: Response, html: string): void {
  res.set('Cache-Control', 'no-store').set('Vary', 'Accept-Language, Cookie').type('html').send(html)
}

async function getPathBot(db: Db, req: Request): Promise<Bot> {
  const path = Path.safeParse(req.params)
  const bot = path.success ? await findBotBySlug(db, path.data.slug) : undefined
  if (!bot) throw new AppError('bot.not_found')
  return bot
}

function getVisitor(req: Request, signingKey: Buffer): string {
  const visitor = findVisitor(req, signingKey)
  if (!visitor) throw new AppError('visitor.unknown')
  return visitor
}

function addressChat(bot: Bot, visitor: string): ChatAddress {
  return { botId: bot.id, channel: 'web', chatKey: visitor }
}

function isForm(req: Request): boolean {
  return Boolean(req.is('application/x-www-form-urlencoded'))
}

/** The browser's first language, where it is one that can be stored. */
function readLanguage(req: Request): string | undefined {
  return req.acceptsLanguages().find((tag) => /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(tag) && tag.length <= 35)
}
