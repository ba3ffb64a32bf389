import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createEventSigner } from '../testing/mail/sendgrid-stand-in.ts'
import { HAS_SPECS, readSpec } from '../testing/vendor-spec.ts'
import { createEventVerifier, readEvents } from './sendgrid-events.ts'

const BODY = JSON.stringify([{ event: 'bounce', email: 'a@example.test', sg_event_id: 'e1' }])
const signer = createEventSigner()
const now = new Date('2026-11-21T12:00:00Z')
const agoSeconds = (seconds: number) => new Date(now.getTime() - seconds * 1000)

function isTaken(body: string, headers: Record<string, string>, key: string | undefined = signer.publicKey) {
  const signature = headers['X-Twilio-Email-Event-Webhook-Signature']
  const timestamp = headers['X-Twilio-Email-Event-Webhook-Timestamp']
  return createEventVerifier(key)(Buffer.from(body), { signature, timestamp }, now)
}

describe('a call of the event webhook', () => {
  it('is believed when SendGrid signed it within five minutes', () => {
    expect(isTaken(BODY, signer.headersFor(BODY, now))).toBe(true)
    expect(isTaken(BODY, signer.headersFor(BODY, agoSeconds(299)))).toBe(true)
  })

  it.each<[string, () => boolean]>([
    ['too old', () => isTaken(BODY, signer.headersFor(BODY, agoSeconds(301)))],
    ['from the future', () => isTaken(BODY, signer.headersFor(BODY, agoSeconds(-301)))],
    ['of another body', () => isTaken(`${BODY} `, signer.headersFor(BODY, now))],
    ['of another key', () => isTaken(BODY, createEventSigner().headersFor(BODY, now))],
    ['not signed', () => isTaken(BODY, {})],
    ['signed with nonsense', () => isTaken(BODY, { ...signer.headersFor(BODY, now), ...signatureOf('%%%') })],
    ['given a time of its own', () => isTaken(BODY, { ...signer.headersFor(agoTime(), now) })],
    ['without a key here', () => isTakenWithout(undefined)],
  ])('is refused when it is %s', (_name, call) => {
    expect(call()).toBe(false)
  })

  const signatureOf = (signature: string) => ({ 'X-Twilio-Email-Event-Webhook-Signature': signature })
  const agoTime = () => `${Math.floor(now.getTime() / 1000)}${BODY}`

  function isTakenWithout(key: string | undefined): boolean {
    const headers = signer.headersFor(BODY, now)
    const signature = headers['X-Twilio-Email-Event-Webhook-Signature']
    const timestamp = headers['X-Twilio-Email-Event-Webhook-Timestamp']
    return createEventVerifier(key)(Buffer.from(BODY), { signature, timestamp }, now)
  }
})

const Cases = z.looseObject({
  sendgrid: z.object({
    public_key: z.string(),
    signature: z.string(),
    timestamp: z.string(),
    payload: z.string(),
    cases: z.array(z.looseObject({ name: z.string(), accept: z.boolean() })),
  }),
})

describe.skipIf(!HAS_SPECS)('SendGrid’s own examples', () => {
  const example = HAS_SPECS ? Cases.parse(readSpec('signatures.json')).sendgrid : undefined

  it.each(example?.cases ?? [])('of signatures: $name', ({ accept, ...changes }) => {
    const { public_key, signature, timestamp, payload } = { ...example, ...changes } as NonNullable<
      typeof example
    >
    // As one of SendGrid's own machines sees it, at that moment; their payload ends with a line break.
    const at = new Date(Number(example?.timestamp) * 1000)
    const verify = createEventVerifier(public_key)
    const isBelieved = [payload, `${payload}\r\n`].some((body) =>
      verify(Buffer.from(body), { signature, timestamp }, at),
    )

    expect(isBelieved).toBe(accept)
  })

  it('of events are read, those that matter', () => {
    const { body } = z
      .object({ body: z.array(z.unknown()) })
      .parse(readSpec('sendgrid/event-webhook.samples.json'))

    const events = readEvents(Buffer.from(JSON.stringify(body))) ?? []

    expect(body).toHaveLength(11)
    expect(events.map(({ kind }) => kind)).toEqual([
      'processed',
      'deferred',
      'delivered',
      'dropped',
      'bounce',
      'spamreport',
      'unsubscribe',
      'group_unsubscribe',
    ])
    expect(events[4]).toMatchObject({ email: 'example@test.com', isHard: true })
  })
})

describe('the events of a call', () => {
  it.each(['', 'null', '{}', '"text"', '[', '12'])('are none where the body is no list: %j', (body) => {
    expect(readEvents(Buffer.from(body))).toBeUndefined()
  })

  it('are read where one among them is odd', () => {
    const odd = [null, 1, {}, { event: 'bounce' }, { event: 'new_kind', sg_event_id: 'x', email: 'a@b' }]
    const good = {
      event: 'bounce',
      email: 'a@example.test',
      sg_event_id: 'e',
      type: 'blocked',
      mail_id: 'no id',
    }

    expect(readEvents(Buffer.from(JSON.stringify([...odd, good])))).toEqual([
      { id: 'e', mailId: undefined, email: 'a@example.test', kind: 'bounce', isHard: false, reason: '' },
    ])
  })
})
