import { randomUUID } from 'node:crypto'
import type { Update, UpdateEvent } from '../../messaging/update.ts'

type UpdateChanges = Partial<Omit<Update, 'event'>> & { event?: UpdateEvent; text?: string }

/** An Update with one text, from Telegram unless told otherwise. */
export function buildUpdate({ text = 'How do I start?', event, ...changes }: UpdateChanges = {}): Update {
  const externalId = changes.externalId ?? randomUUID()
  return {
    channel: 'telegram',
    externalId,
    chatKey: '700100',
    sender: { externalId: '700100', name: 'Ada', languageCode: 'en' },
    sentAt: '2026-11-20T10:00:00Z',
    event: event ?? { kind: 'text', messageId: externalId, text },
    ...changes,
  }
}
