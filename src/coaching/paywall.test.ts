import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createPayLinks } from '../billing/checkout/pay-link.ts'
import type { Decision } from '../billing/entitlement/decision.ts'
import { PHRASE_LANGUAGES } from '../bots/phrases.ts'
import { renderWhatsapp } from '../channels/render-whatsapp.ts'
import type { ChannelName } from '../messaging/update.ts'
import { buildBotSettings } from '../testing/builders/bot.ts'
import { buildUpdate } from '../testing/builders/update.ts'
import { createPaywall, type Denial } from './paywall.ts'
import type { TurnRequest } from './turn-request.ts'

const payLinks = createPayLinks(randomBytes(32), 'https://coach.example')
const QUESTION = 'How do I start?'
const MONTHLY = {
  priceId: randomUUID(),
  planName: 'Plus_*',
  interval: 'month',
  amount: 1_900,
  currency: 'eur',
} as const
const IN_STARS = { ...MONTHLY, priceId: randomUUID(), planName: 'Star', stars: 450, trialDays: 7 }
const USED: Denial = {
  isAllowed: false,
  reason: 'allowance_used',
  left: 0,
  allowance: { count: 3, per: 'month' },
  resetsAt: new Date('2026-12-01T00:00:00Z'),
  offers: [{ ...MONTHLY, trialDays: 7 }, IN_STARS],
}

function buildRequest(channel: ChannelName): TurnRequest {
  const signal = new AbortController().signal
  return {
    bot: {
      id: randomUUID(),
      creatorId: randomUUID(),
      knowledgeBaseId: '',
      slug: 'x',
      settings: buildBotSettings(),
    },
    chat: {
      id: randomUUID(),
      subscriberId: randomUUID(),
      channel,
      language: undefined,
      state: {},
      takeover: 'none',
    },
    updates: [buildUpdate({ text: QUESTION })],
    inboxId: '7',
    privateLink: undefined,
    signal,
    stopSignal: signal,
    onDraft: () => {},
  }
}

function stop(
  denial: Denial,
  {
    channel = 'web',
    language = 'en',
    isSelling = true,
  }: { channel?: ChannelName; language?: string; isSelling?: boolean } = {},
) {
  const entitlement = { mayDo: async (): Promise<Decision> => denial, hasPlans: async () => true }
  const request = buildRequest(channel)
  const turn = createPaywall({ entitlement, payLinks, isSelling }).stop(request, {
    question: QUESTION,
    language,
    denial,
  })
  const [reply] = turn.replies
  return { turn, request, markdown: reply?.markdown ?? '', buttons: reply?.buttons ?? [] }
}

describe('the paywall', () => {
  it('says what was used, when it goes on, what a plan costs, and that the question is kept', () => {
    const { turn, markdown, buttons, request } = stop(USED)

    expect(markdown).toBe(
      [
        'You have used all that is included this month (3).',
        'From December 1, 2026 you can simply go on.',
        'This is how you go on now:',
        '- **Plus\\_\\*** – €19.00 a month (the first 7 days are free)\n- **Star** – €19.00 a month (the first 7 days are free)',
        'I have kept your question and answer it as soon as you have access.',
      ].join('\n\n'),
    )
    expect(
      buttons.map((button) => ('url' in button ? payLinks.read(button.url.split('/pay/')[1] ?? '') : button)),
    ).toEqual(
      [MONTHLY, IN_STARS].map(({ priceId }) => ({
        target: 'price',
        targetId: priceId,
        chatId: request.chat.id,
      })),
    )
    expect(turn.held?.event).toMatchObject({ kind: 'text', text: QUESTION })
    expect(turn.trace).toMatchObject({ entitlement: USED })
  })

  it('asks for Stars on Telegram where a price has them, without a trial, and for money elsewhere', () => {
    const { markdown, buttons } = stop(USED, { channel: 'telegram' })

    expect(markdown).toContain('- **Star** – 450 Stars a month\n')
    expect(buttons[1]).toMatchObject({ invoice: { stars: 450, isMonthly: true, title: 'Star' } })
    const { payload } = buttons[1] && 'invoice' in buttons[1] ? buttons[1].invoice : { payload: '' }
    expect(payLinks.read(payload)).toMatchObject({ target: 'price', targetId: IN_STARS.priceId })
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(128)
  })

  it('is one call to action on WhatsApp where there is one price', () => {
    const { markdown, buttons } = stop(
      { ...USED, offers: [{ ...MONTHLY, trialDays: 0 }] },
      { channel: 'whatsapp' },
    )

    expect(renderWhatsapp({ markdown, citations: [], buttons })).toMatchObject([
      { kind: 'link', url: expect.stringMatching(/^https:\/\/coach\.example\/pay\//) },
    ])
  })

  it('offers nothing where no money can be taken, save Stars', () => {
    expect(stop(USED, { isSelling: false }).buttons).toEqual([])
    expect(stop(USED, { isSelling: false }).markdown).not.toContain('kept your question')
    expect(stop(USED, { isSelling: false, channel: 'telegram' }).buttons).toHaveLength(1)
  })

  it('leads who has not paid to their card, and offers no second plan', () => {
    const { markdown, buttons, request } = stop({ ...USED, reason: 'payment_failed' })

    expect(markdown).toContain('Your last payment did not go through')
    const [first] = buttons
    expect(first && 'url' in first && payLinks.read(first.url.split('/pay/')[1] ?? '')).toMatchObject({
      target: 'portal',
      chatId: request.chat.id,
    })
    expect(buttons).toHaveLength(1)
  })

  it('promises nothing of a next period that holds nothing', () => {
    const { markdown } = stop({ ...USED, allowance: { count: 0, per: 'day' } })

    expect(markdown).toMatch(/^I answer questions here with a plan\.\n\nThis is how/)
  })

  it.each(PHRASE_LANGUAGES)('has all its words in %s', (language) => {
    for (const per of ['day', 'month', 'lifetime'] as const) {
      for (const reason of ['allowance_used', 'payment_failed', 'refunded', 'ended'] as const) {
        const { markdown } = stop({ ...USED, reason, allowance: { count: 3, per } }, { language })
        expect(markdown).not.toMatch(/\{\{|\}\}|undefined/)
        // Why, and what is kept: Chinese says so in fewest characters.
        expect(markdown.length).toBeGreaterThan(30)
      }
    }
  })
})
