import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Update, UpdateEvent } from '../messaging/update.ts'

/** Longest text of one message from the page, in UTF-16 units: as much as Telegram and WhatsApp take. */
export const MAX_TRY_TEXT = 4_096

const Post = z.object({
  /** Made by the page, once a message: what makes a second submit the same Update. */
  id: z.uuid(),
  text: z.string().trim().min(1).optional(),
  button: z.string().min(1).max(256).optional(),
  stop: z.union([z.literal(true), z.literal('true')]).optional(),
})

const COMMAND = /^\/([a-z]\w{0,63})(?:\s+([\s\S]*))?$/i

/**
 * Reads what the page posted as an Update of the `web` channel.
 *
 * @throws {AppError} `request.malformed` when it is neither a text nor a tapped button nor a stop;
 *   `message.too_long` when the text is longer than {@link MAX_TRY_TEXT}.
 */
export function readTryUpdate(
  body: unknown,
  visitor: { id: string; languageCode: string | undefined },
  now: Date,
): Update {
  const parsed = Post.safeParse(body)
  if (!parsed.success) throw new AppError('request.malformed')
  const { id, text, button, stop } = parsed.data
  if (text !== undefined && text.length > MAX_TRY_TEXT) {
    throw new AppError('message.too_long', { maxLength: MAX_TRY_TEXT })
  }
  const event = readEvent({ id, text, button, isStop: stop !== undefined })
  if (!event) throw new AppError('request.malformed')
  return {
    channel: 'web',
    // The visitor's id is in it, so that no one can take another's message for a repeat.
    externalId: `${visitor.id}:${id}`,
    chatKey: visitor.id,
    sender: { externalId: visitor.id, ...(visitor.languageCode && { languageCode: visitor.languageCode }) },
    sentAt: now.toISOString(),
    event,
  }
}

function readEvent(post: {
  id: string
  text: string | undefined
  button: string | undefined
  isStop: boolean
}): UpdateEvent | undefined {
  if (post.isStop) return { kind: 'stop' }
  if (post.button !== undefined) return { kind: 'button', data: post.button }
  if (post.text === undefined) return undefined
  const [, name, argument] = COMMAND.exec(post.text) ?? []
  if (!name) return { kind: 'text', messageId: post.id, text: post.text }
  return { kind: 'command', messageId: post.id, name: name.toLowerCase(), argument: argument?.trim() ?? '' }
}
