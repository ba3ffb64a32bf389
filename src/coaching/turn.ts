import { isResumed } from '../billing/entitlement/held-question.ts'
import { phrase } from '../bots/phrases.ts'
import type { AppError } from '../errors.ts'
import type { PastMessage } from '../messaging/message.ts'
import type { ChannelName, Update, UpdateEvent } from '../messaging/update.ts'
import { findCrisis } from '../safety/crisis.ts'
import { type ButtonChoice, readButton } from './buttons.ts'
import type { Commands } from './commands.ts'
import type { Listen } from './listen.ts'
import type { TakeMedia } from './media-turn.ts'
import type { Paywall } from './paywall.ts'
import type { QuestionTurn } from './question-turn.ts'
import { type SettleStars, takeStars } from './stars-turn.ts'
import { asksToBeForgotten, listenOnly, wantsAnswer } from './takeover-turn.ts'
import type { CommandOutcome, Turn } from './turn-outcome.ts'
import type { TurnRequest } from './turn-request.ts'
import { joinTexts, textOfCommand } from './turn-unit.ts'

type Command = Extract<UpdateEvent, { kind: 'command' }>

interface TurnParts {
  questions: QuestionTurn
  commands: Commands
  listHistory: (chatId: string) => Promise<PastMessage[]>
  listen: Listen
  takeMedia: TakeMedia
  paywall: Paywall
  settleStars: SettleStars
}

/**
 * Decides what a Turn does: run a command, follow a button, or answer a question.
 *
 * Pure of writing: it reads, thinks and returns. An answer is always returned; the only throw is the
 * caller's own abort.
 */
export function createTakeTurn({
  questions,
  commands,
  listHistory,
  listen,
  takeMedia,
  paywall,
  settleStars,
}: TurnParts) {
  async function takeTurn(given: TurnRequest): Promise<Turn> {
    const { request, unheard } = await listen(given)
    const update = request.updates[0]
    if (!update) return silent({ reason: 'nothing open' })
    return addHeard(await takeListened(request, { update, unheard }), update)
  }

  async function takeListened(
    request: TurnRequest,
    { update, unheard }: { update: Update; unheard: AppError | undefined },
  ): Promise<Turn> {
    const isOfRight = asksToBeForgotten(update.event)
    const isLeftToMember =
      request.chat.takeover === 'active' && wantsAnswer(update.event) && !isOfRight && !tellsOfDanger(request)
    if (isLeftToMember) {
      return { ...listenOnly(request, update), givesBack: await paywall.chargesOf(request) }
    }
    const turn = await respond(request, update, unheard)
    return isOfRight ? { ...turn, isOfRight } : turn
  }

  async function respond(request: TurnRequest, update: Update, unheard: AppError | undefined): Promise<Turn> {
    const language = languageOf(request, update)
    switch (update.event.kind) {
      case 'text':
        return takeText(request, language)
      case 'command':
        return takeCommand(request, update.event, language)
      case 'button':
        return takeButton(request, update.event.data, language)
      case 'media':
        return takeMedia(request, { event: update.event, language, unheard })
      case 'membership':
        return {
          ...silent({ membership: update.event.state }),
          changes: { isBlocked: update.event.state === 'blocked' },
        }
      case 'group':
        return takeGroup(request, language)
      case 'stars':
        return takeStars(request, { event: update.event, language, settle: settleStars })
      case 'unsupported':
        return notice(phrase(language, 'unsupported_other'), update.event.type)
      case 'reaction':
      case 'stop':
        return silent({ event: update.event.kind })
    }
  }

  async function takeText(request: TurnRequest, language: string): Promise<Turn> {
    const question = joinTexts(request.updates)
    const history = await listHistory(request.chat.id)
    const chosen = findNumberedChoice(request.chat.channel, question, history)
    if (chosen) return takeButton(request, chosen, language)
    return questions.take(request, { question, language, history, kind: 'question' })
  }

  /** Whoever tells of a danger behind a command is heard, whatever it would have done. */
  async function takeCommand(request: TurnRequest, command: Command, language: string): Promise<Turn> {
    const said = { kind: 'command', text: textOfCommand(command) }
    if (!findCrisis(said.text)) return speak('command', await commands.run(request, command, language), said)
    return questions.take(request, { question: said.text, language, history: [], kind: 'question', said })
  }

  async function takeButton(request: TurnRequest, data: string, language: string): Promise<Turn> {
    const choice: ButtonChoice = readButton(data)
    if (choice.kind === 'ask') {
      const question = request.bot.settings.suggestions[choice.language]?.[choice.index]
      const asked = { language: choice.language, history: [], kind: 'question' as const }
      if (question) return questions.take(request, { ...asked, question })
    }
    return speak('button', await commands.follow(request, choice, language))
  }

  return takeTurn
}

