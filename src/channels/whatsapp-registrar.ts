import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { ChannelHealth, ChannelRegistrar } from './channel.ts'
import { callWhatsapp, type WhatsappServer } from './whatsapp-api.ts'

const Credentials = z.object({
  token: z.string().min(1, 'a system user token with whatsapp_business_messaging'),
  phoneNumberId: z.string().regex(/^\d{1,32}$/, 'the phone number id, digits only (not the number itself)'),
})

const PhoneNumber = z.object({
  display_phone_number: z.string(),
  verified_name: z.string().catch(''),
  quality_rating: z.string().optional().catch(undefined),
})
type PhoneNumber = z.output<typeof PhoneNumber>

/** Only the WhatsApp account's owner can do this, and the number does not tell its account. */
const LEFT_TO_DO =
  "In the app's dashboard, set this installation's /webhooks/whatsapp as the callback URL with WHATSAPP_VERIFY_TOKEN, and subscribe to the field `messages`."

/**
 * Checks a number by its id. WhatsApp's webhook belongs to the app, not to the
 * number, so it is set once in Meta's dashboard and not from here.
 */
export function createWhatsappRegistrar(server: WhatsappServer): ChannelRegistrar {
  return {
    async connect({ credentials, externalId, accept }) {
      const { token, phoneNumberId } = parseCredentials({ ...credentials, phoneNumberId: externalId })
      const number = await findPhoneNumber(server, token, phoneNumberId)
      await accept?.({ externalId: phoneNumberId })
      return { externalId: phoneNumberId, name: presentNumber(number) }
    },
    // Nothing at Meta points at this number alone: forgetting the credential is all there is.
    disconnect: async () => undefined,
    async describe({ credentials, externalId }) {
      const number = await findPhoneNumber(server, credentials.token ?? '', externalId)
      const quality = number.quality_rating ? `, quality ${number.quality_rating}` : ''
      return `WhatsApp knows ${presentNumber(number)}${quality}. ${LEFT_TO_DO}`
    },
    async check({ credentials, externalId }, { signal }) {
      const number = await findPhoneNumber(server, credentials.token ?? '', externalId, signal)
      return explainNumber(number)
    },
  }
}

/** Meta's rating of what people say about a number's messages, as the health of the connection. */
function explainNumber(number: PhoneNumber): ChannelHealth {
  const summary = `WhatsApp knows the number ${presentNumber(number)}.`
  if (number.quality_rating !== 'RED' && number.quality_rating !== 'YELLOW') return { state: 'ok', summary }
  return {
    state: number.quality_rating === 'RED' ? 'bad' : 'warn',
    summary: `${summary} People have blocked or reported it, and WhatsApp rates it ${number.quality_rating.toLowerCase()}.`,
    advice: 'Send fewer messages that no one asked for; the rating recovers within a week.',
  }
}

async function findPhoneNumber(
  server: WhatsappServer,
  token: string,
  id: string,
  signal?: AbortSignal,
): Promise<PhoneNumber> {
  const fields = 'display_phone_number,verified_name,quality_rating'
  const url = `${server.apiRoot}/${server.apiVersion}/${id}?fields=${fields}`
  return callWhatsapp({ server, token, signal }, async (api) => {
    // The library has no call for this; its authenticated fetch is the one door left open.
    const response = await api.$$apiFetch$$(url)
    const number = PhoneNumber.safeParse(await response.json())
    if (!number.success) throw new AppError('channel.rejected', { reason: 'no phone number has this id', id })
    return number.data
  })
}

function presentNumber({ display_phone_number, verified_name }: PhoneNumber): string {
  return verified_name ? `${verified_name} (${display_phone_number})` : display_phone_number
}

function parseCredentials(credentials: Record<string, unknown>): z.output<typeof Credentials> {
  const parsed = Credentials.safeParse(credentials)
  if (parsed.success) return parsed.data
  const wanted = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('channel.unauthorized', { wanted })
}
