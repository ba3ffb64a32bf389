import { describe, expect, it } from 'vitest'
import { openDatabase } from '../db/database.ts'
import { testChromaUrl } from './chroma.ts'
import { openTestDatabase } from './database.ts'
import { runAsAdmin } from './database-admin.ts'

describe('openTestDatabase', () => {
  it('gives each test a migrated database of its own', async () => {
    await using mine = await openTestDatabase()
    await using other = await openTestDatabase()

    await mine.db.insertInto('creator').values({ name: 'Ada' }).execute()

    expect(await mine.db.selectFrom('creator').select('name').execute()).toEqual([{ name: 'Ada' }])
    expect(await other.db.selectFrom('creator').select('name').execute()).toEqual([])
  })

  it('drops the database when the test is over, even from under an open connection', async () => {
    const past = await openTestDatabase()
    const forgotten = openDatabase(past.url, { max: 1 })
    await forgotten.selectFrom('creator').selectAll().execute()

    await past[Symbol.asyncDispose]()

    const invalidCatalogName = { code: '3D000' }
    await expect(runAsAdmin(past.url, 'SELECT 1')).rejects.toMatchObject(invalidCatalogName)
    await forgotten.destroy()
  })
})

describe('testChromaUrl', () => {
  it('leads to a live server', async () => {
    const response = await fetch(`${testChromaUrl()}/api/v2/heartbeat`)

    expect(response.status).toBe(200)
  })
})
