import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { keepWithinBytes, withinBytes } from './within-bytes.ts'

const tooLarge = (limitBytes: number) => new AppError('document.too_large', { limitBytes })
const pieces = (...sizes: number[]) => Readable.from(sizes.map((size) => Buffer.alloc(size, 'x')))

describe('withinBytes', () => {
  it('passes on what is exactly as long as it may be', async () => {
    const sizes = (await Array.fromAsync(withinBytes(pieces(3, 4), { maxBytes: 7, tooLarge }))).map(
      ({ length }) => length,
    )

    expect(sizes).toEqual([3, 4])
  })

  it('ends the source at the first piece beyond', async () => {
    const source = pieces(3, 4, 1, 1)

    await expect(Array.fromAsync(withinBytes(source, { maxBytes: 7, tooLarge }))).rejects.toMatchObject({
      code: 'document.too_large',
      details: { limitBytes: 7 },
    })

    expect(source.destroyed).toBe(true)
  })
})

describe('keepWithinBytes', () => {
  it('writes a file for this account alone, and never over another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cornerman-test-'))
    try {
      const path = join(folder, 'file')
      await keepWithinBytes(pieces(3), path, { maxBytes: 3, tooLarge })

      expect(await readFile(path, 'utf8')).toBe('xxx')
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      await expect(keepWithinBytes(pieces(1), path, { maxBytes: 3, tooLarge })).rejects.toMatchObject({
        code: 'EEXIST',
      })
      await expect(
        keepWithinBytes(pieces(2, 2), join(folder, 'other'), { maxBytes: 3, tooLarge }),
      ).rejects.toMatchObject({ code: 'document.too_large' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
