import { AppError, isAppError } from '../errors.ts'
import type { AttachmentRequest, OpenedAttachment } from './channel.ts'
import { callTelegram, type TelegramServer } from './telegram-api.ts'
import { boundDownload, type DownloadBounds, downloadFromVendor } from './vendor-download.ts'

/** A path below the bot's own files, as the Bot API tells it. */
const FILE_PATH = /^[\w-]+(?:[./]+[\w-]+)*$/

/**
 * Opens a file of a Telegram message: asks where it lies, then downloads it from an address that holds the bot's
 * token and is therefore named in no error.
 *
 * @throws {AppError} `attachment.*`
 */
export async function openTelegramFile(
  request: AttachmentRequest,
  server: TelegramServer,
): Promise<OpenedAttachment> {
  const bounds = boundDownload(request)
  const token = request.connection.credentials.token ?? ''
  const { path, sizeBytes } = await findFile(request.fileId, { server, token, bounds })
  if (sizeBytes > bounds.maxBytes) throw new AppError('attachment.too_large', { limitBytes: bounds.maxBytes })
  const url = `${server.apiRoot}/file/bot${token}/${path}`
  const opened = await downloadFromVendor({ url }, bounds)
  // The file server calls everything octets; only the Update tells the kind.
  return { ...opened, mediaType: undefined }
}

async function findFile(
  fileId: string,
  { server, token, bounds }: { server: TelegramServer; token: string; bounds: DownloadBounds },
): Promise<{ path: string; sizeBytes: number }> {
  try {
    const file = await callTelegram({ server, token, signal: bounds.signal }, (api) => api.getFile(fileId))
    const path = file.file_path ?? ''
    if (!FILE_PATH.test(path) || path.includes('..')) throw new AppError('attachment.unavailable')
    return { path, sizeBytes: file.file_size ?? 0 }
  } catch (error) {
    throw bounds.explain(isTooBig(error) ? new AppError('attachment.too_large') : error)
  }
}

/** Bots are given nothing beyond 20 MB, and the server says so in words alone. */
function isTooBig(error: unknown): boolean {
  return isAppError(error, 'channel.rejected') && /too big/i.test(String(error.details.vendorMessage))
}
