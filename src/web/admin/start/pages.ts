import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { createBot, NewBot } from '../../../bots/create-bot.ts'
import {
  beginFirstSteps,
  FIRST_STEPS,
  type FirstSteps,
  leaveFirstSteps,
  readFirstSteps,
} from '../../../bots/first-steps.ts'
import { nameLanguage } from '../../../bots/language.ts'
import { PHRASE_LANGUAGES } from '../../../bots/phrases.ts'
import { webLinkOf } from '../../../bots/share-links.ts'
import { createStreams, STREAM_LIMITS, type StreamEvent } from '../../try-stream.ts'
import type { AdminParts } from '../admin-parts.ts'
import { buildNavigation } from '../navigation.ts'
import { goTo, renderFragment, sendPage } from '../page.ts'
import { qrImageOf } from '../qr.ts'
import { allow, visitOf } from '../visit.ts'

type StartParts = Pick<AdminParts, 'within' | 'settings' | 'log' | 'stopping'>

/** A document of some pages is read in a second or two: who waits for it looks at the page. */
const POLL_MS = 1_000
/** Each asks the database every {@link POLL_MS}. */
const MAX_STREAMS = 200

/** What every new Bot begins with; most will change a word or two. */
const PERSONA = `Speak like a calm, practical coach: warm, plain, in short sentences.
Begin with the answer, then give the steps exactly as the material states them.
End with one small thing to do next.`

/** The way from nothing to a Bot that answers people, and where `/admin` leads. */
export function createStartPages(parts: StartParts): Router {
  const { within, stopping, log } = parts
  const router = Router()
  const streams = createStreams({ ...STREAM_LIMITS, pollMs: POLL_MS, maxStreams: MAX_STREAMS }, stopping, log)

  router.get('/', async (_req, res) => {
    const steps = await readSteps(res)
    const { bot } = buildNavigation(res, undefined)
    const isOnTheWay = steps.bot && !steps.isLeft && steps.done < FIRST_STEPS
    res.redirect(303, bot && !isOnTheWay ? `/admin/bots/${bot.id}/overview` : '/admin/start')
  })

  router.get('/start', async (req, res) => sendStart(req, res, await readSteps(res)))

  router.get('/bots/new', allow('editor'), (req, res) => sendNewBot(req, res))

  router.post('/bots', allow('editor'), async (req, res) => {
    const read = NewBot.safeParse(req.body)
    if (!read.success) return sendNewBot(req, res, read.error)
    const { actor } = visitOf(res)
    await within(actor.creatorId, async (trx) => {
      await beginFirstSteps(trx, await createBot(trx, actor, read.data))
    })
    goTo(req, res, '/admin/start')
  })

  router.post('/start/leave', allow('editor'), async (req, res) => {
    const { creatorId } = visitOf(res).actor
    await within(creatorId, (trx) => leaveFirstSteps(trx, creatorId))
    goTo(req, res, '/admin')
  })

  router.get('/start/events', (req, res) => {
    const { sessionId } = visitOf(res)
    streams.serve(req, res, { visitorId: sessionId, source: createStepsSource(req, res) })
  })

  function readSteps(res: Response): Promise<FirstSteps> {
    const { creatorId } = visitOf(res).actor
    return within(creatorId, (trx) => readFirstSteps(trx, creatorId))
  }

  function sendStart(req: Request, res: Response, steps: FirstSteps): void {
    sendPage(req, res, 'start/start', {
      title: 'Your first ten minutes',
      section: 'start',
      bot: steps.bot,
      ...presentSteps(req, steps),
    })
  }

  /** The parts of the page that changed since the last time. */
  function createStepsSource(req: Request, res: Response) {
    const shown = new Map<string, string>()
    return {
      subscribe: () => () => undefined,
      async read(): Promise<StreamEvent[]> {
        const model = { ...presentSteps(req, await readSteps(res)), visit: visitOf(res) }
        return LIVE_PARTS.flatMap((part) => {
          const event = `start-${part}`
          const data = renderFragment(`start/${part}`, model)
          if (shown.get(event) === data) return []
          shown.set(event, data)
          return [{ event, data }]
        })
      },
    }
  }

  function presentSteps(req: Request, steps: FirstSteps) {
    const web = steps.bot && webLinkOf(parts.settings.publicUrl, steps.bot.slug)
    const links = [...steps.connections.flatMap(({ link }) => link ?? []), ...(web ? [web] : [])]
    return {
      ...newBotForm(req),
      steps,
      total: FIRST_STEPS,
      current: currentOf(steps),
      links: links.map((link) => ({ ...link, qr: qrImageOf(link.url) })),
    }
  }

  return router
}

/** Each is a view and, after `start-`, the id of an element of the page. */
const LIVE_PARTS = ['progress', 'material', 'try', 'channel']

type Step = 'bot' | 'material' | 'try' | 'channel' | 'none'

/** The first that is not done. */
function currentOf({ bot, hasMaterial, isTried, connections }: FirstSteps): Step {
  if (!bot) return 'bot'
  if (!hasMaterial) return 'material'
  if (!isTried) return 'try'
  return connections.length === 0 ? 'channel' : 'none'
}

function sendNewBot(req: Request, res: Response, error?: z.ZodError): void {
  const errors = error ? z.flattenError(error).fieldErrors : {}
  if (error) res.status(422)
  const model = { title: 'New bot', ...newBotForm(req), errors }
  sendPage(req, res, 'start/new-bot', model)
}

/** The form's fields: as sent, or as a beginning in the browser's language. */
function newBotForm(req: Request) {
  const sent = z
    .record(z.string(), z.string().max(10_000))
    .catch({})
    .parse(req.body ?? {})
  const asked = req.acceptsLanguages().map((tag) => tag.split('-')[0] ?? '')
  return {
    values: {
      name: sent.name ?? '',
      persona: sent.persona ?? PERSONA,
      language: sent.language ?? asked.find((code) => PHRASE_LANGUAGES.includes(code)) ?? 'en',
    },
    errors: {},
    languages: PHRASE_LANGUAGES.map((code) => ({ code, name: nameLanguage(code) })),
  }
}
