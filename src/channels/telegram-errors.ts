import { AppError, type ErrorCode } from '../errors.ts'
import { vendorWords } from './vendor-fetch.ts'

/** Wait after a 429 without `retry_after`, which the server always gives. */
const DEFAULT_RETRY_AFTER_SECONDS = 5

/** The server answers these with 400, although they say that this person or group cannot be written to. */
const UNREACHABLE_CHAT =
  /chat not found|user not found|PEER_ID_INVALID|USER_IS_BLOCKED|USER_DEACTIVATED|group is deactivated|CHAT_WRITE_FORBIDDEN|not enough rights to send text/i

/** Our formatting was refused; the bare text may still go. */
const ENTITY_REFUSED = /can't parse (entities|MessageEntity)|entit(y|ies)|ENTITY_|ENTITIES_/i

/** Our buttons were refused. */
const BUTTONS_REFUSED = /BUTTON_|inline ?keyboard|reply[ _]markup/i

/** The photo was refused: it cannot be fetched from our address, or not be shown. */
const PHOTO_REFUSED = /HTTP URL|web ?page|PHOTO_|IMAGE_PROCESS|file identifier|caption/i

/** What the Bot API answers when it says no. */
export interface TelegramRefusal {
  error_code: number
  description: string
  parameters?: { retry_after?: number; migrate_to_chat_id?: number }
}

/** Which half of a message was refused, where leaving it out may help. */
export function findRefusedHalf(refusal: TelegramRefusal): 'entities' | 'buttons' | 'photo' | undefined {
  if (refusal.error_code !== 400) return undefined
  if (BUTTONS_REFUSED.test(refusal.description)) return 'buttons'
  if (ENTITY_REFUSED.test(refusal.description)) return 'entities'
  return PHOTO_REFUSED.test(refusal.description) ? 'photo' : undefined
}

/** A refusal of the Bot API as an error of ours, without the token. */
export function explainTelegramRefusal(refusal: TelegramRefusal, token: string): AppError {
  const code = chooseCode(refusal)
  const { retry_after: retryAfter, migrate_to_chat_id: movedTo } = refusal.parameters ?? {}
  return new AppError(code, {
    vendorCode: refusal.error_code,
    vendorMessage: vendorWords(refusal.description, token),
    ...(code === 'channel.rate_limited'
      ? { retryAfterSeconds: retryAfter ?? DEFAULT_RETRY_AFTER_SECONDS }
      : {}),
    ...(movedTo === undefined ? {} : { migratedToChatKey: String(movedTo) }),
  })
}

function chooseCode({ error_code, description }: TelegramRefusal): ErrorCode {
  if (error_code === 429) return 'channel.rate_limited'
  // A server error in the API's own form is an answer: nothing was sent, and it may be tried unchanged.
  if (error_code >= 500) return 'channel.unavailable'
  if (error_code === 403) return 'channel.blocked'
  if (error_code === 401 || error_code === 421) return 'channel.unauthorized'
  // An address with a token the server cannot read is "Not Found"; an unknown method says so.
  if (error_code === 404) return /method/i.test(description) ? 'channel.rejected' : 'channel.unauthorized'
  if (error_code === 400 && UNREACHABLE_CHAT.test(description)) return 'channel.blocked'
  return 'channel.rejected'
}
