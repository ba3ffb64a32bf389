import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Channel, Connection } from '../src/channels/channel.ts'
import { stripWhatsapp } from '../src/channels/render-whatsapp-reading.ts'
import { createTelegramChannel } from '../src/channels/telegram.ts'
import { createWhatsappChannel } from '../src/channels/whatsapp.ts'
import { createLogger } from '../src/logger.ts'
import { plainText } from '../src/testing/markdown/plain-text.ts'
import { buildMessage, generateAnswers } from '../src/testing/markdown/rendered-answers.ts'
import { findTextDifference } from '../src/testing/markdown/text-content.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { startWhatsappStandIn, type WhatsappStandIn } from '../src/testing/whatsapp/stand-in.ts'

const ANSWERS = 1_000
const TIMEOUT_MS = 10_000

/** Every answer to a chat of its own, its Parts one after the other: as the outbox does it. */
async function sendAnswers(channel: Channel, connection: Connection, toChatKey: (seed: number) => string) {
  const refusals: string[] = []
  const seeds = [...generateAnswers(ANSWERS)].entries()
  const sendNext = async () => {
    for (const [seed, { name, markdown }] of seeds) {
      for (const payload of channel.render(buildMessage(markdown))) {
        const part = { partId: crypto.randomUUID(), chatKey: toChatKey(seed), payload, connection }
        await channel.send({ ...part, signal: AbortSignal.timeout(TIMEOUT_MS) }).then(
          ({ isPlainText }) => isPlainText && refusals.push(`${name}: formatting`),
          (error: Error & { details?: unknown }) =>
            refusals.push(`${name}: ${error.message} ${JSON.stringify(error.details)}`),
        )
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, sendNext))
  return refusals
}

/** Answers whose text is not what the stand-in took of it. */
function findDifferences(
  texts: Map<string, string[]>,
  toChatKey: (seed: number) => string,
  toWhole: (markdown: string) => string,
): string[] {
  return [...generateAnswers(ANSWERS)].flatMap(({ name, markdown }, seed) => {
    const difference = findTextDifference(toWhole(markdown), texts.get(toChatKey(seed)) ?? [])
    return difference ? [`${name}: ${difference}`] : []
  })
}

function groupTexts(sent: { chatKey: string; text: string }[]): Map<string, string[]> {
  const texts = new Map<string, string[]>()
  for (const { chatKey, text } of sent) texts.set(chatKey, [...(texts.get(chatKey) ?? []), text])
  return texts
}

const account = { id: 'c', creatorId: 'c', botId: 'b' }

describe('a thousand generated answers', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let whatsapp: WhatsappStandIn

  beforeAll(async () => {
    telegram = opened.use(await startTelegramStandIn())
    whatsapp = opened.use(await startWhatsappStandIn())
  })
  afterAll(() => opened.disposeAsync())

  it('reach Telegram whole, none of them refused', { timeout: 60_000 }, async () => {
    const channel = createTelegramChannel({
      apiRoot: telegram.url,
      timeoutMs: TIMEOUT_MS,
      log: createLogger('silent'),
    })
    const credentials = { token: `4242:${'T'.repeat(35)}` }
    const connection: Connection = { ...account, channel: 'telegram', externalId: '4242', credentials }
    const toChatKey = (seed: number) => String(800_000 + seed)

    const refusals = await sendAnswers(channel, connection, toChatKey)

    expect(refusals).toEqual([])
    expect(telegram.refused).toEqual([])
    const texts = groupTexts(telegram.sent.map(({ chatId, text }) => ({ chatKey: chatId, text })))
    const toWhole = (markdown: string) =>
      plainText(markdown, { isAddressShown: (url) => url.startsWith('mailto:') })
    expect(findDifferences(texts, toChatKey, toWhole)).toEqual([])
  })

  it('reach WhatsApp whole, none of them refused', { timeout: 60_000 }, async () => {
    const channel = createWhatsappChannel({
      apiRoot: whatsapp.url,
      apiVersion: 'v26.0',
      timeoutMs: TIMEOUT_MS,
    })
    const credentials = { token: 'test-whatsapp-token' }
    const connection: Connection = { ...account, channel: 'whatsapp', externalId: '100200300', credentials }
    const toChatKey = (seed: number) => `49151${800_000 + seed}`

    const refusals = await sendAnswers(channel, connection, toChatKey)

    expect(refusals).toEqual([])
    expect(whatsapp.refused).toEqual([])
    const toWhole = (markdown: string) => plainText(markdown, { isAddressShown: () => true })
    const texts = groupTexts(
      whatsapp.sent.map(({ to, text }) => ({ chatKey: to, text: stripWhatsapp(text) })),
    )
    expect(findDifferences(texts, toChatKey, toWhole)).toEqual([])
  })
})
