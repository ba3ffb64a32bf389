import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
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

  it('tells a disk that cannot be written from a sender who breaks off', async () => {
    const notAFolder = join(folder, 'a-file')
    await writeFile(notAFolder, '')

    await expect(
      createDiskFileStore(notAFolder).write(creatorId, Readable.from(['x']), { maxBytes: 9 }),
    ).rejects.toMatchObject({ code: 'file.not_stored' })
  })

  it('removes what a killed process left behind, once it is old', async () => {
    const incoming = join(folder, 'incoming')
    await mkdir(incoming, { recursive: true })
    const [old, young] = [join(incoming, 'old'), join(incoming, 'young')]
    for (const path of [old, young]) await writeFile(path, 'half')
    const longAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000)
    await utimes(old, longAgo, longAgo)

    await createDiskFileStore(folder).write(creatorId, Readable.from(['x']), { maxBytes: 9 })

    expect(await readdir(incoming)).toEqual(['young'])
    await rm(young)
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
