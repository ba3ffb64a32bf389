import { describe, expect, it } from 'vitest'
import { addTestBot } from '../testing/builders/bot.ts'
import { buildUpdate } from '../testing/builders/update.ts'
import { openTestDatabase } from '../testing/database.ts'
import { listOpenUpdates, recordReceipts, recordUpdates } from './inbox.ts'

describe('recordUpdates', () => {
  it('keeps one entry when the channel delivers an Update fifty times at once', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const update = buildUpdate({ externalId: '42' })
    const owner = { creatorId: bot.creatorId, botId: bot.id }

    const stored = await Promise.all(
      Array.from({ length: 50 }, () => recordUpdates(test.db, owner, [update])),
    )

    expect(stored.flat()).toEqual([{ botId: bot.id, channel: 'telegram', chatKey: update.chatKey }])
    expect(await test.db.selectFrom('inbox').selectAll().execute()).toHaveLength(1)
  })

  it('tells the same id apart on two bots and two channels', async () => {
    await using test = await openTestDatabase()
    const [first, second] = [await addTestBot(test.db), await addTestBot(test.db)]

    for (const bot of [first, second]) {
      const owner = { creatorId: bot.creatorId, botId: bot.id }
      await recordUpdates(test.db, owner, [
        buildUpdate({ externalId: '42' }),
        buildUpdate({ externalId: '42', channel: 'whatsapp' }),
      ])
    }

    expect(await test.db.selectFrom('inbox').selectAll().execute()).toHaveLength(4)
  })

  it('gives Updates back in the order they came, words intact', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const texts = ['שלום', 'a "quoted" \\ line\nand another', '👩🏽‍⚕️ {{braces}} $1', 'nul\u0000byte']

    await recordUpdates(
      test.db,
      { creatorId: bot.creatorId, botId: bot.id },
      texts.map((text) => buildUpdate({ text })),
    )

    const open = await listOpenUpdates(test.db, { botId: bot.id, channel: 'telegram', chatKey: '700100' })
    const kept = open.map(({ update }) => (update.event.kind === 'text' ? update.event.text : ''))
    expect(kept).toEqual([...texts.slice(0, 3), 'nulbyte'])
  })
})

describe('recordReceipts', () => {
  it('counts a Receipt once however often it is delivered', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const owner = { creatorId: bot.creatorId, botId: bot.id }
    const receipt = {
      channel: 'whatsapp' as const,
      externalId: 'wamid.1:sent',
      vendorMessageId: 'wamid.1',
      state: 'sent' as const,
      at: '2026-11-20T10:00:00Z',
    }

    const counts = await Promise.all(
      Array.from({ length: 10 }, () => recordReceipts(test.db, owner, [receipt])),
    )

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1)
  })
})
