import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createVault } from './vault.ts'

const vault = createVault(randomBytes(32).toString('hex'))

describe('createVault', () => {
  it('opens what it sealed, and seals the same words differently each time', () => {
    const [one, two] = [vault.seal('token 🔑', 'row 1'), vault.seal('token 🔑', 'row 1')]

    expect(vault.open(one, 'row 1')).toBe('token 🔑')
    expect(one.equals(two)).toBe(false)
    expect(one.includes('token')).toBe(false)
  })

  it('refuses an envelope in which any one byte was changed', () => {
    const envelope = vault.seal('a secret of some length', 'row 1')

    for (let at = 0; at < envelope.length; at++) {
      const changed = Buffer.from(envelope)
      changed.writeUInt8((changed.readUInt8(at) + 1) % 256, at)
      expect(() => vault.open(changed, 'row 1')).toThrow(
        expect.objectContaining({ code: 'vault.unreadable' }),
      )
    }
  })

  it('refuses the envelope of another row, and another key', () => {
    const envelope = vault.seal('secret', 'row 1')

    expect(() => vault.open(envelope, 'row 2')).toThrow()
    expect(() => createVault(randomBytes(32).toString('base64')).open(envelope, 'row 1')).toThrow()
  })

  it.each(['', 'short', 'zz'.repeat(32)])('names ENCRYPTION_KEY when the key is "%s"', (key) => {
    expect(() => createVault(key)).toThrow(expect.objectContaining({ code: 'config.invalid' }))
  })
})
