import { type Request, type Response, Router } from 'express'
import { AppError } from '../../../errors.ts'
import { type BotTry, createBotTry, MAX_TRY_CHARS } from '../../bot-try.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { presentTrace } from '../chats/thread-pages.ts'
import { sendFragment, sendPage } from '../page.ts'
import { visitOf } from '../visit.ts'

type TryPagesParts = Pick<AdminParts, 'within' | 'answerer' | 'channels' | 'stopping'>

/** Ask the bot as its people do: beside its settings, and as a page of its own. */
export function createBotTryPages(parts: TryPagesParts): Router {
  const { within } = parts
  const botTry = createBotTry(parts)
  const router = Router()

  router.get('/bots/:botId/try', async (req, res) => {
    const { bot } = await within(visitOf(res).actor.creatorId, (trx) => getAddress(trx, req, res))
    sendPage(req, res, 'bot/try', { ...frameOf(bot), question: '' })
  })

  // Anyone who may look may ask: it changes nothing but the costs, which the limit bounds.
  router.post('/bots/:botId/try', async (req, res) => {
    const { bot } = await within(visitOf(res).actor.creatorId, (trx) => getAddress(trx, req, res))
    const question = readQuestion(req)
    const isPart = req.get('HX-Request') !== undefined
    if (!question) {
      const model = { ...frameOf(bot), question, error: 'Write a question first.' }
      res.status(422)
      return isPart ? sendFragment(req, res, 'bot/try-answer', model) : sendPage(req, res, 'bot/try', model)
    }
    const model = { ...frameOf(bot), question, tried: await ask(botTry, res, bot.id, question) }
    if (isPart) sendFragment(req, res, 'bot/try-answer', model)
    else sendPage(req, res, 'bot/try', model)
  })

  return router
}

async function ask(botTry: BotTry, res: Response, botId: string, question: string) {
  const hangUp = new AbortController()
  res.once('close', () => hangUp.abort())
  const tried = await botTry.ask(visitOf(res).actor, { botId, question, signal: hangUp.signal })
  return { ...tried, ...presentTrace(tried.trace) }
}

function frameOf(bot: { id: string; slug: string; settings: { name: string } }) {
  return {
    ...{ title: `Try ${bot.settings.name}`, section: 'bot' as const, bot, tab: 'try' },
    ...{ base: `/admin/bots/${bot.id}`, maxQuestion: MAX_TRY_CHARS },
  }
}

/** @throws {AppError} `message.too_long`. */
function readQuestion({ body }: Request): string {
  const given: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'question') : undefined
  const question = typeof given === 'string' ? given.trim().toWellFormed().replaceAll('\0', '') : ''
  if (question.length > MAX_TRY_CHARS) throw new AppError('message.too_long', { maxChars: MAX_TRY_CHARS })
  return question
}
