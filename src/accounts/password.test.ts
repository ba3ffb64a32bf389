import { parseOptions } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { createPasswords, findPasswordFault } from './password.ts'

describe('createPasswords', () => {
  it('hashes with argon2id at 19 MiB and two passes, each time under another salt', async () => {
    const passwords = createPasswords()

    const [one, two] = await Promise.all([
      passwords.hash('four small words'),
      passwords.hash('four small words'),
    ])

    expect(one).toMatch(/^\$argon2id\$/)
    expect(parseOptions(one)).toMatchObject({ memoryCost: 19_456, timeCost: 2, parallelism: 1, saltLen: 16 })
    expect(one).not.toBe(two)
  })

  it('takes the right password alone, however its letters are composed', async () => {
    const passwords = createPasswords()
    const hash = await passwords.hash('Caf\u00e9 au lait')

    expect(await passwords.matches('Cafe\u0301 au lait', hash)).toBe(true)
    expect(await passwords.matches('cafe au lait', hash)).toBe(false)
  })

  it('says no where there is no hash, also to the words of the decoy', async () => {
    const passwords = createPasswords()

    expect(await passwords.matches('anything at all', null)).toBe(false)
    expect(await passwords.matches('no one has this password', undefined)).toBe(false)
  })

  it('works on, after a hash that cannot be read, for those who wait', async () => {
    const passwords = createPasswords()
    const hash = await passwords.hash('four small words')

    const tries = Array.from({ length: 8 }, (_, index) =>
      passwords.matches('four small words', index % 2 === 0 ? 'no hash' : hash),
    )

    const states = (await Promise.allSettled(tries)).map((tried) => tried.status)
    expect(states.filter((state) => state === 'fulfilled')).toHaveLength(4)
  })

  it('asks whoever comes when too many wait to try again', async () => {
    const passwords = createPasswords()

    const tries = await Promise.allSettled(Array.from({ length: 70 }, () => passwords.matches('x', null)))

    const refused = tries.filter((tried) => tried.status === 'rejected')
    expect(refused.length).toBeGreaterThanOrEqual(8)
    expect(refused[0]).toMatchObject({ reason: { code: 'password.busy', status: 503 } })
  })
})

describe('findPasswordFault', () => {
  it.each([
    ['short one', 'too_short'],
    ['😀'.repeat(9), 'too_short'],
    ['long '.repeat(41), 'too_long'],
    ['aaaaaaaaaaaa', 'too_easy'],
    ['abcabcabcabc', 'too_easy'],
    ['hahaha-hahaha-hahaha-', 'too_easy'],
    ['1234567890', 'too_easy'],
    ['zyxwvutsrqponm', 'too_easy'],
    ['Password123!', 'too_easy'],
    ['cornerman2026', 'too_easy'],
    ['ada.lovelace@example.org', 'too_easy'],
    ['Ada.Lovelace', 'too_easy'],
    ['ADA KING NOEL', 'too_easy'],
  ] as const)('finds %s %s', (password, fault) => {
    expect(findPasswordFault(password, ['ada.lovelace@example.org', 'Ada King Noel'])).toBe(fault)
  })

  it.each(['seven green lanterns', 'gX7#kq!2mPw9', 'пароль из слов', '日本語の長い合言葉です'])(
    'takes %s',
    (password) => {
      expect(findPasswordFault(password, ['ada@example.org', 'Ada'])).toBeUndefined()
    },
  )
})
