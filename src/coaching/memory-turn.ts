import type { Answer } from '../answering/answer-request.ts'
import type { AskerMemory } from '../answering/writing/prompt.ts'
import type { Bot } from '../bots/bot-settings.ts'
import { phrase } from '../bots/phrases.ts'
import type { Logger } from '../logger.ts'
import { ASKING_KIND, SHOWING_KIND } from '../memory/consent.ts'
import { type ChatMemory, NO_MEMORY } from '../memory/read-memory.ts'
import { recall } from '../memory/recall.ts'
import { findStatements, isOnlyStatement, tellsAndAsksNothing, tellsOfSelf } from '../memory/rules.ts'
import { chooseWindow, isOverflowing } from '../memory/window.ts'
import type { PastMessage } from '../messaging/message.ts'
import { findCrisis } from '../safety/crisis.ts'
import { writeButton } from './buttons.ts'
import type { Turn } from './turn-outcome.ts'
import type { Reply, TurnRequest } from './turn-request.ts'

interface Told {
  question: string
  language: string
  history: PastMessage[]
}

/** What of a memory goes into an answer, and what follows from the answer for the memory. */
export interface Recalled {
  history: PastMessage[]
  memory: AskerMemory | undefined
  /** What the Turn of this answer carries: whether something is to be remembered, and whether the person is asked. */
  conclude(answer: Answer): Pick<Turn, 'remembers' | 'recalled'> & {
    asking: Reply[]
    /** In place of the answer, to someone who asked nothing and whom the material has nothing to say to. */
    heard?: Reply[]
    state?: Record<string, unknown>
  }
}

export interface TurnMemories {
  /** The Turn for someone who only tells something of themselves; undefined where there is a question to answer. */
  note(request: TurnRequest, told: Told): Promise<Turn | undefined>
  recall(request: TurnRequest, told: Told): Promise<Recalled>
}

interface TurnMemoriesParts {
  readMemory: (chatId: string) => Promise<ChatMemory>
  /** There is a model that sums up what was said before. */
  isSummarising: boolean
  log: Logger
}

/** What a Turn knows of the person beyond its question. A memory that cannot be read stops no answer. */
export function createTurnMemories({ readMemory, isSummarising, log }: TurnMemoriesParts): TurnMemories {
  async function read({ bot, chat }: TurnRequest): Promise<ChatMemory> {
    if (!keepsFacts(bot) && !isSummarising) return NO_MEMORY
    return readMemory(chat.id).catch((error: unknown) => {
      log.warn({ err: error, chatId: chat.id }, 'memory-not-read')
      return NO_MEMORY
    })
  }

  function opensUp(question: string, window: readonly PastMessage[]): boolean {
    if (!isSummarising || !tellsOfSelf(question)) return false
    const told = window.filter(({ role, text }) => role === 'user' && tellsOfSelf(text))
    return told.length + 1 >= OPENS_UP_FROM
  }

  return {
    async note(request, { question, language }) {
      // A cry for help is answered as one, however it begins.
      if (!keepsFacts(request.bot) || !isOnlyStatement(question) || findCrisis(question)) return undefined
      const { consent } = await read(request)
      if (consent === 'given') {
        return { ...hear(question, sayNoted(language)), remembers: true }
      }
      if (consent !== undefined || isAsked(request)) return undefined
      const turn = hear(question, askForConsent(language))
      return { ...turn, changes: { ...turn.changes, state: asAsked(request) } }
    },

    async recall(request, { question, language, history }) {
      const memory = await read(request)
      const spoken = history.filter(({ kind }) => kind !== ASKING_KIND && kind !== SHOWING_KIND)
      const window = chooseWindow(spoken, { ...memory, isSummarising })
      const facts = keepsFacts(request.bot) ? memory.facts : []
      const { ids, ...recalled } = recall(facts, { question, now: new Date() })
      const isKnown = recalled.lines.length > 0 || (memory.summary !== undefined && isSummarising)
      return {
        history: window,
        memory: isKnown ? { ...recalled, summary: memory.summary } : undefined,
        conclude(answer) {
          const isTelling =
            keepsFacts(request.bot) &&
            answer.kind !== 'safety' &&
            memory.consent === 'given' &&
            tellsOfSelf(question)
          const isDue = isTelling || (isSummarising && isOverflowing(window))
          const isAsking =
            answer.kind !== 'safety' &&
            mayAsk(request, memory) &&
            (findStatements(question).length > 0 || opensUp(question, window))
          const isHeard =
            answer.kind === 'refusal' && (isTelling || isAsking) && tellsAndAsksNothing(question)
          return {
            ...(isDue && { remembers: true as const }),
            ...(isHeard && { heard: isTelling ? [sayNoted(language)] : [] }),
            ...(answer.usesMemory && ids.length > 0 && { recalled: ids }),
            asking: isAsking ? [askForConsent(language)] : [],
            ...(isAsking && { state: asAsked(request) }),
          }
        },
      }
    },
  }
}

export function keepsFacts({ settings }: Bot): boolean {
  return settings.memory?.facts !== false
}

/** Once. */
function mayAsk(request: TurnRequest, { consent }: ChatMemory): boolean {
  return keepsFacts(request.bot) && consent === undefined && !isAsked(request)
}

/** Someone who keeps telling of themselves, in words that no rule knows: a model will find what is worth keeping. */
const OPENS_UP_FROM = 3

function isAsked({ chat }: TurnRequest): boolean {
  return chat.state.isMemoryAsked === true
}

function asAsked({ chat }: TurnRequest): Record<string, unknown> {
  return { ...chat.state, isMemoryAsked: true }
}

function askForConsent(language: string): Reply {
  return { kind: ASKING_KIND, markdown: phrase(language, 'memory_ask'), buttons: consentButtons(language) }
}

function sayNoted(language: string): Reply {
  return { kind: 'notice', markdown: phrase(language, 'memory_noted') }
}

/** Yes and no. */
export function consentButtons(language: string) {
  return [
    { label: phrase(language, 'memory_yes_button'), data: writeButton({ kind: 'memory', isOn: true }) },
    { label: phrase(language, 'memory_no_button'), data: writeButton({ kind: 'memory', isOn: false }) },
  ]
}

/** Heard, and not looked up: it costs nothing, and is no question the material could have answered. */
function hear(text: string, reply: Reply): Turn {
  return {
    kind: 'notice',
    said: { kind: 'question', text },
    replies: [reply],
    changes: { isInbound: true, isBlocked: false },
    trace: {},
  }
}
