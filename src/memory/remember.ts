import type { Bot } from '../bots/bot-settings.ts'
import { detectLanguage, nameLanguage } from '../bots/language.ts'
import type { FillPrompt } from '../bots/prompt.ts'
import type { Db } from '../db/database.ts'
import type { ModelChain } from '../models/model.ts'
import { addUsage, NO_USAGE } from './ask-model.ts'
import type { SaidStatement } from './facts.ts'
import { type PersonLine, pickStatements } from './find-statements.ts'
import { claimMemory, letGo, type MemoryClaim, type Remembered, settleMemory } from './memory-claim.ts'
import { findStatements, tellsOfSelf } from './rules.ts'
import { summarise } from './summarise.ts'
import { findOverflow, listUnread } from './window.ts'

interface RememberParts {
  db: Db
  workerId: number
  findBot: (botId: string) => Promise<Bot | undefined>
  /** The answers' models. Without any nothing is summed up, and what people tell is found by rules. */
  chain: ModelChain | undefined
  /** The cheaper ones, which remember; the answers' where there are none. */
  bulk: ModelChain | undefined
  fill: FillPrompt
  /** The chain within what the person, the bot and the installation may still spend; undefined where that is nothing. */
  afford: (
    chain: ModelChain,
    spender: { bot: Bot; asker: { subscriberId: string; chatId: string } },
  ) => Promise<ModelChain | undefined>
}

/** Messages searched at a time: one call of a model. */
const READ_AT_ONCE = 12

/**
 * Remembers what is due in a Chat: writes the summary anew where lines left the window, and with consent keeps what
 * the person told since. Beside the answers, never before one. Killed at any point it is done again, and written once.
 */
export function createRemember(parts: RememberParts) {
  const { db } = parts

  async function think(claim: MemoryClaim, bot: Bot, signal: AbortSignal): Promise<Remembered> {
    const model = await chooseModel(parts, bot, claim)
    const told = await readTold(parts, { claim, bot, model, signal })
    const summed = await sumUp(parts, { claim, bot, model, signal })
    const turnId = summed.turnId ?? told.turnId
    return {
      ...(summed.summary && { summary: summed.summary }),
      statements: told.statements,
      ...(told.readPosition !== undefined && { readPosition: told.readPosition }),
      usage: { ...addUsage(told.usage, summed.usage), turnId },
      isMoreDue: told.isMoreDue,
    }
  }

  return async function remember(chatId: string, signal: AbortSignal): Promise<void> {
    for (let isDue = true; isDue; ) {
      const claim = signal.aborted ? undefined : await claimMemory(db, chatId, parts.workerId)
      if (!claim) return
      try {
        const bot = await parts.findBot(claim.botId)
        if (!bot) return await letGo(db, claim)
        isDue = await settleMemory(db, claim, await think(claim, bot, signal))
      } catch (error) {
        await letGo(db, claim).catch(() => {})
        throw error
      }
    }
  }
}

interface Work {
  claim: MemoryClaim
  bot: Bot
  model: ModelChain | undefined
  signal: AbortSignal
}

/** A Bot that chose its models has said who may read what it is told. */
async function chooseModel(
  { chain, bulk, afford }: RememberParts,
  bot: Bot,
  { subscriberId, chatId }: MemoryClaim,
): Promise<ModelChain | undefined> {
  const model = bot.settings.model ? chain : (bulk ?? chain)
  return model && afford(model, { bot, asker: { subscriberId, chatId } })
}

async function readTold({ db, fill }: RememberParts, { claim, bot, model, signal }: Work) {
  const nothing = { statements: [] as SaidStatement[], usage: NO_USAGE, isMoreDue: false }
  const { readPosition: after, chatId } = claim
  if (!claim.hasConsent || after === undefined)
    return { ...nothing, readPosition: undefined, turnId: undefined }
  const unread = await listUnread(db, { chatId, after, limit: READ_AT_ONCE })
  const last = unread.at(-1)
  const place = {
    readPosition: last?.position,
    turnId: last?.turnId,
    isMoreDue: unread.length === READ_AT_ONCE,
  }
  if (bot.settings.memory?.facts === false) return { ...nothing, ...place }
  const telling = unread.filter(({ text }) => tellsOfSelf(text))
  if (telling.length === 0) return { ...nothing, ...place }
  const picked =
    model && (await pickStatements(telling, { chain: model, route: bot.settings.model, fill, signal }))
  return {
    ...place,
    statements: picked?.statements ?? telling.flatMap(findByRules),
    usage: picked?.usage ?? NO_USAGE,
  }
}

function findByRules({ text, saidAt }: PersonLine): SaidStatement[] {
  return findStatements(text).map((statement) => ({ ...statement, saidAt }))
}

async function sumUp({ db, fill }: RememberParts, { claim, bot, model, signal }: Work) {
  const overflow = model && (await findOverflow(db, claim))
  if (!overflow) return { summary: undefined, usage: NO_USAGE, turnId: undefined }
  const { lines, coveredPosition, turnId } = overflow
  if (lines.length === 0) return { summary: { text: undefined, coveredPosition }, usage: NO_USAGE, turnId }
  const language = await detectLanguage(lines.map(({ text }) => text).join('\n'), {
    hint: claim.language,
    offered: bot.settings.languages,
  })
  const { summary: text, usage } = await summarise(
    { summary: claim.summary, lines, language: nameLanguage(language) },
    { chain: model, route: bot.settings.model, fill, signal },
  )
  // Without a text the lines wait: they go along with questions until a model has told of them.
  return { summary: text === undefined ? undefined : { text, coveredPosition }, usage, turnId }
}
