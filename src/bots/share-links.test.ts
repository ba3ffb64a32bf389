import { describe, expect, it } from 'vitest'
import { shareLinkOf, webLinkOf } from './share-links.ts'

describe('shareLinkOf', () => {
  it('leads to the bot on Telegram', () => {
    expect(shareLinkOf({ channel: 'telegram', name: '@locker_bot' })).toEqual({
      channel: 'telegram',
      url: 'https://t.me/locker_bot',
      label: '@locker_bot',
    })
  })

  it.each([
    ['Studio 54 (+49 151 23456789)', 'https://wa.me/4915123456789'],
    ['+1 555-012-3456', 'https://wa.me/15550123456'],
    ['4 Seasons Yoga (+1 (555) 012-3456)', 'https://wa.me/15550123456'],
  ])('leads to the number of "%s"', (name, url) => {
    expect(shareLinkOf({ channel: 'whatsapp', name })?.url).toBe(url)
  })

  it.each([
    ['telegram', ''],
    ['telegram', '@a/../evil'],
    ['whatsapp', 'test'],
    ['whatsapp', 'Studio 54'],
  ] as const)('makes nothing up on %s of "%s"', (channel, name) => {
    expect(shareLinkOf({ channel, name })).toBeUndefined()
  })
})

describe('webLinkOf', () => {
  it('shows the address without its scheme', () => {
    expect(webLinkOf('https://coach.example', 'nell')).toMatchObject({
      url: 'https://coach.example/try/nell',
      label: 'coach.example/try/nell',
    })
  })
})
