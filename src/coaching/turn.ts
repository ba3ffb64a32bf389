import type { Answer, Answerer } from '../answering/answer.ts'
import { findCrisis } from '../answering/crisis.ts'
import { findSmallTalk } from '../answering/small-talk.ts'
import { phrase } from '../bots/phrases.ts'
import type { ChatChanges } from '../messaging/chat.ts'
import type { PastMessage } from '../messaging/message.ts'
import type { ChannelName, Update, UpdateEvent } from '../messaging/update.ts'
import { type ButtonChoice, readButton } from './buttons.ts'
import type { Commands } from './commands.ts'
import { type Paywall, presentResumed, settleCharge } from './paywall.ts'
import { type SettleStars, takeStars } from './stars-turn.ts'
import { asksToBeForgotten, listenOnly, wantsAnswer } from './takeover-turn.ts'
import type { Reply, TurnRequest } from './turn-request.ts'
import { joinTexts } from './turn-unit.ts'

/** What a Turn decided. Nothing of it is stored yet: that is one commit, by the caller. */
export interface Turn {
  /** `takeover`: a Member answers, the bot only listens. */
  kind: 'question' | 'command' | 'button' | 'notice' | 'silent' | 'takeover'
  /** What the person said, as it goes into the conversation; absent when it was no speech. */
  said?: { kind: string; text: string }
  replies: Reply[]
  changes: ChatChanges
  /** The answer behind the replies: its usage and its Trace. */
  answer?: Answer
  /** The question the material could not answer. */
  gap?: { question: string; language: string }
  /** Everything said before is to be erased in the same commit. */
  isForgetting?: boolean
  /** The question someone was stopped at, kept in the same commit until they may ask it. */
  held?: Update
  /** Updates whose charge goes back in the same commit: they got no answer for it. */
  givesBack?: string[]
  /** The person may ask for this at any time, also while a Member answers them. */
  isOfRight?: boolean
  trace: Record<string, unknown>
}

/** How many earlier messages a question is read with. */
const HISTORY_MESSAGES = 8

