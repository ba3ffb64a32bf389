import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDiskFileStore } from './disk.ts'

const creatorId = '00000000-0000-4000-8000-000000000001'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cornerman-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('createDiskFileStore', () => {
  it('keeps the bytes under the hash of what was streamed', async () => {
    const store = createDiskFileStore(folder)

    const stored = await store.write(creatorId, Readable.from([Buffer.from('two '), 'halves']), {
      maxBytes: 100,
    })

    expect(stored).toMatchObject({ sizeBytes: 10, key: `${creatorId}/${stored.sha256}` })
    await using local = await store.openLocal(stored.key)
    expect(await readFile(local.path, 'utf8')).toBe('two halves')
  })

  it('keeps nothing of a file past the limit or of a stream that breaks', async () => {
    const store = createDiskFileStore(folder)
    const broken = Readable.from(
      (async function* () {
        yield 'start'
        throw new Error('cable cut')
      })(),
    )

    await expect(
      store.write(creatorId, Readable.from(['12345', '6']), { maxBytes: 5 }),
    ).rejects.toMatchObject({
      code: 'document.too_large',
    })
    await expect(store.write(creatorId, broken, { maxBytes: 100 })).rejects.toThrow('cable cut')

    expect(await readdir(join(folder, 'incoming'))).toEqual([])
  })

  it('opens nothing outside its folder and says when a file is gone', async () => {
    const store = createDiskFileStore(folder)
    const stored = await store.write(creatorId, Readable.from(['gone soon']), { maxBytes: 100 })
    await store.remove(stored.key)

    await expect(store.openLocal(stored.key)).rejects.toMatchObject({ code: 'file.missing' })
    for (const key of ['../../etc/passwd', `${creatorId}/../${stored.sha256}`, '', `${stored.key}/x`]) {
      await expect(store.openLocal(key)).rejects.toMatchObject({ code: 'file.key_invalid' })
    }
    await expect(store.write('../up', Readable.from(['x']), { maxBytes: 9 })).rejects.toMatchObject({
      code: 'file.key_invalid',
    })
  })
})
