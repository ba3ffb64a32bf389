import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { HAS_SPECS, readSpec } from '../testing/vendor-spec.ts'
import { explainTelegramRefusal, findRefusedHalf, type TelegramRefusal } from './telegram-errors.ts'

const TOKEN = '4242:AAEhBP0av28FrI3Xa8cQ0JmR5QTl0KqmZzY'

const Refusal = z.object({
  error_code: z.number(),
  description: z.string(),
  parameters: z
    .object({ retry_after: z.number().exactOptional(), migrate_to_chat_id: z.number().exactOptional() })
    .exactOptional(),
})

const Collected = z.object({
  errors: z.array(Refusal),
  core_error_renames: z.array(Refusal),
  observed_bodies: z.object({ items: z.array(z.object({ body: Refusal })) }),
  core_errors_reported: z.object({ items: z.array(Refusal) }),
})

function listCollected(): TelegramRefusal[] {
  const spec = Collected.parse(readSpec('telegram/errors.json'))
  return [
    ...spec.errors,
    ...spec.core_error_renames,
    ...spec.observed_bodies.items.map(({ body }) => body),
    ...spec.core_errors_reported.items,
  ]
}

function codeOf(error_code: number, description: string): ErrorCode {
  return explainTelegramRefusal({ error_code, description }, TOKEN).code
}

describe('explainTelegramRefusal', () => {
  it.each<[number, string, ErrorCode]>([
    [403, 'Forbidden: bot was blocked by the user', 'channel.blocked'],
    [403, 'Forbidden: user is deactivated', 'channel.blocked'],
    [403, "Forbidden: bot can't initiate conversation with a user", 'channel.blocked'],
    [403, 'Forbidden: bot was kicked from the supergroup chat', 'channel.blocked'],
    [400, 'Bad Request: chat not found', 'channel.blocked'],
    [400, 'Bad Request: PEER_ID_INVALID', 'channel.blocked'],
    [400, 'Bad Request: message is too long', 'channel.rejected'],
    [400, 'Bad Request: message text is empty', 'channel.rejected'],
    [401, 'Unauthorized', 'channel.unauthorized'],
    [404, 'Not Found', 'channel.unauthorized'],
    [404, 'Not Found: method not found', 'channel.rejected'],
    [421, 'Misdirected Request: unallowed token specified', 'channel.unauthorized'],
    [409, 'Conflict: terminated by setWebhook request', 'channel.rejected'],
    [429, 'Too Many Requests: retry after 5', 'channel.rate_limited'],
    [500, 'Internal Server Error: restart', 'channel.unavailable'],
  ])('reads %i %s as %3$s', (errorCode, description, code) => {
    expect(codeOf(errorCode, description)).toBe(code)
  })

  it('gives a wait even where the server names none', () => {
    const refusal = { error_code: 429, description: 'Too Many Requests' }

    expect(explainTelegramRefusal(refusal, TOKEN).details.retryAfterSeconds).toBeGreaterThan(0)
  })

  it.skipIf(!HAS_SPECS)('gives every collected error the code of its class', () => {
    const byStatus = new Map<number, Set<ErrorCode>>()
    const collected = listCollected()
    for (const refusal of collected) {
      const codes = byStatus.get(refusal.error_code) ?? new Set()
      byStatus.set(refusal.error_code, codes.add(explainTelegramRefusal(refusal, TOKEN).code))
    }

    expect(collected.length).toBeGreaterThan(270)
    expect(Object.fromEntries([...byStatus].map(([status, codes]) => [status, [...codes].sort()]))).toEqual({
      400: ['channel.blocked', 'channel.rejected'],
      401: ['channel.unauthorized'],
      403: ['channel.blocked'],
      404: ['channel.rejected'],
      409: ['channel.rejected'],
      421: ['channel.unauthorized'],
      429: ['channel.rate_limited'],
      500: ['channel.unavailable'],
    })
  })
})

describe('findRefusedHalf', () => {
  it.each([
    ["Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 9", 'entities'],
    ["Bad Request: can't parse MessageEntity: x", 'entities'],
    ['Bad Request: entities too long', 'entities'],
    ['Bad Request: ENTITY_BOUNDS_INVALID', 'entities'],
    ['Bad Request: BUTTON_DATA_INVALID', 'buttons'],
    ['Bad Request: reply markup is too long', 'buttons'],
    ['Bad Request: text buttons are unallowed in the inline keyboard', 'buttons'],
    ['Bad Request: message is too long', undefined],
    ['Bad Request: chat not found', undefined],
  ])('finds in "%s" %s', (description, half) => {
    expect(findRefusedHalf({ error_code: 400, description })).toBe(half)
  })
})
