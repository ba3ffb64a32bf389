import { describe, expect, it } from 'vitest'
import type { Button } from '../channels/channel.ts'
import { renderSaid } from './try-page.ts'

/** An answer on the page with these buttons below it. */
function render(buttons: Button[]): string {
  const said = {
    ...{ id: 'm', position: '1', direction: 'out' as const, markdown: 'Choose:', citations: [], buttons },
    ...{ payloads: [{ html: '<p>Choose:</p>' }], inboundMessageId: undefined },
  }
  return renderSaid(said, { slug: 'doorstep', asked: ['en'], render: () => '' })
}

describe('a link below an answer in the browser', () => {
  it('is an anchor that tells the page it opens nothing, beside the choices', () => {
    const html = render([
      { label: 'Plus <b>', url: 'https://coach.example/pay/s"x?a=1&b=2' },
      { label: 'Keep it', data: 'cancel:no' },
    ])

    expect(html).toContain(
      '<a href="https://coach.example/pay/s&quot;x?a=1&amp;b=2" rel="noopener" target="_blank" dir="auto">Plus &lt;b&gt;</a>',
    )
    expect(html).toContain('<button name="button" value="cancel:no" dir="auto">Keep it</button>')
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'tg://resolve?domain=x', '/relative'])(
    'is left out when it is no address of the web: %s',
    (url) => {
      expect(render([{ label: 'Go', url }])).not.toContain('Go')
    },
  )

  it('asks nobody for Stars there', () => {
    const invoice = { title: 'Plus', description: 'Plus', payload: 't', stars: 450, isMonthly: true }

    expect(render([{ label: 'Pay in Stars', invoice }])).not.toContain('Pay in Stars')
  })
})
