import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { HAS_SPECS, readSpec } from '../testing/vendor-spec.ts'
import { chooseWhatsappCode, explainWhatsappAnswer } from './whatsapp-errors.ts'

/** What each collected code means here; every code that is not named is a refusal for good. */
const EXPECTED: Record<string, ErrorCode> = {
  0: 'channel.unauthorized',
  3: 'channel.unauthorized',
  4: 'channel.rate_limited',
  10: 'channel.unauthorized',
  190: 'channel.unauthorized',
  '200-299': 'channel.unauthorized',
  80007: 'channel.rate_limited',
  130429: 'channel.rate_limited',
  131000: 'channel.unavailable',
  131005: 'channel.unauthorized',
  131016: 'channel.unavailable',
  131026: 'channel.blocked',
  131047: 'channel.window_closed',
  131048: 'channel.rate_limited',
  131056: 'channel.rate_limited',
  131057: 'channel.rate_limited',
  133016: 'channel.rate_limited',
}

const Collected = z.object({ errors: z.array(z.object({ code: z.union([z.number(), z.string()]) })) })

function answer(
  status: number,
  body: unknown,
  retryAfterSeconds?: number,
): Parameters<typeof explainWhatsappAnswer>[0] {
  return { status, body, text: '', retryAfterSeconds }
}

describe('chooseWhatsappCode', () => {
  it.skipIf(!HAS_SPECS)('gives every collected code its class', () => {
    const { errors } = Collected.parse(readSpec('whatsapp/error-codes.json'))
    const seen = new Set(errors.map(({ code }) => String(code)))

    for (const { code } of errors) {
      const first = Number.parseInt(String(code), 10)
      expect(chooseWhatsappCode(first), String(code)).toBe(EXPECTED[code] ?? 'channel.rejected')
    }
    expect(errors).toHaveLength(111)
    expect(Object.keys(EXPECTED).filter((code) => !seen.has(code))).toEqual([])
  })

  it('goes by the status where the code is unknown', () => {
    expect(chooseWhatsappCode(999_999, 400)).toBe('channel.rejected')
    expect(chooseWhatsappCode(999_999, 401)).toBe('channel.unauthorized')
    expect(chooseWhatsappCode(999_999, 429)).toBe('channel.rate_limited')
    expect(chooseWhatsappCode(999_999, 500)).toBe('channel.unavailable')
    expect(chooseWhatsappCode(999_999, 400, true)).toBe('channel.unavailable')
  })
})

describe('explainWhatsappAnswer', () => {
  it('keeps the code and the details, and a wait where there is one to keep', () => {
    const error = {
      code: 131_056,
      message: '(#131056) Pair',
      error_data: { details: 'Too many to one person' },
    }

    expect(explainWhatsappAnswer(answer(429, { error }), 'EAA')).toMatchObject({
      code: 'channel.rate_limited',
      details: { vendorCode: 131_056, vendorMessage: 'Too many to one person', retryAfterSeconds: 6 },
    })
    expect(explainWhatsappAnswer(answer(429, { error }, 30), 'EAA')?.details.retryAfterSeconds).toBe(30)
  })

  it('takes an error with status 200 for the error it is', () => {
    expect(explainWhatsappAnswer(answer(200, { error: { code: 131_026 } }), 'EAA')?.code).toBe(
      'channel.blocked',
    )
  })

  it.each<[number, unknown, ErrorCode | undefined]>([
    [200, { messages: [] }, undefined],
    [200, undefined, 'channel.doubtful'],
    [302, undefined, 'channel.rejected'],
    [404, undefined, 'channel.rejected'],
    [429, undefined, 'channel.rate_limited'],
    [500, { error: 'not of Graph' }, 'channel.doubtful'],
    [502, undefined, 'channel.doubtful'],
  ])('reads a foreign answer of status %i %j as %s', (status, body, code) => {
    expect(explainWhatsappAnswer(answer(status, body), 'EAA')?.code).toBe(code)
  })
})
