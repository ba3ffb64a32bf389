/** Who a mail says it comes from. */
export interface Sender {
  email: string
  name: string | undefined
}

/** `Cornerman <hello@example.org>`, or the address alone; as MAIL_FROM has it. */
export function readSender(from: string): Sender {
  const [, name, email] = /^\s*([^<>]*?)\s*<([^<>]+)>\s*$/.exec(from) ?? []
  const bare = name?.replace(/^"(.*)"$/, '$1')
  return email ? { email: email.trim(), name: bare || undefined } : { email: from.trim(), name: undefined }
}

/**
 * One address and nothing else. What would begin another header, or add another reader, is none: addresses come
 * from forms and from the payment provider.
 */
export function isMailbox(text: string): boolean {
  return text.length <= 254 && /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u.test(text)
}

/** What a mail program needs to offer its one click; nothing where there is nothing to stop. */
export function unsubscribeHeaders(unsubscribeUrl: string | undefined): Record<string, string> {
  if (!unsubscribeUrl) return {}
  return {
    'List-Unsubscribe': `<${unsubscribeUrl}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  }
}
