import { z } from 'zod'
import { AppError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'

/** A place in a list of Chats: the moment with all its digits, and the id among equals. */
export interface ChatCursor {
  at: string
  id: string
}

const Stored = z.tuple([z.string().regex(/^[\d:. +-]{10,40}$/), z.uuid()])

export function writeChatCursor({ at, id }: ChatCursor): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url')
}

/** @throws {AppError} `request.malformed` when we never wrote it. */
export function readChatCursor(cursor: string): ChatCursor {
  const stored = Stored.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (!stored.success) throw new AppError('request.malformed', { field: 'cursor' })
  const [at, id] = stored.data
  if (Number.isNaN(Date.parse(at.replace(/([+-]\d\d)$/, '$1:00')))) {
    throw new AppError('request.malformed', { field: 'cursor' })
  }
  return { at, id }
}
