import type { Channel, Connection } from '../channels/channel.ts'
import type { ChannelName, Update } from '../messaging/update.ts'

/** The first sign waits this long, so that an answer that is there at once costs no extra call. */
const FIRST_AFTER_MS: Record<ChannelName, number> = { telegram: 250, whatsapp: 0, web: 60 }
/** How often a draft may change: drafts count towards a vendor's limits. WhatsApp's typing sign lasts 25 s. */
const EVERY_MS: Record<ChannelName, number> = { telegram: 900, whatsapp: 20_000, web: 120 }

interface ProgressTarget {
  channel: Channel
  connection: Connection
  update: Update
  chatKey: string
  draftId: number
  /** Nothing is being written: only a tap is acknowledged. */
  isSilent: boolean
}

/**
 * Shows the person that an answer is being written, with the text so far, at the channel's pace. Only for
 * what takes thinking: texts, files and captions.
 */
export function openProgress({ channel, connection, update, chatKey, draftId, isSilent }: ProgressTarget) {
  const { event } = update
  const isWorthShowing =
    event.kind === 'text' ||
    (event.kind === 'media' && (event.caption !== undefined || event.fileId !== undefined))
  let markdown = ''
  let isClosed = isSilent || !isWorthShowing
  let inFlight: Promise<void> = Promise.resolve()

  function tick(): void {
    if (isClosed) return
    inFlight = channel
      .showProgress({
        connection,
        chatKey,
        draftId,
        markdown,
        ...('messageId' in event && event.messageId !== undefined && { inboundMessageId: event.messageId }),
      })
      .catch(() => {})
    timer = setTimeout(tick, EVERY_MS[channel.name])
    timer.unref()
  }

  let timer = setTimeout(tick, FIRST_AFTER_MS[channel.name])
  timer.unref()
  if (event.kind === 'button' && event.callbackId !== undefined) {
    void channel.acknowledge({ connection, callbackId: event.callbackId }).catch(() => {})
  }

  return {
    show: (soFar: string) => {
      markdown = soFar
    },
    /** No sign is shown after this resolves: a draft that came late would stand under the answer. */
    close: async (): Promise<void> => {
      isClosed = true
      clearTimeout(timer)
      await inFlight
    },
  }
}
