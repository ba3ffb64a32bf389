import express, { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { Actor } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import type { MeLinks } from '../accounts/me-link.ts'
import { exportSubscriber } from '../accounts/subscriber-export.ts'
import type { PayLinks } from '../billing/checkout/pay-link.ts'
import { type EraseParts, erasePerson } from '../coaching/erase-person.ts'
import type { WithinCreator } from '../db/tenant-wall.ts'
import { AppError } from '../errors.ts'
import { withdrawConsent } from '../memory/consent.ts'
import { removeFact } from '../memory/facts.ts'
import { isPreview } from './link-preview.ts'
import { findMePerson, type MePerson, readMePage } from './me-page.ts'
import { chooseMeWords, fillWords } from './me-words.ts'
import { createRateLimiter } from './rate-limit.ts'
import { requireSameOrigin } from './same-origin.ts'
import { renderView } from './view.ts'

interface MeParts extends EraseParts {
  within: WithinCreator
  meLinks: MeLinks
  payLinks: PayLinks
  payments: unknown
  publicUrl: string
}

/** One link is opened and used no more often than this within a minute. */
const MAX_PER_MINUTE = 40
/** No form here has more than a word in it. */
const MAX_FORM_BYTES = 1_024

/** Consent is given in the chat alone, where no one but the person can: whoever reads the chat has this address, too. */
const MemoryForm = z.object({ memory: z.literal('off') })
const EraseForm = z.object({ sure: z.literal('yes') })

/**
 * A person's own page: what is kept about them, taken along, taken back, erased. The signed address is what lets in;
 * it was given in their chat, ends soon, and says nothing to programs that look at links.
 */
export function meRoutes(parts: MeParts): Router {
  const { db, within, meLinks, payLinks, publicUrl } = parts
  const router = Router()
  const limiter = createRateLimiter({ max: MAX_PER_MINUTE, windowMs: 60_000 })
  const guard = [
    requireSameOrigin,
    express.urlencoded({ limit: MAX_FORM_BYTES, extended: false, parameterLimit: 5 }),
  ]

  /** @throws {AppError} `me_link.invalid`, `request.rate_limited`. */
  async function readPerson(req: Request): Promise<MePerson> {
    const token = String(req.params.token)
    const chatId = meLinks.read(token)
    if (chatId === undefined) throw new AppError('me_link.invalid')
    limiter.take(chatId)
    const person = await findMePerson(db, { chatId, publicUrl })
    if (!person) throw new AppError('me_link.invalid')
    return person
  }

  router.get('/me/:token', async (req, res) => {
    if (isPreview(req)) return send(req, res, { person: undefined, page: undefined })
    const person = await readPerson(req)
    const page = await within(person.creatorId, (trx) => readMePage(trx, person))
    const isPayer = page.plan.isPayer && parts.payments !== undefined
    const { chatId } = person
    const portalUrl = isPayer ? payLinks.urlOf({ target: 'portal', targetId: chatId, chatId }) : undefined
    send(req, res, { person, page, portalUrl })
  })

  router.post('/me/:token/memory', ...guard, async (req, res) => {
    const person = await readPerson(req)
    readForm(MemoryForm, req)
    await within(person.creatorId, async (trx) => {
      await withdrawConsent(trx, person)
      await audit(trx, person, { action: 'memory.off' })
    })
    goBack(req, res)
  })

  router.post('/me/:token/facts/:factId/remove', ...guard, async (req, res) => {
    const person = await readPerson(req)
    const factId = z.uuid().safeParse(req.params.factId)
    if (!factId.success) throw new AppError('me_link.invalid')
    await within(person.creatorId, async (trx) => {
      // Gone already is as good.
      if (await removeFact(trx, { ...person, factId: factId.data }))
        await audit(trx, person, { action: 'memory.remove' })
    })
    goBack(req, res)
  })

  router.post('/me/:token/export', ...guard, async (req, res) => {
    const person = await readPerson(req)
    await within(person.creatorId, (trx) => audit(trx, person, { action: 'subscriber.export' }))
    res.set({ ...PRIVATE, 'Content-Disposition': 'attachment; filename="everything.json"' }).type('json')
    for await (const piece of exportSubscriber((work) => within(person.creatorId, work), person)) {
      if (res.destroyed) return
      if (!res.write(piece)) await new Promise((resolve) => res.once('drain', resolve).once('close', resolve))
    }
    res.end()
  })

  router.post('/me/:token/erase', ...guard, async (req, res) => {
    const person = await readPerson(req)
    readForm(EraseForm, req)
    const { subscriberId } = person
    const erasure = await within(person.creatorId, (trx) =>
      erasePerson(parts, trx, { actor: actorOf(person), subscriberId }),
    )
    await erasure.finish()
    send(req, res, { person, page: undefined })
  })

  return router
}

/** Kept by no one between us and the person, shown to no search, told to no other site. */
const PRIVATE = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex' }

interface Shown {
  /** Undefined for programs that look at links: they read the words around it alone. */
  person: MePerson | undefined
  /** Undefined when everything is erased. */
  page: Awaited<ReturnType<typeof readMePage>> | undefined
  portalUrl?: string | undefined
}

function send(req: Request, res: Response, { person, page, portalUrl }: Shown): void {
  const { language, words } = chooseMeWords([person?.language, ...req.acceptsLanguages()])
  const formatDate = (date: Date) => new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(date)
  const path = `/me/${String(req.params.token)}`
  res
    .set(PRIVATE)
    .type('html')
    .send(renderView('me', { language, words, person, page, portalUrl, path, formatDate, fillWords }))
}

function goBack(req: Request, res: Response): void {
  res.set(PRIVATE).redirect(303, `/me/${String(req.params.token)}`)
}

/** @throws {AppError} `request.malformed`. */
function readForm<S extends z.ZodType>(schema: S, req: Request): z.output<S> {
  const read = schema.safeParse(req.body)
  if (!read.success) throw new AppError('request.malformed')
  return read.data
}

function audit(
  trx: Parameters<typeof recordAudit>[0],
  person: MePerson,
  { action }: { action: string },
): Promise<void> {
  return recordAudit(trx, actorOf(person), {
    action,
    objectType: 'subscriber',
    objectId: person.subscriberId,
  })
}

/** The person acts for themselves: the activity list names no member, and no address of theirs is kept. */
function actorOf({ creatorId }: MePerson): Actor {
  return {
    creatorId,
    memberId: undefined,
    apiKeyId: undefined,
    name: 'The person',
    role: 'owner',
    isOperator: false,
    ip: undefined,
  }
}
