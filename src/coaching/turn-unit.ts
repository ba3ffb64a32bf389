import type { InboxEntry } from '../messaging/inbox.ts'
import type { Update, UpdateEvent } from '../messaging/update.ts'

/** True for what may join a question that is being answered: more text. Commands and buttons never do. */
export function joins(update: Update): boolean {
  return update.event.kind === 'text'
}

/**
 * The head of a Chat's open Updates that makes one Turn: a run of texts, or one other event alone.
 * A stop pressed while texts wait belongs to an answer that is over, and stays behind.
 */
export function takeUnit(entries: InboxEntry[]): InboxEntry[] {
  const [head] = entries
  if (!head) return []
  if (!joins(head.update)) return [head]
  const end = entries.findIndex((entry) => !joins(entry.update))
  return end === -1 ? entries : entries.slice(0, end)
}

/** A burst as one question; an edit takes the place of the text it corrects. */
export function joinTexts(updates: Update[]): string {
  const texts = new Map<string, string>()
  for (const { event } of updates) {
    if (event.kind === 'text') texts.set(event.messageId, event.text)
  }
  return [...texts.values()].join('\n')
}

/** A command as it was typed. */
export function textOfCommand({ name, argument }: Extract<UpdateEvent, { kind: 'command' }>): string {
  return `/${name} ${argument}`.trim()
}
