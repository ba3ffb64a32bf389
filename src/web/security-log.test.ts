import { describe, expect, it } from 'vitest'
import { createLogger } from '../logger.ts'
import { openTestDatabase } from '../testing/database.ts'
import { createSecurityLog } from './security-log.ts'

const log = createLogger('silent')

describe('createSecurityLog', () => {
  it('writes a flood as one row with its count', async () => {
    await using test = await openTestDatabase()
    {
      await using security = createSecurityLog(test.db, log)
      for (let n = 0; n < 500; n++) security.record({ kind: 'webhook.forged', ip: '192.0.2.1' })
      security.record({ kind: 'webhook.forged', ip: '192.0.2.2' })
    }

    const rows = await test.db.selectFrom('security_event').select(['ip', 'count']).orderBy('ip').execute()
    // Over the turn of a minute the flood is two rows.
    expect(rows.length).toBeLessThanOrEqual(3)
    const total = rows.filter(({ ip }) => ip === '192.0.2.1').reduce((sum, { count }) => sum + count, 0)
    expect(total).toBe(500)
    expect(rows.at(-1)).toEqual({ ip: '192.0.2.2', count: 1 })
  })

  it('tells addresses no longer apart when too many come at once', async () => {
    await using test = await openTestDatabase()
    {
      await using security = createSecurityLog(test.db, log)
      for (let n = 0; n < 5_000; n++) {
        security.record({ kind: 'webhook.forged', ip: `198.51.${n >> 8}.${n % 256}` })
      }
    }

    const rows = await test.db.selectFrom('security_event').select('count').execute()
    expect(rows.length).toBeLessThanOrEqual(202)
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(5_000)
  })

  it('lets no one feel that the database is gone', async () => {
    const test = await openTestDatabase()
    const security = createSecurityLog(test.db, log)
    await test[Symbol.asyncDispose]()

    security.record({ kind: 'sign_in.failed', ip: '192.0.2.1' })

    await security[Symbol.asyncDispose]()
  })
})
