import { z } from 'zod'
import { getBot } from '../../bots/bot.ts'
import {
  activatePrompt,
  listPromptVersions,
  MAX_PROMPT_CHARS,
  PromptText,
  savePrompt,
} from '../../bots/prompt-override.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { PromptAnswer, PromptPath, presentPrompt } from './bot-schemas.ts'
import { defineOperation, type Operation } from './operation.ts'

const READ = { tag: 'Bots', scope: 'bots:read', role: 'viewer' } as const
const WRITE = { tag: 'Bots', scope: 'bots:write', role: 'editor' } as const
const ONE = '/bots/:botId/prompts/:purpose'

/** The Bot's own wording of its prompts. */
export function createPromptOperations({ prompts }: Pick<AdminParts, 'prompts'>): Operation[] {
  return [
    defineOperation({
      ...{ ...READ, id: 'listPromptVersions', method: 'get', path: ONE },
      summary: 'List the versions of a prompt, newest first, and the original',
      params: PromptPath,
      answer: z.object({
        original: z
          .string()
          .describe('In use where no version is active. As version 0 it can be put in use again.'),
        versions: z.array(PromptAnswer),
      }),
      async handle({ actor: { creatorId }, trx, params: { botId, purpose } }) {
        await getBot(trx, { botId, creatorId })
        const versions = await listPromptVersions(trx, { botId, creatorId, purpose })
        return { original: prompts.get(purpose) ?? '', versions: versions.map(presentPrompt) }
      },
    }),
    SAVE,
    ACTIVATE,
  ]
}

const InUse = z.object({ purpose: z.string(), version: z.int().describe('In use now; 0 is the original.') })

const SAVE = defineOperation({
  ...{ ...WRITE, id: 'savePrompt', method: 'post', path: ONE },
  summary: 'Keep a new version of a prompt and put it in use',
  params: PromptPath,
  body: z.object({
    text: z.string().trim().min(1).max(MAX_PROMPT_CHARS).describe('With every placeholder of the original.'),
  }),
  answer: InUse,
  async handle({ actor, trx, params: { botId, purpose }, body }) {
    const version = await savePrompt(trx, actor, { botId, purpose, text: PromptText.parse(body.text) })
    return { purpose, version }
  },
})

const ACTIVATE = defineOperation({
  ...{ ...WRITE, id: 'activatePrompt', method: 'post', path: `${ONE}/activate` },
  summary: 'Put an older version of a prompt, or the original, in use again',
  params: PromptPath,
  body: z.object({ version: z.int().min(0).max(1_000_000) }),
  answer: InUse,
  async handle({ actor, trx, params: { botId, purpose }, body: { version } }) {
    await activatePrompt(trx, actor, { botId, purpose, version })
    return { purpose, version }
  },
})
