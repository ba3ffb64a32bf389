import { z } from 'zod'
import type { Vault } from '../accounts/vault.ts'
import type { Db } from '../db/database.ts'
import { NEWS_KINDS } from './mail-kind.ts'
import { recordSuppressions } from './suppression.ts'

/** What a reader ends with one click: one kind of mail of one Creator. */
const Subject = z.object({
  email: z.string().max(254),
  kind: z.string().refine((kind) => NEWS_KINDS.includes(kind)),
  creatorId: z.uuid(),
  /** Of the page behind the link. */
  language: z.string().max(35).optional(),
})
export type UnsubscribeSubject = z.infer<typeof Subject>

export interface UnsubscribeLinks {
  /** The address that ends it when posted to. It holds the reader's address encrypted, so no log has it. */
  urlOf(subject: UnsubscribeSubject): string
  /** `undefined` for what is none of ours, or sealed with a key that is gone. */
  read(token: string): UnsubscribeSubject | undefined
}

const CONTEXT = 'mail unsubscribe'
/** Of a link whose address is as long as they get; what is longer is none of ours. */
const MAX_TOKEN = 1_200

export function createUnsubscribeLinks(
  vault: Pick<Vault, 'seal' | 'open'>,
  publicUrl: string,
): UnsubscribeLinks {
  return {
    urlOf: (subject) =>
      `${publicUrl}/mail/unsubscribe/${vault.seal(JSON.stringify(subject), CONTEXT).toString('base64url')}`,
    read(token) {
      if (token.length > MAX_TOKEN || !/^[\w-]+$/.test(token)) return undefined
      try {
        return Subject.parse(JSON.parse(vault.open(Buffer.from(token, 'base64url'), CONTEXT)))
      } catch {
        return undefined
      }
    },
  }
}

/** Ends it. Repeated, it changes nothing. */
export async function unsubscribe(
  db: Db,
  { email, kind, creatorId }: Pick<UnsubscribeSubject, 'email' | 'kind' | 'creatorId'>,
): Promise<void> {
  await recordSuppressions(db, [{ email, kind, creatorId, reason: 'unsubscribe' }])
}
