import { describe, expect, it } from 'vitest'
import { createEchoGuard } from './echo-guard.ts'

const SECRET =
  'You are Nell, who answers people on behalf of a coach. Cite only numbers that exist, and only the passage that really says it.'
const MATERIAL = 'A coach once said: cite only numbers that exist, and only then rest for a day.'
const guard = createEchoGuard([SECRET], [MATERIAL])

const leaked = 'Cite only numbers that exist, and only the passage that really says it.'

describe('createEchoGuard', () => {
  it.each([
    ['word for word', leaked],
    ['within other words', `Of course: who ANSWERS people, on behalf of a coach!`],
    ['a word a line', leaked.split(' ').join('\n')],
  ])('sees the rules %s', (_, text) => {
    expect(guard.isEcho(text)).toBe(true)
  })

  it.each([
    ['spelled out', [...leaked].join('-')],
    ['run together', leaked.replaceAll(' ', '')],
    ['backwards', [...leaked].toReversed().join('')],
    ['in base64', Buffer.from(leaked).toString('base64')],
    ['in hexadecimal', Buffer.from(leaked).toString('hex')],
    [
      'with the letters turned',
      leaked.replace(/[a-z]/gi, (c) =>
        'abcdefghijklm'.includes(c.toLowerCase())
          ? String.fromCharCode(c.charCodeAt(0) + 13)
          : String.fromCharCode(c.charCodeAt(0) - 13),
      ),
    ],
  ])('sees the rules %s', (_, text) => {
    expect(guard.isEcho(text)).toBe(false)
    expect(guard.hidesEcho(text)).toBe(true)
  })

  it.each([
    'People answer a coach on the phone, and numbers that exist are cited.',
    'A coach once said: cite only numbers that exist, and only then rest for a day.',
    'https://coach.example/a-very-long-address-without-any-secret-in-it',
  ])('lets other words be: "%s"', (text) => {
    expect(guard.hidesEcho(text)).toBe(false)
  })
})