interface TurnParts {
  answerer: Answerer
  commands: Commands
  listHistory: (chatId: string, limit: number) => Promise<PastMessage[]>
  /** Questions the person of this Chat has asked this bot within 24 hours. Asked where the bot has a limit. */
  countQuestions: (chatId: string) => Promise<number>
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
  answerer,
  commands,
  listHistory,
  countQuestions,
  paywall,
  settleStars,
}: TurnParts) {
  async function takeTurn(request: TurnRequest): Promise<Turn> {
    const update = request.updates[0]
    if (!update) return silent({ reason: 'nothing open' })
    const isOfRight = asksToBeForgotten(update.event)
    const isLeftToMember = wantsAnswer(update.event) && !isOfRight && !tellsOfDanger(request)
    if (request.chat.takeover === 'active' && isLeftToMember) {
      return { ...listenOnly(request, update), givesBack: await paywall.chargesOf(request) }
    }
    const turn = await respond(request, update, languageOf(request, update))
    return isOfRight ? { ...turn, isOfRight } : turn
  }

  async function respond(request: TurnRequest, update: Update, language: string): Promise<Turn> {
    switch (update.event.kind) {
      case 'text':
        return takeText(request, language)
      case 'command':
        return speak('command', await commands.run(request, update.event, language), {
          kind: 'command',
          text: `/${update.event.name} ${update.event.argument}`.trim(),
        })
      case 'button':
        return takeButton(request, update.event.data, language)
      case 'media':
        return takeMedia(request, update.event, language)
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
    const history = await listHistory(request.chat.id, HISTORY_MESSAGES)
    const chosen = findNumberedChoice(request.chat.channel, question, history)
    if (chosen) return takeButton(request, chosen, language)
    return takeQuestion(request, question, language, history)
  }

  async function takeQuestion(
    request: TurnRequest,
    question: string,
    language: string,
    history: PastMessage[],
  ): Promise<Turn> {
    const { daily_questions: most } = request.bot.settings.limits ?? {}
    // Whoever is in danger is told to wait for nothing.
    const crisis = findCrisis(question) ?? null
    if (!crisis && most !== undefined && (await countQuestions(request.chat.id)) >= most) {
      return refuseMore(question, language)
    }
    // Who says hello or thanks asks for nothing, and a cry for help costs nothing.
    const isFree = crisis || findSmallTalk(question)
    const decision = isFree ? undefined : await paywall.ask(request, 'question')
    if (decision?.isAllowed === false) return paywall.stop(request, { question, language, denial: decision })
    const answer = await answerer.answer({
      bot: request.bot,
      question,
      crisis,
      history,
      languageHint: language,
      asker: { subscriberId: request.chat.subscriberId, chatId: request.chat.id },
      signal: request.signal,
      stopSignal: request.stopSignal,
      onDraft: request.onDraft,
    })
    const { note, givesBack } = settleCharge(decision, answer, request)
    const resumed = presentResumed(request, question, language)
    return {
      kind: 'question',
      ...(resumed.length === 0 && { said: { kind: 'question', text: question } }),
      replies: [
        ...resumed,
        { kind: answer.kind, markdown: answer.markdown + note, citations: answer.citations },
      ],
      changes: { isInbound: true, isBlocked: false, ...(crisis && { flag: crisis }) },
      ...(crisis && { isOfRight: true }),
      answer,
      ...(givesBack && { givesBack }),
      ...(answer.kind === 'refusal' && { gap: { question: answer.question, language: answer.language } }),
      trace: decision ? { entitlement: decision } : {},
    }
  }

  async function takeButton(request: TurnRequest, data: string, language: string): Promise<Turn> {
    const choice: ButtonChoice = readButton(data)
    if (choice.kind === 'ask') {
      const question = request.bot.settings.suggestions[choice.language]?.[choice.index]
      if (question) return takeQuestion(request, question, choice.language, [])
    }
    return speak('button', await commands.follow(request, choice, language))
  }

  async function takeMedia(
    request: TurnRequest,
    event: Extract<UpdateEvent, { kind: 'media' }>,
    language: string,
  ): Promise<Turn> {
    const isVoice = event.media === 'voice' || event.media === 'audio'
    const note = phrase(language, isVoice ? 'unsupported_voice' : 'unsupported_media')
    if (!event.caption?.trim()) return notice(note, event.media)
    const history = await listHistory(request.chat.id, HISTORY_MESSAGES)
    const turn = await takeQuestion(request, event.caption, language, history)
    return { ...turn, replies: [{ kind: 'notice', markdown: note }, ...turn.replies] }
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

/** The person has asked what the Bot answers in a day: nothing is looked up, and no model is asked. */
function refuseMore(question: string, language: string): Turn {
  return {
    kind: 'notice',
    said: { kind: 'question', text: question },
    replies: [{ kind: 'notice', markdown: phrase(language, 'daily_limit') }],
    changes: { isInbound: true, isBlocked: false },
    trace: { limit: 'daily_questions' },
  }
}

/** Whether the person seems to be in danger: then the bot speaks, whoever answers them. */
function tellsOfDanger({ updates }: TurnRequest): boolean {
  const captions = updates.flatMap(({ event }) => (event.kind === 'media' ? [event.caption ?? ''] : []))
  return findCrisis([joinTexts(updates), ...captions].join('\n')) !== undefined
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
  outcome: { replies: Reply[]; changes?: ChatChanges; isForgetting?: boolean },
  said?: { kind: string; text: string },
): Turn {
  return {
    kind,
    ...(said && { said }),
    replies: outcome.replies,
    changes: { isInbound: true, isBlocked: false, ...outcome.changes },
    ...(outcome.isForgetting && { isForgetting: true }),
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
