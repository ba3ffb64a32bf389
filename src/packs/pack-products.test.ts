import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packedBot } from '../testing/samples/pack.ts'
import { buildPng } from '../testing/samples/png.ts'
import { type KnowledgeTest, openKnowledgeTest } from '../testing/worlds/knowledge-world.ts'
import { readPack } from './pack.ts'
import { exportPack } from './pack-export.ts'
import { importPack } from './pack-import.ts'

const PRODUCTS = `
products:
  - { key: kit, kind: goods, name: The kit, description: All you need., currency: eur, amount: 4900, stock: 7, shipped: true }
  - { key: hour, kind: session, name: An hour, delivery: Book a time., currency: usd, amount: 9000 }
  - { key: more, kind: topup, name: Ten more, currency: eur, amount: 500, topup: { kind: question, count: 10 } }
`

describe('the products of a pack', () => {
  let test: KnowledgeTest
  let folder: string
  beforeAll(async () => {
    test = await openKnowledgeTest()
    folder = await mkdtemp(join(tmpdir(), 'cornerman-products-'))
  }, 60_000)
  afterAll(async () => {
    await test?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function write(yaml: string, photos: Record<string, Buffer> = {}): Promise<string> {
    const dir = await mkdtemp(join(folder, 'pack-'))
    await mkdir(join(dir, 'knowledge'))
    await mkdir(join(dir, 'photos'))
    await writeFile(join(dir, 'knowledge', 'walks.md'), 'Walk for twenty minutes.')
    await writeFile(join(dir, 'bot.yaml'), yaml)
    for (const [name, bytes] of Object.entries(photos)) await writeFile(join(dir, 'photos', name), bytes)
    return dir
  }
  const rows = (botId: string) =>
    test.db.selectFrom('product').selectAll().where('bot_id', '=', botId).orderBy('position').execute()

  it('come in once, go out as they came, and come in again without a change', async () => {
    const { creatorId } = await test.addBase()
    const png = buildPng(64, 48)
    const dir = await write(packedBot('shop-a') + PRODUCTS, { 'kit.png': png })
    const first = await importPack(test, await readPack(dir), { creatorId })
    for (const versionId of first.versionIds) await test.ingest(versionId)
    const before = await rows(first.botId)
    expect(before).toMatchObject([
      { key: 'kit', stock: 7, is_shipped: true, photo_type: 'image/png' },
      { key: 'hour', currency: 'usd', delivery: 'Book a time.', photo_key: null },
      { key: 'more', topup_kind: 'question', topup_count: 10 },
    ])

    const out = join(folder, 'out')
    await mkdir(out)
    await exportPack(test, 'shop-a', out)
    expect(await readFile(join(out, 'photos', 'kit.png'))).toEqual(png)
    const again = await readPack(out)
    expect(again.products).toEqual((await readPack(dir)).products)
    await importPack(test, again, { creatorId })

    expect(await rows(first.botId)).toEqual(before)
    const audits = await test.db.selectFrom('audit_entry').select('action').execute()
    expect(audits.filter(({ action }) => action.startsWith('product.'))).toHaveLength(4)
  })

  it('keep what was sold, leave the sale with the pack, and stay where it says nothing of them', async () => {
    const { creatorId } = await test.addBase()
    const { botId } = await importPack(
      test,
      await readPack(await write(packedBot('shop-b') + PRODUCTS, { 'kit.png': buildPng(64, 48) })),
      { creatorId },
    )
    await test.db
      .updateTable('product')
      .set({ stock: 2 })
      .where('bot_id', '=', botId)
      .where('key', '=', 'kit')
      .execute()

    await importPack(test, await readPack(await write(packedBot('shop-b') + PRODUCTS)), { creatorId })
    expect(await rows(botId)).toMatchObject([{ key: 'kit', stock: 2, photo_key: null }, {}, {}])
    await importPack(test, await readPack(await write(packedBot('shop-b'))), { creatorId })
    expect((await rows(botId)).every(({ retired_at }) => retired_at === null)).toBe(true)

    const fewer = 'products:\n  - { key: hour, kind: session, name: An hour, currency: usd, amount: 9900 }\n'
    await importPack(test, await readPack(await write(packedBot('shop-b') + fewer)), { creatorId })
    const onSale = (await rows(botId)).filter(({ retired_at }) => retired_at === null)
    expect(onSale).toMatchObject([{ key: 'hour', amount: '9900' }])
  })

  it.each([
    [
      'a key twice',
      '[{ key: a, kind: goods, name: A, currency: eur, amount: 9 }, { key: a, kind: goods, name: B, currency: eur, amount: 9 }]',
      'products',
    ],
    [
      'a top-up of nothing',
      '[{ key: a, kind: topup, name: A, currency: eur, amount: 9 }]',
      'products[0].topup',
    ],
    [
      'a session that is sent',
      '[{ key: a, kind: session, name: A, currency: eur, amount: 9, shipped: true }]',
      'products[0].shipped',
    ],
    [
      'an amount that is none',
      '[{ key: a, kind: goods, name: A, currency: eur, amount: 9.5 }]',
      'products[0].amount',
    ],
  ])('are refused with %s, and where it stands', async (_, products, path) => {
    await expect(
      readPack(await write(`${packedBot('shop-c')}products: ${products}\n`)),
    ).rejects.toMatchObject({
      code: 'pack.invalid',
      details: { file: 'bot.yaml', path },
    })
  })

  it('have no photo that lies outside of the pack, or is none', async () => {
    const linked = await write(packedBot('shop-d') + PRODUCTS)
    await writeFile(join(folder, 'secret.png'), buildPng(8, 8))
    await symlink(join(folder, 'secret.png'), join(linked, 'photos', 'kit.png'))
    const fake = await write(packedBot('shop-d') + PRODUCTS, { 'kit.jpg': Buffer.from('<html>') })

    await expect(readPack(linked)).rejects.toMatchObject({ code: 'pack.invalid' })
    await expect(readPack(fake)).rejects.toMatchObject({ code: 'product.photo_unusable' })
  })
})
