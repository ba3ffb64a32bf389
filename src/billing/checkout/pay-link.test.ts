import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createPayLinks, type PayRequest } from './pay-link.ts'

const links = createPayLinks(randomBytes(32), 'https://coach.example')
const request: PayRequest = { target: 'price', targetId: randomUUID(), chatId: randomUUID() }
const tokenOf = (url: string) => url.slice('https://coach.example/pay/'.length)

describe('pay links', () => {
  it.each(['price', 'product', 'portal'] as const)('carry who pays for what (%s)', (target) => {
    expect(links.read(tokenOf(links.urlOf({ ...request, target })))).toEqual({ ...request, target })
  })

  it('are none once any letter is another', () => {
    const token = tokenOf(links.urlOf(request))

    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A'
      expect(links.read(token.slice(0, at) + other + token.slice(at + 1)), `letter ${at}`).toBeUndefined()
    }
  })

  it('of another installation are none here', () => {
    const theirs = createPayLinks(randomBytes(32), 'https://coach.example')

    expect(links.read(tokenOf(theirs.urlOf(request)))).toBeUndefined()
  })

  it.each(['', 'x', '../admin', 's.', `s${'A'.repeat(44)}.`, 'é'.repeat(68)])('refuse %j', (token) => {
    expect(links.read(token)).toBeUndefined()
  })
})
