import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packedBot } from '../testing/samples/pack.ts'
import { type KnowledgeTest, openKnowledgeTest } from '../testing/worlds/knowledge-world.ts'
import { readPack } from './pack.ts'
import { exportPack } from './pack-export.ts'
import { importPack } from './pack-import.ts'

const PLANS = `
plans:
  - { key: free, name: Free, free: true, allowance: { question: { count: 5, per: day }, media: { count: 0, per: day } } }
  - key: companion
    name: Companion
    description: As much as you like.
    prices:
      - { interval: month, currency: eur, amount: 900, trial_days: 7, stars: 450 }
      - { interval: year, currency: jpy, amount: 9900 }
  - { key: class, name: For the class }
`

describe('the plans of a pack', () => {
  let test: KnowledgeTest
  let folder: string
  beforeAll(async () => {
    test = await openKnowledgeTest()
    folder = await mkdtemp(join(tmpdir(), 'cornerman-plans-'))
  }, 60_000)
  afterAll(async () => {
    await test?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function write(yaml: string): Promise<string> {
    const dir = await mkdtemp(join(folder, 'pack-'))
    await mkdir(join(dir, 'knowledge'))
    await writeFile(join(dir, 'knowledge', 'walks.md'), 'Walk for twenty minutes.')
    await writeFile(join(dir, 'bot.yaml'), yaml)
    return dir
  }
  const rows = async (botId: string) => {
    const { db } = test
    const plans = await db.selectFrom('plan').selectAll().where('bot_id', '=', botId).orderBy('key').execute()
    const ids = plans.map(({ id }) => id)
    const prices = await db
      .selectFrom('price')
      .selectAll()
      .where('plan_id', 'in', ids)
      .orderBy('id')
      .execute()
    return { plans, prices }
  }

  it('come in once, go out as they came, and come in again without a change', async () => {
    const { creatorId } = await test.addBase()
    const first = await importPack(test, await readPack(await write(packedBot('plans-a') + PLANS)), {
      creatorId,
    })
    for (const versionId of first.versionIds) await test.ingest(versionId)
    const before = await rows(first.botId)
    expect(before.plans).toMatchObject([
      { key: 'class', is_free: false, position: 2 },
      { key: 'companion', position: 1 },
      { key: 'free', is_free: true, allowance: { question: { count: 5, per: 'day' } } },
    ])
    expect(before.prices).toHaveLength(2)

    const out = join(folder, 'out')
    await mkdir(out)
    await exportPack(test, 'plans-a', out)
    const again = await readPack(out)
    expect(again.plans).toEqual((await readPack(await write(packedBot('plans-a') + PLANS))).plans)
    await importPack(test, again, { creatorId })

    expect(await rows(first.botId)).toEqual(before)
    const audits = await test.db.selectFrom('audit_entry').select('action').execute()
    expect(audits.filter(({ action }) => action.startsWith('plan.'))).toHaveLength(3)
  })

  it('leave the offer with the pack, and stay where a pack says nothing of them', async () => {
    const { creatorId } = await test.addBase()
    const { botId } = await importPack(test, await readPack(await write(packedBot('plans-b') + PLANS)), {
      creatorId,
    })

    await importPack(test, await readPack(await write(packedBot('plans-b'))), { creatorId })
    expect((await rows(botId)).plans.filter(({ retired_at }) => retired_at)).toEqual([])

    const other = 'plans:\n  - { key: open, name: Open, free: true }\n  - { key: free, name: Was free }\n'
    await importPack(test, await readPack(await write(packedBot('plans-b') + other)), { creatorId })
    const { plans, prices } = await rows(botId)
    expect(plans.filter(({ retired_at }) => !retired_at).map(({ key }) => key)).toEqual(['free', 'open'])
    expect(plans.filter(({ is_free, retired_at }) => is_free && !retired_at).map(({ key }) => key)).toEqual([
      'open',
    ])
    expect(prices.every(({ retired_at }) => retired_at !== null)).toBe(true)
  })

  it.each([
    ['two free plans', 'plans: [{ key: a, name: A, free: true }, { key: b, name: B, free: true }]', 'plans'],
    ['a key twice', 'plans: [{ key: a, name: A }, { key: a, name: B }]', 'plans'],
    ['a broken key', 'plans: [{ key: "A b", name: A }]', 'plans[0].key'],
    [
      'a price that cannot be paid',
      'plans: [{ key: a, name: A, prices: [{ interval: month, currency: eur, amount: 9.5 }] }]',
      'plans[0].prices[0].amount',
    ],
    [
      'an unknown currency',
      'plans: [{ key: a, name: A, prices: [{ interval: month, currency: moo, amount: 9 }] }]',
      'plans[0].prices[0].currency',
    ],
  ])('are refused with %s, and where it stands', async (_, plans, path) => {
    await expect(readPack(await write(`${packedBot('plans-c')}${plans}\n`))).rejects.toMatchObject({
      code: 'pack.invalid',
      details: { file: 'bot.yaml', path },
    })
  })
})
