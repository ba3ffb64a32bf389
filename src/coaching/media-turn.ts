import { standsAlone } from '../answering/question/carry-over.ts'
import { isWordless } from '../answering/question/small-talk.ts'
import type { Looker } from '../answering/writing/picture.ts'
import { type MediaEvent, senseOf } from '../attachments/attachment.ts'
import type { Attachments, SentFile } from '../attachments/attachments.ts'
import { phrase } from '../bots/phrases.ts'
import { AppError } from '../errors.ts'
import type { PastMessage } from '../messaging/message.ts'
import { findCrisis } from '../safety/crisis.ts'
import { explainUntaken } from './media-words.ts'
import { type Asked, isTurn, type QuestionTurn } from './question-turn.ts'
import type { Turn } from './turn-outcome.ts'
import type { TurnRequest } from './turn-request.ts'

interface MediaTurnParts {
  questions: QuestionTurn
  attachments: Attachments
  looker: Looker
  listHistory: (chatId: string) => Promise<PastMessage[]>
}

/** A message with a file, as a Turn is to answer it. */
export interface MediaMessage {
  event: MediaEvent
  language: string
  /** Why a recording was not listened to. */
  unheard?: AppError | undefined
}

export type TakeMedia = (request: TurnRequest, message: MediaMessage) => Promise<Turn>

/** Of a document without a word beside it, what is looked up in place of a question. */
const OPENING_CHARS = 600

/**
 * Answers what comes with a file. What cannot be taken in is declined with the reason, what is written beside it is
 * answered all the same, and only what was of use is charged.
 */
export function createTakeMedia({ questions, attachments, looker, listHistory }: MediaTurnParts): TakeMedia {
  async function readAsked(
    request: TurnRequest,
    { event, language }: MediaMessage,
    kind: Asked['kind'],
  ): Promise<Asked> {
    const caption = event.caption?.trim() ?? ''
    const said = { kind: 'media', text: linesOf(`[${nameOf(event)}]`, caption) }
    return {
      question: isWordless(caption) ? '' : caption,
      language,
      kind,
      said,
      history: await listHistory(request.chat.id),
    }
  }

  /** Says why, and answers the words beside it. */
  async function decline(request: TurnRequest, message: MediaMessage, note: string): Promise<Turn> {
    const asked = await readAsked(request, message, 'question')
    const reply = { kind: 'notice', markdown: note }
    if (asked.question === '') return notice(note, asked)
    const turn = await questions.take(request, asked)
    return { ...turn, replies: [reply, ...turn.replies] }
  }

  async function takeHeard(request: TurnRequest, message: MediaMessage): Promise<Turn> {
    const { event, language, unheard } = message
    if (!event.heard) {
      if (attachments.canListen) return decline(request, message, explainUntaken(unheard, 'hear', language))
      const isFilm = event.media === 'video'
      return decline(request, message, phrase(language, isFilm ? 'unsupported_media' : 'unsupported_voice'))
    }
    const words = event.heard.text.trim()
    if (words === '') return decline(request, message, phrase(language, 'voice_failed'))
    const asked = await readAsked(request, message, 'voice')
    const question = linesOf(words, asked.question)
    return questions.take(request, { ...asked, question, said: { kind: 'voice', text: question } })
  }

  async function takePicture(request: TurnRequest, message: MediaMessage): Promise<Turn> {
    const { language } = message
    if (!looker.sees(request.bot)) return decline(request, message, phrase(language, 'photo_not_seen'))
    const asked = await readAsked(request, message, 'media')
    // Nobody in danger waits for a picture.
    if (findCrisis(asked.question)) return questions.take(request, asked)
    const picture = await attempt(() => attachments.look(sentFile(request, message)))
    if (picture instanceof AppError) {
      return decline(request, message, explainUntaken(picture, 'see', language))
    }
    const admission = await questions.admit(request, asked)
    if (isTurn(admission)) return admission
    const seen = await looker.describe({
      bot: request.bot,
      picture,
      caption: asked.question,
      language,
      asker: { subscriberId: request.chat.subscriberId, chatId: request.chat.id },
      signal: request.signal,
    })
    if (!seen) return giveUp(request, asked, explainUntaken(undefined, 'see', language))
    const said = { kind: 'media', text: linesOf(`[photo] ${seen.text}`, asked.question) }
    const turn = await questions.answer(
      request,
      { ...asked, question: asked.question || seen.text, said },
      {
        ...admission,
        // What somebody holds up to be read is told as well as written.
        crisis: findCrisis(seen.text) ?? null,
        lookUp: linesOf(asked.question, seen.text),
        picture,
      },
    )
    return { ...turn, spent: { ...seen.usage, model: seen.model } }
  }

  async function takeDocument(request: TurnRequest, message: MediaMessage): Promise<Turn> {
    const { language } = message
    const asked = await readAsked(request, message, 'media')
    if (findCrisis(asked.question)) return questions.take(request, asked)
    const ownText = await attempt(() => attachments.read(sentFile(request, message)))
    if (ownText instanceof AppError) {
      return decline(request, message, explainUntaken(ownText, 'read', language))
    }
    const opening = openingOf(ownText.text)
    const question = asked.question || opening
    const admission = await questions.admit(request, { ...asked, question })
    if (isTurn(admission)) return admission
    const lookUp = asked.question && !standsAlone(asked.question) ? linesOf(question, opening) : question
    const turn = await questions.answer(request, { ...asked, question }, { ...admission, lookUp, ownText })
    return withoutText(turn, asked)
  }

  return async (request, message) => {
    const sense = senseOf(message.event)
    if (sense === 'hear') return takeHeard(request, message)
    if (sense === 'see') return takePicture(request, message)
    if (sense === 'read') return takeDocument(request, message)
    return decline(request, message, phrase(message.language, 'unsupported_media'))
  }
}

/** Nothing of somebody's own document is kept: not in the Trace, and not among what the creator is to answer. */
function withoutText({ gap, answer, ...turn }: Turn, { question, said }: Asked): Turn {
  return {
    ...turn,
    ...(answer && { answer: { ...answer, question: question || (said?.text ?? '') } }),
    ...(gap && question && { gap: { ...gap, question } }),
  }
}

/** Nobody could look: what was charged goes back, and nothing is answered. */
function giveUp({ inboxId }: TurnRequest, asked: Asked, note: string): Turn {
  return { ...notice(note, asked), givesBack: [inboxId] }
}

/** A file that cannot be had or read is an outcome; the end of the Turn is none. */
async function attempt<T>(work: () => Promise<T>): Promise<T | AppError> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'model.aborted') throw error
    return error
  }
}

function sentFile(request: TurnRequest, { event }: MediaMessage): SentFile {
  return { bot: request.bot, channel: request.chat.channel, event, signal: request.signal }
}

function notice(markdown: string, { said, question }: Asked): Turn {
  return {
    kind: 'notice',
    said: said ?? { kind: 'media', text: question },
    replies: [{ kind: 'notice', markdown }],
    changes: { isInbound: true, isBlocked: false },
    trace: {},
  }
}

function nameOf({ media, fileName }: MediaEvent): string {
  return fileName === undefined ? media : `${media} ${fileName}`
}

function linesOf(...lines: string[]): string {
  return lines.filter((line) => line !== '').join('\n')
}

/** Up to the last word that fits. */
function openingOf(text: string): string {
  if (text.length <= OPENING_CHARS) return text
  return text
    .slice(0, OPENING_CHARS)
    .replace(/\s\S*$/, '')
    .toWellFormed()
}
