import type { Answerer } from '../answering/answer.ts'
import type { Answer, AnswerRequest } from '../answering/answer-request.ts'
import { findSmallTalk } from '../answering/question/small-talk.ts'
import type { AllowanceKind } from '../billing/entitlement/allowance.ts'
import type { Decision } from '../billing/entitlement/decision.ts'
import { phrase } from '../bots/phrases.ts'
import type { PastMessage } from '../messaging/message.ts'
import { findCrisis } from '../safety/crisis.ts'
import type { CrisisKind } from '../safety/crisis-phrases.ts'
import type { TurnMemories } from './memory-turn.ts'
import { type Paywall, presentResumed, settleCharge } from './paywall.ts'
import type { Turn } from './turn-outcome.ts'
import type { TurnRequest } from './turn-request.ts'

/** What a person wants to know. */
export interface Asked {
  question: string
  language: string
  history: PastMessage[]
  /** What it is counted as. */
  kind: AllowanceKind
  /** As it goes into the conversation: the question, unless it came as something else than text. */
  said?: { kind: string; text: string }
}

/** Why a question may be answered. */
export interface Admission {
  crisis: CrisisKind | null
  decision: Decision | undefined
}

/** What of an answer to a question is told beside the question itself. */
type Enclosure = Pick<AnswerRequest, 'lookUp' | 'picture' | 'ownText'>

interface QuestionTurnParts {
  answerer: Answerer
  /** Questions the person of this Chat has asked this bot within 24 hours. Asked where the bot has a limit. */
  countQuestions: (chatId: string) => Promise<number>
  paywall: Paywall
  memories: TurnMemories
}

export interface QuestionTurn {
  /** Whether it may be answered, charged for it; a Turn that says so where it may not. */
  admit(request: TurnRequest, asked: Asked): Promise<Admission | Turn>
  answer(request: TurnRequest, asked: Asked, by: Admission & Enclosure): Promise<Turn>
  /** Both, one after the other. */
  take(request: TurnRequest, asked: Asked): Promise<Turn>
}

export function isTurn(outcome: Admission | Turn): outcome is Turn {
  return 'replies' in outcome
}

/** Answers questions, where the person's day and their plan allow it. */
export function createQuestionTurn({
  answerer,
  countQuestions,
  paywall,
  memories,
}: QuestionTurnParts): QuestionTurn {
  async function admit(request: TurnRequest, asked: Asked): Promise<Admission | Turn> {
    const { question, language, kind } = asked
    const { daily_questions: most } = request.bot.settings.limits ?? {}
    // Whoever is in danger is told to wait for nothing.
    const crisis = findCrisis(question) ?? null
    if (!crisis && most !== undefined && (await countQuestions(request.chat.id)) >= most) {
      return refuseMore(asked)
    }
    // Who says hello or thanks asks for nothing, and a cry for help costs nothing.
    const isFree = crisis || findSmallTalk(question)
    const decision = isFree ? undefined : await paywall.ask(request, kind)
    if (decision?.isAllowed !== false) return { crisis, decision }
    const stopped = paywall.stop(request, { question: saidOf(asked).text, language, denial: decision })
    return { ...stopped, ...(stopped.said && { said: saidOf(asked) }) }
  }

  async function answer(
    request: TurnRequest,
    asked: Asked,
    { crisis, decision, ...enclosure }: Admission & Enclosure,
  ): Promise<Turn> {
    const { question, language } = asked
    const { history, memory, conclude } = await memories.recall(request, asked)
    const answer = await answerer.answer({
      ...enclosure,
      memory,
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
    const resumed = presentResumed(request, saidOf(asked).text, language)
    const { asking, heard, state, ...kept } = conclude(answer)
    const said = { kind: answer.kind, markdown: answer.markdown + note, citations: answer.citations }
    return {
      kind: 'question',
      ...kept,
      ...(resumed.length === 0 && { said: saidOf(asked) }),
      replies: [...resumed, ...(heard ?? [said]), ...asking],
      changes: {
        isInbound: true,
        isBlocked: false,
        ...(state && { state }),
        ...(crisis && { flag: crisis }),
      },
      ...(crisis && { isOfRight: true }),
      answer,
      ...(givesBack && { givesBack }),
      ...(answer.kind === 'refusal' && !heard && { gap: gapOf(answer) }),
      trace: decision ? { entitlement: decision } : {},
    }
  }

  return {
    admit,
    answer,
    async take(request, asked) {
      const noted = await memories.note(request, asked)
      if (noted) return noted
      const admission = await admit(request, asked)
      return isTurn(admission) ? admission : answer(request, asked, admission)
    },
  }
}

function gapOf({ question, language }: Answer): NonNullable<Turn['gap']> {
  return { question, language }
}

function saidOf({ question, said }: Asked): NonNullable<Turn['said']> {
  return said ?? { kind: 'question', text: question }
}

/** The person has asked what the Bot answers in a day: nothing is looked up, and no model is asked. */
function refuseMore(asked: Asked): Turn {
  return {
    kind: 'notice',
    said: saidOf(asked),
    replies: [{ kind: 'notice', markdown: phrase(asked.language, 'daily_limit') }],
    changes: { isInbound: true, isBlocked: false },
    trace: { limit: 'daily_questions' },
  }
}
