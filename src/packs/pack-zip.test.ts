import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unzip } from '../testing/unzip.ts'
import { unzipPack } from './pack-unzip.ts'
import { writeZip, type ZipEntry } from './zip-writer.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pack-zip-'))
})
afterAll(() => rm(folder, { recursive: true }))

function entryOf(name: string, text: string): ZipEntry {
  return { name, open: async () => ({ read: () => [Buffer.from(text)] }) }
}

async function zip(entries: ZipEntry[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(writeZip(entries)))
}

let count = 0
async function keep(bytes: Buffer): Promise<string> {
  const path = join(folder, `${++count}.zip`)
  await writeFile(path, bytes)
  return path
}

describe('writeZip', () => {
  it('writes what every reader reads, names of all scripts included', async () => {
    const pieces = [Buffer.from('one '), Buffer.alloc(0), Buffer.from('two')]
    const bytes = await zip([
      entryOf('bot.yaml', 'slug: tea\n'),
      { name: 'knowledge/Tee & Größe 茶.md', open: async () => ({ read: () => pieces }) },
      entryOf('knowledge/empty.txt', ''),
    ])
    const files = await unzip(bytes)

    expect([...files].map(([name, text]) => [name, text.toString()])).toEqual([
      ['bot.yaml', 'slug: tea\n'],
      ['knowledge/Tee & Größe 茶.md', 'one two'],
      ['knowledge/empty.txt', ''],
    ])
  })

  it('breaks off when a file is not the same the second time', async () => {
    let reads = 0
    const entry = { name: 'a', open: async () => ({ read: () => [Buffer.from(String(reads++))] }) }

    await expect(zip([entry])).rejects.toMatchObject({ code: 'file.missing' })
  })

  it('leaves out what is gone when its turn comes', async () => {
    const gone = { name: 'gone.md', open: async () => undefined }
    const files = await unzip(await zip([entryOf('a', 'one'), gone, entryOf('b', 'two')]))

    expect([...files.keys()]).toEqual(['a', 'b'])
  })

  it('refuses more files than the format counts', async () => {
    const entries = Array.from({ length: 65_536 }, (_, at) => entryOf(String(at), ''))

    await expect(zip(entries)).rejects.toMatchObject({ code: 'pack.too_large' })
  })
})

describe('unzipPack', () => {
  it('unpacks what belongs to a pack, wherever in the zip it stands, and removes it again', async () => {
    const path = await keep(
      await zip([
        entryOf('__MACOSX/my-bot/._bot.yaml', 'x'),
        entryOf('my-bot/bot.yaml', 'slug: tea'),
        entryOf('my-bot/.DS_Store', 'x'),
        entryOf('my-bot/run.sh', 'x'),
        entryOf('my-bot/prompts/answer.md', 'Hello.'),
        entryOf('my-bot/knowledge/deep/tea.md', 'Tea.'),
        entryOf('other/knowledge/no.md', 'x'),
      ]),
    )
    const unpacked = await unzipPack(path)
    const names = await readdir(unpacked.dir, { recursive: true })
    const text = await readFile(join(unpacked.dir, 'knowledge/deep/tea.md'), 'utf8')
    await unpacked[Symbol.asyncDispose]()

    expect(names.sort()).toEqual([
      'bot.yaml',
      'knowledge',
      'knowledge/deep',
      'knowledge/deep/tea.md',
      'prompts',
      'prompts/answer.md',
    ])
    expect(text).toBe('Tea.')
    await expect(readdir(unpacked.dir)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each([
    ['climbs out', 'knowledge/../../evil.md'],
    ['is absolute', '/knowledge/evil.md'],
    ['is of another system', 'knowledge\\..\\evil.md'],
  ])('refuses a zip in which a name %s', async (_, name) => {
    const path = await keep(await zip([entryOf('bot.yaml', 'slug: tea'), entryOf(name, 'x')]))

    await expect(unzipPack(path)).rejects.toMatchObject({ code: 'pack.invalid' })
  })

  it('counts what is really unpacked', async () => {
    const path = await keep(bomb(64 * 1024 * 1024))
    const before = new Set(await readdir(tmpdir()))

    await expect(unzipPack(path, { maxBytes: 10 * 1024 * 1024 })).rejects.toMatchObject({
      code: 'pack.too_large',
    })
    await expect(unzipPack(path)).rejects.toMatchObject({ code: 'pack.too_large' })
    const left = (await readdir(tmpdir())).filter(
      (name) => !before.has(name) && name.startsWith('cornerman-pack-'),
    )
    expect(left).toEqual([])
  })

  it('does not believe what a zip says of itself', async () => {
    const path = await keep(bomb(64 * 1024 * 1024, { saidBytes: 10 }))

    await expect(unzipPack(path)).rejects.toMatchObject({ code: 'pack.invalid' })
  })

  it('refuses a name that comes twice, and a zip without a pack', async () => {
    const twice = await keep(
      await zip([entryOf('bot.yaml', 'a'), entryOf('knowledge/a', '1'), entryOf('knowledge/a', '2')]),
    )
    const none = await keep(await zip([entryOf('knowledge/a.md', 'x')]))

    await expect(unzipPack(twice)).rejects.toMatchObject({ code: 'pack.invalid' })
    await expect(unzipPack(none)).rejects.toMatchObject({
      code: 'pack.invalid',
      details: { file: 'bot.yaml' },
    })
  })
})

/** A small zip with a member that unpacks to many bytes, whatever it says: written by hand, since no writer lies. */
function bomb(sizeBytes: number, { saidBytes = sizeBytes }: { saidBytes?: number } = {}): Buffer {
  const packed = deflateRawSync(Buffer.alloc(sizeBytes))
  const yaml = Buffer.from('slug: tea')
  const members = [
    { name: 'bot.yaml', method: 0, data: yaml, says: yaml.length },
    { name: 'knowledge/a.md', method: 8, data: packed, says: saidBytes },
  ]
  const [locals, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const { name, method, data, says } of members) {
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50)
    local.writeUInt16LE(method, 8)
    local.writeUInt32LE(data.length, 18)
    local.writeUInt32LE(says, 22)
    local.writeUInt16LE(name.length, 26)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50)
    central.writeUInt16LE(method, 10)
    central.writeUInt32LE(data.length, 20)
    central.writeUInt32LE(says, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(offset, 42)
    locals.push(local, Buffer.from(name), data)
    directory.push(central, Buffer.from(name))
    offset += 30 + name.length + data.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, ...directory, end])
}
