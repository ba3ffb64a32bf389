import type { ChannelName } from '../messaging/update.ts'

/** Where people meet a Bot: a link to send them, and to print as a code. */
export interface ShareLink {
  channel: ChannelName
  url: string
  /** As the channel shows it: `@name`, a number, an address without its scheme. */
  label: string
}

/** The link of one account, as it was named when it was connected; undefined where the name holds none. */
export function shareLinkOf({
  channel,
  name,
}: {
  channel: Exclude<ChannelName, 'web'>
  name: string
}): ShareLink | undefined {
  if (channel === 'telegram') {
    const username = /^@?(\w{4,32})$/.exec(name.trim())?.[1]
    return username ? { channel, url: `https://t.me/${username}`, label: `@${username}` } : undefined
  }
  // "Nell (+49 151 2345)": the number stands last, whatever the name before it holds.
  const number = /(\+?\d[\d\s().-]{5,24}\d)\)?\s*$/.exec(name)?.[1]
  const digits = number?.replace(/\D/g, '') ?? ''
  return number && digits.length >= 7 && digits.length <= 15
    ? { channel, url: `https://wa.me/${digits}`, label: number }
    : undefined
}

/** The link to a Bot's own page on this installation. */
export function webLinkOf(publicUrl: string, slug: string): ShareLink {
  const url = `${publicUrl}/try/${slug}`
  return { channel: 'web', url, label: url.replace(/^https?:\/\//, '') }
}
