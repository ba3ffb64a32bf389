import { type Request, type Response, Router } from 'express'
import type { Transaction } from 'kysely'
import { z } from 'zod'
import { listPlaceholders, type PromptTexts } from '../../../bots/prompt.ts'
import {
  activatePrompt,
  listPromptVersions,
  MAX_PROMPT_CHARS,
  OVERRIDABLE,
  type OverridablePrompt,
  PromptText,
  type PromptVersion,
  savePrompt,
} from '../../../bots/prompt-override.ts'
import type { Database } from '../../../db/schema.ts'
import { AppError } from '../../../errors.ts'
import { type DiffLine, diffLines } from '../../../knowledge/documents/line-diff.ts'
import type { AdminParts } from '../admin-parts.ts'
import { getAddress } from '../bot-address.ts'
import { readField } from '../form-field.ts'
import { goTo, sendPage } from '../page.ts'
import { allow, visitOf } from '../visit.ts'

type PromptPagesParts = Pick<AdminParts, 'within' | 'prompts'>

/** Each wording in words, and what the program puts in the place of each placeholder. */
const WORDS: Record<OverridablePrompt, { name: string; what: string }> = {
  answer: { name: 'How it answers', what: 'What the bot is told before every answer.' },
  'grounding-strict': {
    name: 'Only from the material',
    what: 'What it may claim while its settings say “only my material”.',
  },
  'grounding-adaptive': {
    name: 'Material first',
    what: 'What it may claim while its settings let it add general knowledge.',
  },
  'grounding-creative': {
    name: 'Free',
    what: 'What it may claim while its settings let it write freely.',
  },
}
const FILLED: Record<string, string> = {
  bot_name: 'the name of the bot',
  persona: 'how it speaks, from its settings',
  grounding: 'the wording of what it may claim',
  language: 'the language of the question',
  safety_line: 'the safety line in that language',
  mark: 'a secret word around everything that others wrote',
  refusal: 'the word by which it says that the material does not answer',
}

const Purpose = z.enum(OVERRIDABLE).catch('answer')
const VersionNumber = z.coerce.number().int().min(0).max(1_000_000)
const Compared = z.object({
  from: VersionNumber.optional().catch(undefined),
  to: VersionNumber.optional().catch(undefined),
})

/** The Bot's own wording of its prompts: versions, what changed between two, and the way back. */
export function createPromptPages({ within, prompts }: PromptPagesParts): Router {
  const router = Router()

  router.get('/bots/:botId/prompts', async (req, res) => sendPrompts(req, res, {}))

  router.post('/bots/:botId/prompts', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const purpose = Purpose.parse(readField(req.body, 'purpose'))
    const text = PromptText.safeParse(readText(req, 'text'))
    const given = { purpose, text: readText(req, 'text') }
    if (!text.success) {
      const error = `Write one to ${MAX_PROMPT_CHARS.toLocaleString('en')} characters.`
      return sendPrompts(req, res, { ...given, error })
    }
    try {
      await within(actor.creatorId, async (trx) => {
        const { bot } = await getAddress(trx, req, res)
        await savePrompt(trx, actor, { botId: bot.id, purpose, text: text.data })
      })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'prompt.placeholders') throw error
      return sendPrompts(req, res, { ...given, error: sayPlaceholders(error) })
    }
    goTo(req, res, `${req.baseUrl}${req.path}?purpose=${purpose}`, 'prompt_saved')
  })

  router.post('/bots/:botId/prompts/activate', allow('editor'), async (req, res) => {
    const { actor } = visitOf(res)
    const purpose = Purpose.parse(readField(req.body, 'purpose'))
    const version = VersionNumber.safeParse(readField(req.body, 'version'))
    if (!version.success) throw new AppError('prompt.version_not_found')
    await within(actor.creatorId, async (trx) => {
      const { bot } = await getAddress(trx, req, res)
      await activatePrompt(trx, actor, { botId: bot.id, purpose, version: version.data })
    })
    goTo(req, res, `/admin/bots/${req.params.botId}/prompts?purpose=${purpose}`, 'prompt_activated')
  })

  async function sendPrompts(req: Request, res: Response, form: PromptForm): Promise<void> {
    const purpose = form.purpose ?? Purpose.parse(req.query.purpose)
    const { bot, versions } = await within(visitOf(res).actor.creatorId, (trx) =>
      readVersions(trx, req, res, purpose),
    )
    const all = withOriginal(versions, purpose, prompts)
    const active = all.find(({ isActive }) => isActive)
    if (form.error) res.status(422)
    sendPage(req, res, 'bot/prompts', {
      ...{ title: 'Wording', section: 'bot', bot, tab: 'prompts', base: `/admin/bots/${bot.id}` },
      ...{
        purpose,
        purposes: OVERRIDABLE.map((name) => ({ purpose: name, ...WORDS[name] })),
        ...WORDS[purpose],
      },
      placeholders: listPlaceholders(purpose).map((name) => ({ name: `{{${name}}}`, filled: FILLED[name] })),
      versions: all,
      active,
      text: form.text ?? active?.text ?? '',
      error: form.error,
      maxChars: MAX_PROMPT_CHARS,
      diff: compare(all, Compared.parse(req.query)),
    })
  }

  return router
}

