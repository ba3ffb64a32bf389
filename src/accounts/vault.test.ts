import { createCipheriv, randomBytes } from 'node:crypto'
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

  it('refuses an envelope in which any one bit was changed, whichever of two keys sealed it', () => {
    const [older, newer] = [makeKey(), makeKey()]
    const both = createVault(`${newer},${older}`)

    for (const sealer of [createVault(older), createVault(newer)]) {
      const envelope = sealer.seal('a secret', 'row 1')
      expect(both.open(envelope, 'row 1')).toBe('a secret')
      for (let bit = 0; bit < envelope.length * 8; bit++) {
        const changed = Buffer.from(envelope)
        const at = Math.floor(bit / 8)
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (bit % 8)), at)
        expect(() => both.open(changed, 'row 1'), `bit ${bit}`).toThrow(
          expect.objectContaining({ code: 'vault.unreadable' }),
        )
      }
    }
  })

  it('seals with the first of several keys and opens with all', () => {
    const [older, newer] = [makeKey(), makeKey()]
    const both = createVault(`${newer}, ${older}`)

    const [before, after] = [createVault(older).seal('old', 'row'), both.seal('new', 'row')]

    expect(both.open(before, 'row')).toBe('old')
    expect(createVault(newer).open(after, 'row')).toBe('new')
    expect(() => createVault(older).open(after, 'row')).toThrow()
    expect(after.subarray(0, 5)).toEqual(both.currentHeader())
    expect(before.subarray(0, 5)).not.toEqual(both.currentHeader())
  })

  it('opens envelopes from before keys had ids', () => {
    const key = randomBytes(32)
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('row 1'))
    const sealed = Buffer.concat([cipher.update('from before'), cipher.final()])
    const envelope = Buffer.concat([Buffer.of(1), nonce, cipher.getAuthTag(), sealed])

    expect(createVault(`${makeKey()},${key.toString('hex')}`).open(envelope, 'row 1')).toBe('from before')
    expect(() => createVault(makeKey()).open(envelope, 'row 1')).toThrow()
  })

  it('learns of a rotation while it runs, and keeps its keys when they cannot be read', () => {
    const [older, newer] = [makeKey(), makeKey()]
    let keys: () => string = () => older
    const running = createVault(() => keys())
    const before = running.seal('old', 'row')

    keys = () => `${newer}\n${older}\n`
    expect(running.open(createVault(newer).seal('theirs', 'row'), 'row')).toBe('theirs')
    expect(createVault(newer).open(running.seal('ours', 'row'), 'row')).toBe('ours')
    keys = () => {
      throw new Error('the file is away')
    }
    expect(running.open(before, 'row')).toBe('old')
    expect(createVault(newer).open(running.seal('ours', 'row'), 'row')).toBe('ours')
  })
})

function makeKey(): string {
  return randomBytes(32).toString('hex')
}
