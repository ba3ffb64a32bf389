import { describe, expect, it } from 'vitest'
import { readTryUpdate } from './try-update.ts'

const id = '6f1c6f0e-7a0e-4a51-9d5e-111111111111'
const visitor = { id: 'visitor', languageCode: 'de' }
const now = new Date('2026-01-01T00:00:00Z')
const readEvent = (post: object) => readTryUpdate({ id, ...post }, visitor, now).event

describe('readTryUpdate', () => {
  it('names the Update by visitor and message, so that no one can take the place of another', () => {
    const mine = readTryUpdate({ id, text: 'How?' }, visitor, now)
    const theirs = readTryUpdate({ id, text: 'How?' }, { ...visitor, id: 'other' }, now)

    expect(mine).toMatchObject({ externalId: `visitor:${id}`, chatKey: 'visitor', sentAt: now.toISOString() })
    expect(theirs.externalId).not.toBe(mine.externalId)
  })

  it.each([
    ['/start', { kind: 'command', messageId: id, name: 'start', argument: '' }],
    ['/Language  pt BR ', { kind: 'command', messageId: id, name: 'language', argument: 'pt BR' }],
    ['/', { kind: 'text', messageId: id, text: '/' }],
    ['/ 2 of 3', { kind: 'text', messageId: id, text: '/ 2 of 3' }],
    ['1/2', { kind: 'text', messageId: id, text: '1/2' }],
    ['/etc/passwd', { kind: 'text', messageId: id, text: '/etc/passwd' }],
  ])('reads %j', (text, event) => {
    expect(readEvent({ text })).toEqual(event)
  })

  it('reads a tapped button and a stop, from script and from a form', () => {
    expect(readEvent({ button: 'more' })).toEqual({ kind: 'button', data: 'more' })
    expect(readEvent({ stop: true })).toEqual({ kind: 'stop' })
    expect(readEvent({ stop: 'true', text: 'left in the box' })).toEqual({ kind: 'stop' })
  })

  it.each([{}, { text: 7 }, { button: '' }, { button: 'x'.repeat(257) }, { stop: false }])(
    'refuses %j',
    (post) => {
      expect(() => readEvent(post)).toThrow(expect.objectContaining({ code: 'request.malformed' }))
    },
  )
})
