import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { AttachmentRequest, OpenedAttachment } from './channel.ts'
import { boundDownload, downloadFromVendor } from './vendor-download.ts'
import { callWhatsapp, type WhatsappServer } from './whatsapp-api.ts'

const Media = z.object({
  url: z.url().max(4_096),
  mime_type: z.string().optional().catch(undefined),
  file_size: z.coerce.number().catch(0),
})

/** Hosts of Meta's that hand media out; the token is shown to no other. */
const META_HOST = /(?:^|\.)(?:fbsbx\.com|facebook\.com|whatsapp\.net)$/

/**
 * Opens a file of a WhatsApp message: asks for its address, which is good for five minutes, then downloads it with
 * the number's token.
 *
 * @throws {AppError} `attachment.*`
 */
export async function openWhatsappMedia(
  request: AttachmentRequest,
  server: WhatsappServer,
): Promise<OpenedAttachment> {
  const bounds = boundDownload(request)
  const { connection, fileId } = request
  const token = connection.credentials.token ?? ''
  try {
    const answer = await callWhatsapp({ server, token, signal: bounds.signal }, (api) =>
      api.retrieveMedia(encodeURIComponent(fileId), connection.externalId),
    )
    const media = Media.safeParse(answer)
    if (!media.success || !isTrusted(media.data.url, server)) throw new AppError('attachment.unavailable')
    if (media.data.file_size > bounds.maxBytes) {
      throw new AppError('attachment.too_large', { limitBytes: bounds.maxBytes })
    }
    const { url, mime_type: mediaType } = media.data
    const headers = { authorization: `Bearer ${token}` }
    const opened = await downloadFromVendor({ url, headers }, bounds)
    return { ...opened, mediaType }
  } catch (error) {
    throw bounds.explain(error)
  }
}

/** Meta's own hosts by https, and the server that was asked, which has the token already. */
function isTrusted(address: string, { apiRoot }: WhatsappServer): boolean {
  const { protocol, hostname, origin } = new URL(address)
  return origin === new URL(apiRoot).origin || (protocol === 'https:' && META_HOST.test(hostname))
}