export type TakeTurn = ReturnType<typeof createTakeTurn>

/** A bot coaches one person at a time: a group hears so once, with the way to the private chat. */
function takeGroup(request: TurnRequest, language: string): Turn {
  if (request.chat.state.isGroupDeclined) return silent({ event: 'group' })
  const link = request.privateLink ?? ''
  return {
    kind: 'notice',
    replies: [{ kind: 'notice', markdown: phrase(language, 'group_declined', { link }) }],
    changes: { state: { ...request.chat.state, isGroupDeclined: true }, isInbound: true },
    trace: {},
  }
}

/** Whether the person seems to be in danger: then the bot speaks, whoever answers them. */
function tellsOfDanger({ updates }: TurnRequest): boolean {
  const others = updates.flatMap(({ event }) => {
    if (event.kind === 'command') return [textOfCommand(event)]
    return event.kind === 'media' ? [event.caption ?? '', event.heard?.text ?? ''] : []
  })
  return findCrisis([joinTexts(updates), ...others].join('\n')) !== undefined
}

/** What listening cost goes with the Turn, whatever it decides; of a question that was kept, it went with the first. */
function addHeard(turn: Turn, update: Update): Turn {
  if (update.event.kind !== 'media' || !update.event.heard || isResumed(update)) return turn
  const { model, seconds, costUsd } = update.event.heard
  return {
    ...turn,
    spent: { inputTokens: 0, outputTokens: 0, costUsd, model },
    trace: { ...turn.trace, heard: { model, seconds, costUsd } },
  }
}

function notice(markdown: string, what: string): Turn {
  return {
    kind: 'notice',
    said: { kind: 'media', text: `[${what}]` },
    replies: [{ kind: 'notice', markdown }],
    changes: { isInbound: true, isBlocked: false },
    trace: {},
  }
}

function silent(trace: Record<string, unknown>): Turn {
  return { kind: 'silent', replies: [], changes: {}, trace }
}

/** The outcome of a command or button as a Turn. */
function speak(
  kind: 'command' | 'button',
  outcome: CommandOutcome,
  said?: { kind: string; text: string },
): Turn {
  return {
    kind,
    ...(said && { said }),
    replies: outcome.replies,
    changes: { isInbound: true, isBlocked: false, ...outcome.changes },
    ...(outcome.isForgetting && { isForgetting: true }),
    ...(outcome.remembers && { remembers: true }),
    trace: {},
  }
}

function languageOf({ bot, chat }: TurnRequest, update: Update): string {
  return chat.language ?? update.sender.languageCode ?? bot.settings.languages[0] ?? 'en'
}

/** Where buttons did not fit, the choices were numbered: a bare number picks one of the last message's. */
function findNumberedChoice(channel: ChannelName, text: string, history: PastMessage[]): string | undefined {
  if (channel !== 'whatsapp' || !/^\s*\d{1,2}\s*$/.test(text)) return undefined
  const last = history.at(-1)
  if (last?.role !== 'assistant') return undefined
  return last.buttons.flatMap((button) => ('data' in button ? [button.data] : []))[Number(text) - 1]
}
