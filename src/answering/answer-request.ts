import type { Bot } from '../bots/bot-settings.ts'
import type { Citation } from '../channels/channel.ts'
import type { RetrievedPassage } from '../knowledge/passage.ts'
import type { Picture } from '../models/model.ts'
import type { CrisisKind } from '../safety/crisis-phrases.ts'
import type { Asker } from './budget.ts'
import type { CacheNote } from './cache/cached-answer.ts'
import type { AskerMemory, OwnText, PastLine } from './writing/prompt.ts'
import type { AnswerStep, AnswerUsage } from './written-answer.ts'

export interface AnswerRequest {
  bot: Bot
  question: string
  /** What `findCrisis` says of the question, where that is known already; null for nothing. */
  crisis?: CrisisKind | null | undefined
  /** What was said before, oldest first; the question itself not among it. */
  history: readonly PastLine[]
  /** The language of the person or the conversation so far: decides where the question is too short. */
  languageHint?: string | undefined
  /** Whose budget it is counted on; absent for no one's. */
  asker?: Asker | undefined
  /** What is looked up in the place of the question. */
  lookUp?: string | undefined
  /** A picture the person sent along: shown to models that see, and to no others. */
  picture?: Picture | undefined
  /** A text the person sent along: theirs, and proof of nothing. */
  ownText?: OwnText | undefined
  /** What is remembered of whoever asks. It goes only into answers that are for them alone. */
  memory?: AskerMemory | undefined
  /** To be written anew, whatever is kept: for who tries out what a model makes of new words. */
  isFresh?: boolean | undefined
  /** Ends the work: the answer is thrown away. */
  signal: AbortSignal
  /** The reader has read enough: what is written by then is the answer. */
  stopSignal?: AbortSignal | undefined
  /** Gets the whole text written so far, again and again; an empty text when it starts over. */
  onDraft?: ((markdown: string) => void) | undefined
}

export interface Answer {
  /** Markdown with [n] markers, one for each of `citations`. */
  markdown: string
  /** A notice says that something broke or was stopped; safety is the Bot's line for somebody in danger. */
  kind: 'answer' | 'refusal' | 'small_talk' | 'notice' | 'safety'
  /** The material does not hold it: a Gap to record. */
  refused: boolean
  citations: Citation[]
  /** `provider:model`, or `extractive` when no model wrote it. */
  model: string
  /** Written before, or for someone else who asked the same at once: it cost nothing. */
  cached: boolean
  /** Why it was given again or written anew; absent where no answer was looked for. */
  cache?: CacheNote
  degraded: AnswerStep[]
  usage: AnswerUsage
  ms: { total: number; rewrite: number; retrieve: number; generate: number }
  /** As it was looked up: with what it referred to. */
  question: string
  /** What was found, best first. */
  passages: Array<Pick<RetrievedPassage, 'id' | 'documentId' | 'score' | 'keywordScore' | 'similarity'>>
  /** Base code of the language it is written in. */
  language: string
  /** What somebody in danger told; the answer is the safety line then, and nothing was looked up. */
  crisis?: CrisisKind
  /** Sentences of the model left out because nothing supports them. */
  droppedClaims: number
  /** What is remembered of the person stood in the prompt. */
  usesMemory?: true
  /** The wording the model was given; absent where no model was asked. Version 0 is the program's own. */
  prompt?: { purpose: 'answer'; version: number; grounding: number }
}

export interface AnswerSettings {
  /** Longest answer asked of a model, in tokens. */
  maxOutputTokens: number
}
