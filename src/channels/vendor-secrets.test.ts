import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { buildConnection } from '../testing/builders/connection.ts'
import { findRefusedUrl, UNRESOLVABLE_URL } from '../testing/network/unreachable.ts'
import { openStandInServer, type StandInAnswer } from '../testing/stand-in-server.ts'
import type { Channel, ChannelRegistrar } from './channel.ts'
import { createTelegramChannel } from './telegram.ts'
import { createWhatsappChannel } from './whatsapp.ts'

const TELEGRAM_CANARIES = Array.from(
  { length: 10 },
  (_, n) => `70${n}:AAcanary${n}-telegram_${'x'.repeat(20)}`,
)
const WHATSAPP_CANARIES = Array.from({ length: 10 }, (_, n) => `EAAcanary${n}whatsapp${'y'.repeat(20)}`)
const WORDS = 'words of a person that stay in'

/** Answers that repeat the request's own address and token, as careless proxies and servers do. */
const ECHOES: ((echo: string) => StandInAnswer)[] = [
  (echo) => ({ status: 400, body: { ok: false, error_code: 400, description: `Bad Request: ${echo}` } }),
  (echo) => ({ status: 401, body: { ok: false, error_code: 401, description: `Unauthorized ${echo}` } }),
  (echo) => ({ status: 500, body: { ok: false, error_code: 500, description: echo } }),
  (echo) => ({ status: 400, body: { error: { code: 100, message: echo, error_data: { details: echo } } } }),
  (echo) => ({ status: 401, body: { error: { code: 190, message: encodeURIComponent(echo) } } }),
  (echo) => ({ status: 502, body: `<html>cannot reach ${echo}</html>` }),
  (echo) => ({ status: 302, body: '', headers: { location: `http://127.0.0.1:9${encodeURI(echo)}` } }),
  (echo) => ({ status: 200, body: { ok: true, result: { odd: echo } } }),
  (echo) => ({ status: 200, body: echo }),
  () => ({ break: 'reset' }),
  () => ({ break: 'hang' }),
]

describe('the credentials of vendors', () => {
  it('appear in no error and no log line, whatever goes wrong', async () => {
    const seen: string[] = []
    const codes = new Set<unknown>()
    const log = pino({ level: 'trace' }, collect(seen))

    for (const echo of ECHOES) {
      const server = await openStandInServer(({ path, authorization }) => echo(`${path} ${authorization}`))
      const timeoutMs = 'break' in echo('') ? 100 : 10_000
      for (const failure of await failEverywhere(server.url, timeoutMs, log)) note(failure)
      await server.close()
    }
    for (const apiRoot of [await findRefusedUrl(), UNRESOLVABLE_URL, 'not an address']) {
      for (const failure of await failEverywhere(apiRoot, 10_000, log)) note(failure)
    }

    function note(failure: unknown): void {
      codes.add(failure instanceof AppError && failure.code)
      seen.push(describeDeep(failure))
      log.error({ err: failure }, 'send-failed')
    }
    const all = seen.join('\n')
    expect(all).toContain('send-failed')
    expect(all).toContain('Bad Request: /bot[secret]/sendMessage')
    expect([...codes].sort()).toEqual([
      'channel.doubtful',
      'channel.rejected',
      'channel.unauthorized',
      'channel.unavailable',
      'channel.unreachable',
    ])
    for (const canary of [...TELEGRAM_CANARIES, ...WHATSAPP_CANARIES]) {
      expect(all.includes(canary), canary).toBe(false)
      expect(all.includes(encodeURIComponent(canary)), canary).toBe(false)
    }
    expect(all).not.toContain(WORDS)
  })
})

async function failEverywhere(apiRoot: string, timeoutMs: number, log: Logger): Promise<unknown[]> {
  const telegram = createTelegramChannel({ apiRoot, timeoutMs, log })
  const whatsapp = createWhatsappChannel({ apiRoot, apiVersion: 'v26.0', timeoutMs })
  const tries = await Promise.allSettled([
    ...TELEGRAM_CANARIES.flatMap((token) => tryAll(telegram, 'telegram', token)),
    ...WHATSAPP_CANARIES.flatMap((token) => tryAll(whatsapp, 'whatsapp', token)),
  ])
  return tries.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
}

function tryAll(
  channel: Channel & ChannelRegistrar,
  name: 'telegram' | 'whatsapp',
  token: string,
): Promise<unknown>[] {
  const credentials = { token, webhookSecret: 'a_secret' }
  const connection = buildConnection({ channel: name, externalId: '1', credentials })
  const { signal } = new AbortController()
  const payload = { kind: 'text', text: WORDS }
  return [
    channel.send({
      partId: '0b9a4c1e-6a51-4a8c-9a4e-0c1f2d3e4f50',
      chatKey: '1',
      payload,
      connection,
      signal,
    }),
    channel.connect({ credentials, externalId: '1', webhookUrl: 'https://bots.example/hook' }),
    channel.describe(connection),
    channel.acknowledge({ connection, callbackId: '1', text: 'ok' }),
    channel.showProgress({ connection, chatKey: '1', draftId: 1, markdown: WORDS, inboundMessageId: 'w' }),
  ]
}

/** All that could be printed of an error: its text, stack, fields and causes, in both usual ways. */
function describeDeep(error: unknown): string {
  const parts = [inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error)]
  if (error instanceof Error) {
    parts.push(error.message, error.stack ?? '', JSON.stringify(Object.getOwnPropertyDescriptors(error)))
    if (error.cause !== undefined) parts.push(describeDeep(error.cause))
  }
  return parts.join('\n')
}

function collect(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
}
