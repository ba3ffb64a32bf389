import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { buildZip, type ZipMember } from '../../testing/samples/documents.ts'
import { receivePacked } from './packed-upload.ts'

const MEGABYTE = 1024 * 1024

function receive(members: ZipMember[], fileName = 'course.zip') {
  return receivePacked(Readable.from([buildZip(members)]), { fileName, maxBytes: 50 * MEGABYTE })
}

describe('receivePacked', () => {
  it('gives each file its bytes, below the name of the zip', async () => {
    await using packed = await receive([
      { name: 'a.md', content: '# A' },
      { name: 'part\\b.md', content: '# B' },
    ])

    const files = await Promise.all(
      (packed.files ?? []).map(async ({ fileName, open }) => [fileName, String(await buffer(await open()))]),
    )

    expect(files).toEqual([
      ['course/a.md', '# A'],
      ['course/part/b.md', '# B'],
    ])
  })

  it('opens no file that shrinks as only a bomb does', async () => {
    await using packed = await receive([{ name: 'zeros.txt', content: Buffer.alloc(8 * MEGABYTE) }])

    const [file] = packed.files ?? []

    await expect(file?.open()).rejects.toMatchObject({ code: 'document.inflated_too_large' })
  })

  it('takes what a file declares for its bound', async () => {
    const content = 'The harbour bell rings. '.repeat(1_000)
    await using packed = await receive([{ name: 'a.txt', content, declaredBytes: 100 }])
    const [file] = packed.files ?? []

    const read = async () => buffer((await file?.open()) ?? Readable.from([]))

    await expect(read()).rejects.toMatchObject({ code: 'document.damaged' })
  })

  it('leaves an office file and an e-book whole, whatever they are called', async () => {
    for (const mark of ['[Content_Types].xml', 'mimetype']) {
      await using packed = await receive([{ name: mark, content: 'x' }])

      expect(packed.files).toBeUndefined()
      expect((await buffer(packed.read())).subarray(0, 2).toString()).toBe('PK')
    }
  })

  it('looks at no more of a long directory than a zip may have', async () => {
    const source = Readable.from([buildLongDirectory(100_000)])

    await expect(receivePacked(source, { fileName: 'a.zip', maxBytes: 50 * MEGABYTE })).rejects.toMatchObject(
      {
        code: 'upload.too_many_files',
      },
    )
  })
})

/** A ZIP64 directory of so many empty folders, and nothing else. */
function buildLongDirectory(count: number): Buffer {
  const entry = Buffer.alloc(48)
  entry.write('PK\u0001\u0002')
  entry.writeUInt16LE(2, 28)
  entry.write('a/', 46)
  const directory = Buffer.concat(Array.from({ length: count }, () => entry))
  const end = Buffer.alloc(56 + 20 + 22)
  end.write('PK\u0006\u0006')
  end.writeBigUInt64LE(44n, 4)
  end.writeBigUInt64LE(BigInt(count), 24)
  end.writeBigUInt64LE(BigInt(count), 32)
  end.writeBigUInt64LE(BigInt(directory.length), 40)
  end.write('PK\u0006\u0007', 56)
  end.writeBigUInt64LE(BigInt(directory.length), 64)
  end.writeUInt32LE(1, 72)
  end.write('PK\u0005\u0006', 76)
  end.fill(0xff, 84, 96)
  return Buffer.concat([directory, end])
}
