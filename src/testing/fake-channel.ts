import type { Channel, OutgoingPart, Sent } from '../channels/channel.ts'
import { AppError } from '../errors.ts'
import type { ChannelName } from '../messaging/update.ts'

/** A channel that takes every Part, or does what it is told to. */
export function createFakeChannel(name: ChannelName = 'telegram') {
  const sent: OutgoingPart[] = []
  let take: (part: OutgoingPart) => Promise<Sent> = async (part) => ({ vendorMessageId: part.partId })
  const channel: Channel = {
    name,
    render: (message) => [{ text: message.markdown }],
    async send(part) {
      const answer = await take(part)
      sent.push(part)
      return answer
    },
    async showProgress() {},
    async acknowledge() {},
    async openAttachment() {
      throw new AppError('attachment.unavailable')
    },
  }
  return {
    channel,
    sent,
    texts: () => sent.map((part) => part.payload.text),
    behave: (next: typeof take) => {
      take = next
    },
  }
}