interface PromptForm {
  purpose?: OverridablePrompt
  text?: string
  error?: string
}

async function readVersions(
  trx: Transaction<Database>,
  req: Request,
  res: Response,
  purpose: OverridablePrompt,
) {
  const { bot } = await getAddress(trx, req, res)
  return {
    bot,
    versions: await listPromptVersions(trx, { botId: bot.id, creatorId: bot.creatorId, purpose }),
  }
}

type ShownVersion = Omit<PromptVersion, 'createdAt' | 'purpose'> & { createdAt?: Date }

/** Version 0 is the program's own. */
function withOriginal(
  versions: PromptVersion[],
  purpose: OverridablePrompt,
  prompts: PromptTexts,
): ShownVersion[] {
  const isActive = !versions.some((version) => version.isActive)
  return [...versions, { version: 0, text: prompts.get(purpose) ?? '', isActive, createdBy: null }]
}

/** What changed between two versions; nothing where one of them is not there. */
function compare(versions: ShownVersion[], { from, to }: z.output<typeof Compared>) {
  const [old, now] = [from, to].map((wanted) => versions.find(({ version }) => version === wanted))
  return (
    old && now && { from: old.version, to: now.version, lines: withContext(diffLines(old.text, now.text)) }
  )
}

/** Lines kept around what changed; the others are only counted. */
const CONTEXT_LINES = 2

function withContext(lines: DiffLine[]) {
  const changes = lines.flatMap(({ kind }, at) => (kind === 'same' ? [] : [at]))
  const isNear = (at: number) => changes.some((change) => Math.abs(change - at) <= CONTEXT_LINES)
  const shown: (DiffLine | { kind: 'left-out'; count: number })[] = []
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1)
    if (isNear(at)) shown.push(line)
    else if (last?.kind === 'left-out') last.count += 1
    else shown.push({ kind: 'left-out', count: 1 })
  }
  return shown
}

function sayPlaceholders({ details }: AppError): string {
  const { missing, unknown } = z
    .object({ missing: z.array(z.string()), unknown: z.array(z.string()) })
    .parse(details)
  const present = (names: string[]) => names.map((name) => `{{${name}}}`).join(', ')
  return [
    missing.length > 0 && `Put in again: ${present(missing)}.`,
    unknown.length > 0 && `Nothing fills ${present(unknown)}: take it out.`,
  ]
    .filter(Boolean)
    .join(' ')
}

function readText(req: Request, name: string): string {
  return readField(req.body, name, Infinity).replaceAll('\r\n', '\n')
}
