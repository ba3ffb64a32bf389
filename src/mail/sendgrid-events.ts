import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'
import { parseJson } from '../parse-json.ts'

/** What SendGrid says became of a mail. */
export interface MailEvent {
  /** Unique to the event, however often it is told. */
  id: string
  /** Ours, as it travelled along; undefined for mails that are not. */
  mailId: string | undefined
  email: string
  kind: MailEventKind
  /** The address itself is no good, not just this one try. */
  isHard: boolean
  /** SendGrid's words for why it did not even try, e.g. `Bounced Address`. */
  reason: string
}

const EVENT_KINDS = [
  'processed',
  'deferred',
  'delivered',
  'dropped',
  'bounce',
  'spamreport',
  'unsubscribe',
  'group_unsubscribe',
] as const
export type MailEventKind = (typeof EVENT_KINDS)[number]

/** A call may be this old. Retries are signed anew with a new time. */
const TOLERANCE_SECONDS = 300

export interface EventSignature {
  signature: string | undefined
  timestamp: string | undefined
}

/**
 * Checks that SendGrid signed the body: ECDSA P-256 over SHA-256 of timestamp and raw body. Without a key every call
 * is refused.
 *
 * @param publicKey base64 of the key's SPKI, as SendGrid's settings show it. @throws when it is none.
 */
export function createEventVerifier(publicKey: string | undefined) {
  const key = publicKey === undefined ? undefined : readKey(publicKey)
  return (rawBody: Buffer, { signature, timestamp }: EventSignature, now: Date): boolean => {
    if (!key || !signature || !timestamp || !/^\d{1,12}$/.test(timestamp)) return false
    const ageSeconds = Math.abs(now.getTime() / 1000 - Number(timestamp))
    if (ageSeconds > TOLERANCE_SECONDS) return false
    return isSigned(key, Buffer.concat([Buffer.from(timestamp), rawBody]), signature)
  }
}

function isSigned(key: KeyObject, signed: Buffer, signature: string): boolean {
  try {
    return verify('sha256', signed, key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

function readKey(publicKey: string): KeyObject {
  return createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
}

const WireEvent = z.looseObject({
  event: z.string(),
  email: z.string().max(320).default(''),
  sg_event_id: z.string().min(1).max(200),
  type: z.string().optional(),
  reason: z.string().optional(),
  mail_id: z.uuid().optional().catch(undefined),
})

/** More events than SendGrid puts into one call. */
const MAX_EVENTS = 10_000

/** The events of a call that matter here; opens and clicks do not, since machines make them, too. `undefined`: no such body. */
export function readEvents(rawBody: Buffer): MailEvent[] | undefined {
  const body = z
    .array(z.unknown())
    .max(MAX_EVENTS)
    .safeParse(parseJson(rawBody.toString('utf8')))
  if (!body.success) return undefined
  return body.data.flatMap((value) => {
    const wire = WireEvent.safeParse(value)
    const kind = wire.success ? EVENT_KINDS.find((known) => known === wire.data.event) : undefined
    if (!wire.success || !kind) return []
    const { sg_event_id: id, mail_id: mailId, email, type, reason = '' } = wire.data
    return [{ id, mailId, email, kind, isHard: type !== 'blocked', reason }]
  })
}
