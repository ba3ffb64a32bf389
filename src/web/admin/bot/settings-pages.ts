import { type Request, type Response, Router } from 'express'
import { listBotNames } from '../../../bots/bot.ts'
import { removeBot } from '../../../bots/bot-removal.ts'
import {
  ANSWER_TOKENS,
  BUDGET_USD,
  DAILY_QUESTIONS,
  listTimeZones,
  MAX_ROUTE,
} from '../../../bots/bot-settings.ts'
import { MAX_BOTS } from '../../../bots/create-bot.ts'
import { nameLanguage } from '../../../bots/language.ts'
import {
  type EditableBot,
  getEditableBot,
  readBotSettings,
  type SettingsIssue,
  saveBotSettings,
} from '../../../bots/save-bot.ts'
import { AppError } from '../../../errors.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'
import {
  arrangeSettings,
  type BotForm,
  findMissingWords,
  messagesByField,
  presentForm,
  readForm,
} from './form.ts'

type BotPagesParts = Pick<
  AdminParts,
  | 'db'
  | 'within'
  | 'connections'
  | 'registrars'
  | 'vectors'
  | 'files'
  | 'offer'
  | 'channels'
  | 'settings'
  | 'log'
>

/** Languages offered to be added; a pack may name any other. */
const LANGUAGES =
  'ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv sw th tr uk ur vi zh'
    .split(' ')
    .map((code) => ({ code, name: nameLanguage(code) }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))

/** The list of bots, and the settings of one. */
export function createBotSettingsPages(parts: BotPagesParts): Router {
  const { within, offer } = parts
  const router = Router()

  router.get('/bots', async (req, res) => {
    const { creatorId } = visitOf(res).actor
    const bots = await within(creatorId, (trx) => listBotNames(trx, { creatorId, limit: MAX_BOTS }))
    sendPage(req, res, 'bot/list', { title: 'Your bots', bots })
  })

  router.get('/bots/:botId/settings', async (req, res) => {
    const bot = await readBot(req, res)
    sendSettings(req, res, bot, { form: presentForm(bot.settings, bot.updatedAt) })
  })

  router.post('/bots/:botId/settings', allow('editor'), async (req, res) => {
    const bot = await readBot(req, res)
    const form = readForm(req.body)
    try {
      await save(res, bot, form)
    } catch (error) {
      return refuseForm(req, res, bot, { form, error })
    }
    goTo(req, res, `/admin/bots/${bot.id}/settings`, 'saved')
  })

  router.post('/bots/:botId/delete', allow('owner'), async (req, res) => {
    const bot = await readBot(req, res)
    try {
      await removeBot(parts, visitOf(res).actor, { botId: bot.id, slug: readSlug(req) })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'bot.slug_mismatch') throw error
      res.status(error.status)
      const form = presentForm(bot.settings, bot.updatedAt)
      return sendSettings(req, res, bot, { form, deleteError: error.message })
    }
    goTo(req, res, '/admin/bots', 'deleted')
  })

  async function readBot(req: Request, res: Response): Promise<EditableBot> {
    const { creatorId } = visitOf(res).actor
    return within(creatorId, async (trx) => {
      const { bot } = await getAddress(trx, req, res)
      return getEditableBot(trx, { botId: bot.id, creatorId })
    })
  }

  async function save(res: Response, bot: EditableBot, form: BotForm): Promise<void> {
    const { actor } = visitOf(res)
    const settings = readBotSettings(arrangeSettings(form, bot.settings), offer)
    const missing = findMissingWords(form)
    if (missing.length > 0) throw new AppError('bot.settings_invalid', { issues: missing })
    const expectedUpdatedAt = new Date(form.updatedAt)
    if (Number.isNaN(expectedUpdatedAt.getTime())) throw new AppError('request.malformed')
    await within(actor.creatorId, (trx) =>
      saveBotSettings(trx, actor, { botId: bot.id, settings, expectedUpdatedAt }),
    )
  }

  function refuseForm(
    req: Request,
    res: Response,
    bot: EditableBot,
    { form, error }: { form: BotForm; error: unknown },
  ): void {
    if (!(error instanceof AppError)) throw error
    if (error.code !== 'bot.settings_invalid' && error.code !== 'bot.changed') throw error
    const issues = error.code === 'bot.settings_invalid' ? readIssues(error) : []
    res.status(error.status)
    sendSettings(req, res, bot, {
      // Saved once more, it is meant to go over what the other saved.
      form: error.code === 'bot.changed' ? { ...form, updatedAt: bot.updatedAt.toISOString() } : form,
      errors: messagesByField([...issues, ...findMissingWords(form)]),
      fault: error.message,
    })
  }

  function sendSettings(req: Request, res: Response, bot: EditableBot, model: SettingsModel): void {
    const { form, errors = {} } = model
    const codes = new Set(form.languages.map(({ code }) => code))
    sendPage(req, res, 'bot/settings', {
      ...{
        title: `Settings of ${bot.settings.name}`,
        section: 'bot',
        bot,
        tab: 'settings',
        ...model,
        errors,
      },
      base: `/admin/bots/${bot.id}`,
      languages: LANGUAGES.filter(({ code }) => !codes.has(code)),
      nameLanguage,
      timeZones: listTimeZones(),
      models: listModels(offer.models, form.models),
      routeLength: Math.min(MAX_ROUTE, Math.max(offer.models.length, form.models.length)),
      bounds: {
        answerTokens: { ...ANSWER_TOKENS, max: offer.answerTokens },
        dailyQuestions: DAILY_QUESTIONS,
        usd: BUDGET_USD,
      },
      publicUrl: parts.settings.publicUrl,
    })
  }

  return router
}

interface SettingsModel {
  form: BotForm
  errors?: Record<string, string>
  /** What is wrong on the whole. */
  fault?: string
  deleteError?: string
}

/** A model that is chosen already is shown even where it is no longer offered: so it can be seen and left out. */
function listModels(offered: readonly string[], chosen: readonly string[]) {
  return [...new Set([...offered, ...chosen])].map((name) => ({ name, isOffered: offered.includes(name) }))
}

function readIssues({ details }: AppError): SettingsIssue[] {
  return Array.isArray(details.issues) ? details.issues : []
}

function readSlug({ body }: Request): string {
  const slug: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'slug') : undefined
  return typeof slug === 'string' ? slug.slice(0, 200) : ''
}
