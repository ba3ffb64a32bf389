import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findMarkupFaults } from '../src/testing/attacks/page-check.ts'
import { type AttackWorld, openAttackWorld } from '../src/testing/attacks/world.ts'
import { waitUntil } from '../src/testing/wait.ts'

/** File names as a hostile browser may send them; the body is a page with script. */
const NAMES = [
  '../../../../etc/cron.d/planted',
  '..\\..\\planted.md',
  '/etc/passwd.md',
  'C:\\Windows\\planted.md',
  'planted.md\u0000.html',
  'planted"; filename="evil.html',
  "planted'; DROP TABLE document; --.md",
  'planted\r\nSet-Cookie: planted=1.md',
  'planted%0d%0aSet-Cookie:%20planted=1.md',
  '<img src=x onerror=planted()>.md',
  'planted\u202Etxt.exe.md',
  `${'long'.repeat(2_000)}.md`,
  '.htaccess',
  '....//....//planted.md',
  'CON.md',
  '\ud83d\ude00planted\u200b.md',
] as const

const SCRIPT = '<!doctype html><script>planted()</script><p>A page that runs script when it is shown.</p>'
const FORMULAS = ['=cmd|calc!A1', '+1+1', '-2+3', '@SUM(1)', '\t=1+1', '\r=1+1'] as const

describe('files and what they are called', () => {
  let world: AttackWorld

  beforeAll(async () => {
    world = await openAttackWorld()
  }, 120_000)
  afterAll(() => world[Symbol.asyncDispose]())

  async function upload(name: string, body: string): Promise<Response> {
    const boundary = 'planted-boundary'
    // By hand: a client of good manners would not send these names.
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: text/html\r\n\r\n`
    return world.owner.fetch(world.fill('/admin/bots/:botId/knowledge/files'), {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}`, Accept: 'application/json' },
      body: `${head}${body}\r\n--${boundary}--\r\n`,
    })
  }

  it.each(NAMES)('a name like %j leads nowhere and becomes nothing', async (name) => {
    const response = await upload(name, `${SCRIPT}<p>${name.length}</p>`)
    expect(response.status).toBeLessThan(500)
    expect(response.headers.getSetCookie().join()).not.toContain('planted=1')
    await response.text()

    const { db, countUnreadable } = world.app.app.installation
    // A name that two of these come down to is replaced once it is taken in.
    await waitUntil(async () => (await countUnreadable()) === 0)
    const versions = await db
      .selectFrom('document_version')
      .innerJoin('document', 'document.id', 'document_version.document_id')
      .select([
        'document.id',
        'document.name',
        'document_version.id as version_id',
        'document_version.file_key',
      ])
      .where('document.creator_id', '=', world.rows.creatorId)
      .where('document.id', '!=', world.rows.documentId)
      .where('document_version.state', '!=', 'replaced') // Its file is gone with it.
      .execute()
    for (const version of versions) {
      expect(version.file_key).toMatch(/^[0-9a-f-]{36}\/[0-9a-f]{64}$/)
      expect(version.name).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|[\\\p{Cc}]/u)
      const path = `/admin/bots/${world.rows.botId}/knowledge/documents/${version.id}`
      const page = await world.owner.fetch(path)
      expect(findMarkupFaults(await page.text())).toEqual([])
      const file = await world.owner.fetch(`${path}/versions/${version.version_id}/file`)
      await file.arrayBuffer()
      expect(file.status).toBe(200)
      expect(file.headers.get('content-disposition')).toMatch(/^attachment/)
      expect(file.headers.get('content-disposition')).not.toMatch(/[\r\n]|filename="[^"]*"[^;\s]/)
      expect(file.headers.get('x-content-type-options')).toBe('nosniff')
      expect(file.headers.get('content-type') ?? '').not.toMatch(/html|svg|xml|javascript/)
    }
  })

  it('were taken under names of their own, most of them', async () => {
    const { db } = world.app.app.installation
    const rows = await db
      .selectFrom('document')
      .select('name')
      .where('creator_id', '=', world.rows.creatorId)
      .execute()
    expect(rows.length).toBeGreaterThan(8)
  })

  it.each([
    '..%2f..%2f..%2fetc%2fpasswd',
    '%2e%2e%2f%2e%2e',
    "' OR '1'='1",
    '00000000-0000-0000-0000-000000000000',
    'null',
    '%00',
  ])('a version called %s is no file', async (id) => {
    const path = `/admin/bots/${world.rows.botId}/knowledge/documents/${world.rows.documentId}/versions/${id}/file`
    const response = await world.owner.fetch(path)
    expect([400, 404]).toContain(response.status)
    expect(await response.text()).not.toContain('root:x:0')
  })

  it.each(FORMULAS)('a cell of a table that begins like %j is no formula', async (formula) => {
    const { db } = world.app.app.installation
    const words = `${formula}planted`
    await db.updateTable('document').set({ title: words }).where('id', '=', world.rows.documentId).execute()
    await db
      .updateTable('usage')
      .set({ outcome: 'answer', total_ms: 5, cited_document_ids: [world.rows.documentId] })
      .where('chat_id', '=', world.rows.chatId)
      .execute()
    await db
      .updateTable('subscriber')
      .set({ name: words })
      .where('id', '=', world.rows.subscriberId)
      .execute()
    await db
      .updateTable('message')
      .set({ markdown: words })
      .where('chat_id', '=', world.rows.chatId)
      .execute()
    const paths = [
      '/admin/bots/:botId/overview.csv',
      '/admin/bots/:botId/overview.csv?sheet=documents',
      '/admin/bots/:botId/chats/:chatId/export?format=csv',
    ]
    let tables = 0
    let isShown = false
    for (const path of paths.map(world.fill)) {
      const response = await world.owner.fetch(path)
      const text = await response.text()
      if (!response.headers.get('content-type')?.includes('csv')) continue
      tables++
      isShown ||= text.includes('planted')
      expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
      for (const cell of text.replace(/^\ufeff/, '').split(/\r\n|,/)) expect(cell).not.toMatch(/^"?[=+@\t\r]/)
      expect(text).not.toMatch(/(^|[\n,])"?-2\+3/)
    }
    expect(tables).toBeGreaterThan(0)
    expect(isShown).toBe(true)
  })

  it('none of all that was an unexpected error', () => {
    expect(world.log.filter((line) => line.includes('request-failed'))).toEqual([])
  })
})
