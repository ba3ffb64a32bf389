import type { Answer } from '../answering/answer-request.ts'
import type { AnswerUsage } from '../answering/written-answer.ts'
import type { ChatChanges } from '../messaging/chat.ts'
import type { Update } from '../messaging/update.ts'
import type { Reply } from './turn-request.ts'

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
  /** Something said is to be remembered: announced in the same commit. */
  remembers?: true
  /** What was remembered and stood in the prompt. */
  recalled?: string[]
  /** The question someone was stopped at, kept in the same commit until they may ask it. */
  held?: Update
  /** What was paid beside the answer: for listening, or for looking. */
  spent?: AnswerUsage & { model: string }
  /** Updates whose charge goes back in the same commit: they got no answer for it. */
  givesBack?: string[]
  /** The person may ask for this at any time, also while a Member answers them. */
  isOfRight?: boolean
  trace: Record<string, unknown>
}

/** What a command or a button decided: a part of a Turn. */
export interface CommandOutcome {
  replies: Reply[]
  changes?: ChatChanges
  isForgetting?: boolean
  /** There is something to be remembered now. */
  remembers?: true
}
