import type { ClientRecipientIdentifier } from 'whatsapp-api-js/types'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Channel, ChannelRegistrar, OutgoingPart, Sent } from './channel.ts'
import { renderWhatsapp } from './render-whatsapp.ts'
import { callWhatsapp, type WhatsappServer } from './whatsapp-api.ts'
import { openWhatsappMedia } from './whatsapp-file.ts'
import { buildWhatsappMessage } from './whatsapp-part.ts'
import { createWhatsappProgress } from './whatsapp-progress.ts'
import { createWhatsappRegistrar } from './whatsapp-registrar.ts'

const Accepted = z.object({ messages: z.tuple([z.object({ id: z.string().min(1) })], z.unknown()) })

const PHONE = /^\d+$/

/** Business-scoped user id: the country, a dot, and an id. */
const BSUID = /^[A-Z]{2}\./i

/** WhatsApp through the Cloud API, a number per connection. Constructing it makes no call. */
export function createWhatsappChannel(server: WhatsappServer): Channel & ChannelRegistrar {
  return {
    name: 'whatsapp',
    render: (message) => renderWhatsapp(message).map((part) => ({ ...part })),
    send: (part) => sendPart(part, server),
    showProgress: createWhatsappProgress(server),
    // A tap shows on WhatsApp at once; there is nothing to acknowledge.
    acknowledge: async () => undefined,
    openAttachment: (request) => openWhatsappMedia(request, server),
    ...createWhatsappRegistrar(server),
  }
}

/**
 * Sends one Part. Its id goes along and comes back in every status, which is
 * how a doubtful send is settled: the API has no idempotency key.
 */
async function sendPart(part: OutgoingPart, server: WhatsappServer): Promise<Sent> {
  const { connection, signal, partId } = part
  const message = buildWhatsappMessage(part.payload)
  const token = connection.credentials.token ?? ''
  const answer = await callWhatsapp({ server, token, signal }, (api) => {
    const to = readRecipient(part.chatKey)
    // Two calls, since the library's overloads take a phone number only as a bare string.
    return typeof to === 'string'
      ? api.sendMessage(connection.externalId, to, message, undefined, partId)
      : api.sendMessage(connection.externalId, to, message, undefined, partId)
  })
  const accepted = Accepted.safeParse(answer)
  if (!accepted.success) throw new AppError('channel.doubtful', { reason: 'the answer names no message' })
  return { vendorMessageId: accepted.data.messages[0].id }
}

function readRecipient(chatKey: string): string | ClientRecipientIdentifier {
  if (PHONE.test(chatKey)) return chatKey
  return BSUID.test(chatKey) ? { bsuid: chatKey } : { group: chatKey }
}
