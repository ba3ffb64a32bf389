import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createMeLinks, ME_LINK_MINUTES } from './me-link.ts'

const links = createMeLinks(randomBytes(32), 'https://coach.example.org')
const NOW = new Date('2026-11-21T10:00:00Z')
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
const tokenOf = (url: string) => url.split('/').at(-1) ?? ''

describe('a link to a person’s own page', () => {
  it('leads to their chat until it ends', () => {
    const chatId = randomUUID()
    const token = tokenOf(links.urlOf(chatId, NOW))

    expect(links.read(token, later(ME_LINK_MINUTES - 1))).toBe(chatId)
    expect(links.read(token, later(ME_LINK_MINUTES))).toBeUndefined()
  })

  it('leads nowhere with a letter changed, or under another key', () => {
    const token = tokenOf(links.urlOf(randomUUID(), NOW))
    const changed = [...token].map(
      (letter, at) => token.slice(0, at) + (letter === 'a' ? 'b' : 'a') + token.slice(at + 1),
    )
    const others = createMeLinks(randomBytes(32), 'https://coach.example.org')

    expect([...changed, '', 'x', `${token}a`].filter((it) => it !== token && links.read(it, NOW))).toEqual([])
    expect(others.read(token, NOW)).toBeUndefined()
  })
})
