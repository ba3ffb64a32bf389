import { describe, expect, it } from 'vitest'
import { buildMessage } from '../testing/markdown/rendered-answers.ts'
import { HAS_SPECS, openSpec } from '../testing/vendor-spec.ts'
import { findWhatsappFault, WhatsappOutgoing } from '../testing/whatsapp/limits.ts'
import type { Button } from './channel.ts'
import { renderTelegram } from './render-telegram.ts'
import { renderWhatsapp } from './render-whatsapp.ts'
import { buildWhatsappMessage } from './whatsapp-part.ts'

const MONTHLY = { label: 'Plus · €9.00 a month', url: 'https://coach.example/pay/sAbc.def' }
const YEARLY = { label: 'Plus · €90.00 a year', url: 'https://coach.example/pay/sAbd.def' }
const CHOICE = { label: 'Keep it', data: 'cancel:no' }
const INVOICE = {
  label: '⭐ Plus',
  invoice: { title: 'Plus', description: 'Plus', payload: 'token', stars: 450, isMonthly: true },
}
const UNSAFE: Button[] = [
  { label: 'x', url: 'javascript:alert(1)' },
  { label: 'x', url: 'data:text/html,x' },
  { label: 'x', url: 'tg://user?id=1' },
  { label: 'x', url: '//coach.example' },
  { label: 'x', url: 'https://' },
  { label: ' ', url: 'https://coach.example' },
]

const telegram = (buttons: Button[]) => renderTelegram({ ...buildMessage('Choose:'), buttons })
const whatsapp = (buttons: Button[], words = 'Choose:') => renderWhatsapp({ ...buildMessage(words), buttons })

const checkWhatsapp = openSpec('whatsapp/messages.request.schema.json').check()

/** What is wrong with a bubble, by the vendor's schema and its documented limits. */
function faultOf(payload: ReturnType<typeof whatsapp>[number]): string | undefined {
  const message = buildWhatsappMessage(payload)
  const body = JSON.parse(
    JSON.stringify({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '491512345',
      type: message._type,
      [message._type]: message,
    }),
  )
  return checkWhatsapp(body) ?? findWhatsappFault(WhatsappOutgoing.parse(body))
}

describe('a button with a link', () => {
  it('is one on Telegram, beside choices and invoices, a row each', () => {
    const [part] = telegram([MONTHLY, CHOICE, INVOICE])

    expect(part?.buttons).toEqual([[MONTHLY], [CHOICE], [INVOICE]])
  })

  it('is the one button of a WhatsApp message', () => {
    const link = { label: 'Card and invoices', url: MONTHLY.url }

    const parts = whatsapp([link])

    expect(parts).toEqual([{ kind: 'link', text: 'Choose:', ...link }])
    expect(parts.map(faultOf)).toEqual([undefined])
  })

  it('is cut to what WhatsApp takes on a button', () => {
    const parts = whatsapp([{ label: 'Plus for the family · €9.00 a month', url: MONTHLY.url }])

    expect(parts).toMatchObject([{ kind: 'link', label: 'Plus for the family…' }])
    expect(parts.map(faultOf)).toEqual([undefined])
  })

  it('is a line of text on WhatsApp when it is one of several', () => {
    const parts = whatsapp([MONTHLY, YEARLY])

    expect(parts).toEqual([
      {
        kind: 'text',
        text: `Choose:\n\n- ${MONTHLY.label}: ${MONTHLY.url}\n- ${YEARLY.label}: ${YEARLY.url}`,
      },
    ])
    expect(parts.map(faultOf)).toEqual([undefined])
  })

  it('leaves choices their buttons on WhatsApp', () => {
    const parts = whatsapp([{ label: 'Card', url: MONTHLY.url }, CHOICE])

    expect(parts).toEqual([
      {
        kind: 'buttons',
        text: `Choose:\n\n- Card: ${MONTHLY.url}`,
        buttons: [{ id: CHOICE.data, title: CHOICE.label }],
      },
    ])
    expect(parts.map(faultOf)).toEqual([undefined])
  })

  it('costs no further bubble on WhatsApp', () => {
    const link = { label: 'Card', url: MONTHLY.url }
    const kinds = (words: number) => whatsapp([link], 'word '.repeat(words)).map(({ kind }) => kind)

    expect(kinds(190)).toEqual(['link'])
    expect(kinds(400)).toEqual(['text'])
    expect(whatsapp([link], 'word '.repeat(400))[0]?.text).toContain(link.url)
  })

  it.each(UNSAFE)('is shown nowhere when it is no address of the web: $url', (button) => {
    expect(telegram([button])[0]).not.toHaveProperty('buttons')
    expect(whatsapp([button])).toEqual([{ kind: 'text', text: 'Choose:' }])
  })

  it('asks for Stars on Telegram alone', () => {
    expect(whatsapp([INVOICE])).toEqual([{ kind: 'text', text: 'Choose:' }])
  })

  it.skipIf(!HAS_SPECS)('is checked against what the vendor publishes', () => {
    expect(faultOf({ kind: 'link', text: 'x', label: 'x', url: 'not an address' })).toBeDefined()
  })
})
