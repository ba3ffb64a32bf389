import { z } from 'zod'
import type { NewAccount, VendorChannel } from '../../../bots/channel-account.ts'
import { AppError, ERRORS, type ErrorCode } from '../../../errors.ts'
import type { ChannelName } from '../../../messaging/update.ts'

const token = z.string().trim().max(2_000)

const Telegram = z.object({
  token: token.regex(
    /^\d{1,20}:[\w-]{20,100}$/,
    'This is no token of @BotFather. It looks like 123456789:AAE…',
  ),
})

const Whatsapp = z.object({
  externalId: z
    .string()
    .trim()
    .regex(/^\d{5,32}$/, 'The phone number ID has digits only, and is not the number itself.'),
  token: token.regex(/^[\x21-\x7e]{8,}$/, 'Paste the whole access token.'),
  appSecret: z
    .string()
    .trim()
    .regex(/^([\x21-\x7e]{8,200})?$/, 'Paste the app secret as the Meta dashboard shows it.')
    .default(''),
})

/** Messages by field. They never repeat what was typed. */
export type FieldErrors = Record<string, string[] | undefined>

/** What was typed to connect, or what is wrong with it. `needsSecret`: the installation has no app secret of its own. */
export function readAccount(
  channel: VendorChannel,
  body: unknown,
  { needsSecret }: { needsSecret: boolean },
): { account: NewAccount } | { errors: FieldErrors } {
  if (channel === 'telegram') {
    const read = Telegram.safeParse(body)
    return read.success
      ? { account: { channel, token: read.data.token } }
      : { errors: z.flattenError(read.error).fieldErrors }
  }
  const read = Whatsapp.safeParse(body)
  if (!read.success) return { errors: z.flattenError(read.error).fieldErrors }
  const { appSecret, ...rest } = read.data
  if (!appSecret && needsSecret) {
    return {
      errors: { appSecret: ['Needed: by it this bot knows that a message really comes from WhatsApp.'] },
    }
  }
  return { account: { channel, ...rest, ...(appSecret && { appSecret }) } }
}

const NAMES: Record<ChannelName, string> = { telegram: 'Telegram', whatsapp: 'WhatsApp', web: 'Browser' }

export function nameChannel(channel: ChannelName): string {
  return NAMES[channel]
}

/**
 * Why a vendor did not take an account, by field.
 *
 * @throws the error itself where it is not about the account.
 */
export function refuseAccount(error: unknown, channel: VendorChannel): FieldErrors {
  if (!(error instanceof AppError)) throw error
  if (error.code === 'connection.taken') {
    return { token: ['This account is connected to another bot already. Disconnect it there first.'] }
  }
  if (error.code !== 'channel.not_connected') throw error
  const { reason, words } = error.details
  const name = NAMES[channel]
  switch (reason) {
    case 'channel.unauthorized':
      return { token: [`${name} does not accept this token. Copy it again, whole, and paste it here.`] }
    case 'channel.rejected': {
      const why = typeof words === 'string' ? `: ${words.slice(0, 200)}` : ''
      return { [channel === 'whatsapp' ? 'externalId' : 'token']: [`${name} says no${why}.`] }
    }
    case 'channel.rate_limited':
      return { token: [`${name} asks to wait. Try again in a minute.`] }
    default:
      return {
        token: [`${name} cannot be reached just now. Nothing was changed here; try again in a minute.`],
      }
  }
}

/** Why a message was not sent, from its code. */
export function presentFailure(code: string): string {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode].message : 'It was refused.'
}
