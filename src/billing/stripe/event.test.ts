import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { signStripeBody } from '../../testing/stripe/webhook-post.ts'
import { HAS_SPECS, readSpec } from '../../testing/vendor-spec.ts'
import { readStripeEvent } from './event.ts'

const SECRET = 'whsec_test'
const NOW = new Date('2026-11-21T08:00:00Z')
const AT = Math.floor(NOW.getTime() / 1000)

function body(type: string, object: Record<string, unknown>, rest: Record<string, unknown> = {}): Buffer {
  return Buffer.from(
    JSON.stringify({ id: 'evt_1', object: 'event', created: AT, type, data: { object }, ...rest }),
  )
}

const read = (raw: Buffer, signature: string | undefined, secret: string | undefined = SECRET) =>
  readStripeEvent(raw, signature, { secret, now: NOW })

const Vectors = z.looseObject({
  stripe: z.looseObject({
    secret: z.string(),
    payload: z.string(),
    header: z.string(),
    cases: z.array(
      z.looseObject({
        name: z.string(),
        received_at: z.number(),
        accept: z.boolean(),
        tolerance: z.number().optional(),
        secret: z.string().optional(),
        header: z.string().optional(),
        payload_suffix: z.string().optional(),
      }),
    ),
  }),
})

describe.skipIf(!HAS_SPECS)('readStripeEvent on the vectors of signatures.json', () => {
  const { stripe } = HAS_SPECS
    ? Vectors.parse(readSpec('signatures.json'))
    : { stripe: { cases: [], payload: '', header: '', secret: '' } }

  it.each(stripe.cases)('$name', (vector) => {
    const raw = Buffer.from(stripe.payload + (vector.payload_suffix ?? ''))
    const attempt = () =>
      readStripeEvent(raw, vector.header ?? stripe.header, {
        secret: vector.secret ?? stripe.secret,
        now: new Date(vector.received_at * 1000),
      })

    // Our tolerance is never switched off, and holds for the future too.
    const isAccepted = vector.accept && vector.tolerance !== 0 && vector.name !== 'timestamp in the future'
    if (isAccepted)
      expect(attempt()).toMatchObject({ id: 'evt_1', object: { kind: 'subscription', id: 'sub_1' } })
    else expect(attempt).toThrow(expect.objectContaining({ code: 'webhook.unauthorized' }))
  })
})

describe('readStripeEvent', () => {
  const raw = body('customer.subscription.updated', { id: 'sub_1' })

  it.each([
    [-300, true],
    [-301, false],
    [300, true],
    [301, false],
  ])('of a signature %i seconds from now: %s', (seconds, isAccepted) => {
    const header = signStripeBody(raw.toString(), SECRET, AT + seconds)
    if (isAccepted) expect(read(raw, header).id).toBe('evt_1')
    else expect(() => read(raw, header)).toThrow(expect.objectContaining({ code: 'webhook.unauthorized' }))
  })

  it.each([undefined, '', 't=', 'v1=00', `t=${AT}`, `t=${AT},v1=`, `t=NaN,v1=00`, 'x'.repeat(10_000)])(
    'refuses the header %j',
    (header) => {
      expect(() => read(raw, header)).toThrow(expect.objectContaining({ code: 'webhook.unauthorized' }))
    },
  )

  it('believes nothing without a secret of its own', () => {
    expect(() =>
      readStripeEvent(raw, signStripeBody(raw.toString(), '', AT), { secret: undefined, now: NOW }),
    ).toThrow(expect.objectContaining({ code: 'webhook.unauthorized' }))
  })

  it.each(['', '{', '[]', 'null', '{"id":"evt_1"}', '{"object":"event"}'])(
    'calls the signed body %j malformed',
    (text) => {
      expect(() => read(Buffer.from(text), signStripeBody(text, SECRET, AT))).toThrow(
        expect.objectContaining({ code: 'request.malformed' }),
      )
    },
  )

  const parent = { subscription_details: { subscription: 'sub_7' } }
  it.each([
    ['checkout.session.completed', { id: 'cs_1' }, { kind: 'checkout', id: 'cs_1' }],
    ['customer.subscription.deleted', { id: 'sub_1' }, { kind: 'subscription', id: 'sub_1' }],
    ['invoice.paid', { id: 'in_1', parent }, { kind: 'subscription', id: 'sub_7' }],
    ['invoice.paid', { id: 'in_1', parent: null }, { kind: 'other', id: 'in_1' }],
    ['charge.refunded', { id: 'ch_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge.dispute.created', { id: 'dp_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge.refunded', { id: 'ch_1', payment_intent: null }, { kind: 'other', id: 'ch_1' }],
    ['account.updated', { id: 'acct_1' }, { kind: 'account', id: 'acct_1' }],
    ['price.created', { id: 'price_1' }, { kind: 'other', id: 'price_1' }],
  ])('reads what %s is about', (type, object, about) => {
    const given = body(type, object, { account: 'acct_9' })
    const event = read(given, signStripeBody(given.toString(), SECRET, AT))

    expect(event).toEqual({ id: 'evt_1', type, createdAt: NOW, account: 'acct_9', object: about })
  })
})
