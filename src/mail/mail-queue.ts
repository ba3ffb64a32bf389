import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { SealedColumn } from '../accounts/key-rotation.ts'
import type { Vault } from '../accounts/vault.ts'
import type { Db } from '../db/database.ts'
import { MAIL_KINDS, type MailKind } from './mail-kind.ts'
import type { Mail } from './mailer.ts'

/** A mail that shall leave, and the occasion it is about. */
export interface MailOrder {
  /** Whose pages list it; none for mails of the installation itself. */
  creatorId?: string | undefined
  /** The person it is about: erased, they take it along. */
  subscriberId?: string | undefined
  /** The same occasion of the same Creator is mailed once, e.g. `order-shipped:<order id>`. */
  dedupeKey: string
  mail: Mail
}

/**
 * Puts a mail on its way, inside the caller's transaction: it leaves if, and only if, that commits. Its text is
 * encrypted at rest and dropped once it left. The sweep finds it within seconds; whoever cannot wait nudges
 * `send-mail` with the id after the commit.
 *
 * @returns the mail's id; `undefined` when this occasion was mailed before.
 */
export type QueueMail = (trx: Db, order: MailOrder) => Promise<string | undefined>

/** Longest address a mail is sent to. */
const MAX_ADDRESS = 254

export function createQueueMail(vault: Pick<Vault, 'seal'>): QueueMail {
  return async (trx, { creatorId, subscriberId, dedupeKey, mail }) => {
    const id = randomUUID()
    const row = await trx
      .insertInto('mail')
      .values({
        id,
        creator_id: creatorId ?? null,
        subscriber_id: subscriberId ?? null,
        kind: mail.kind,
        // No Creator can take the occasions of another.
        dedupe_key: `${creatorId ?? 'installation'}:${dedupeKey}`,
        recipient: addressKey(mail.to),
        body: vault.seal(JSON.stringify(mail), contextOf({ id })),
      })
      .onConflict((conflict) => conflict.column('dedupe_key').doNothing())
      .returning('id')
      .executeTakeFirst()
    return row?.id
  }
}

/** An address as it is compared: what differs in case alone is one mailbox. */
export function addressKey(address: string): string {
  return address.trim().toLowerCase().slice(0, MAX_ADDRESS)
}

const kinds = Object.keys(MAIL_KINDS) as [MailKind, ...MailKind[]]
const SealedMail = z.object({
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  kind: z.enum(kinds),
  replyTo: z.string().optional(),
  unsubscribeUrl: z.string().optional(),
})

/** @throws {AppError} `vault.unreadable` when no key opens it. */
export function openMailBody(vault: Pick<Vault, 'open'>, { id, body }: { id: string; body: Buffer }): Mail {
  return SealedMail.parse(JSON.parse(vault.open(body, contextOf({ id }))))
}

/** Where the mails' texts stand, for what seals them anew. */
export const MAIL_SEAL: SealedColumn<'id'> = { table: 'mail', column: 'body', boundTo: ['id'], contextOf }

function contextOf({ id }: { id: string }): string {
  return `mail ${id}`
}
