import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiCaller } from '../src/testing/api/caller.ts'
import { readServedDocument, type ServedOperation } from '../src/testing/api/document.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import type { CreatorRows } from '../src/testing/builders/creator-rows.ts'
import { addFurnishedCreator } from '../src/testing/builders/furnished-creator.ts'
import { type ModelStandIn, startModelStandIn } from '../src/testing/models/stand-in.ts'
import { waitUntil } from '../src/testing/wait.ts'
import { fillPath, toMounted } from '../src/testing/wall/cases.ts'
import { asKey } from '../src/testing/wall/request.ts'
import { listTenantIds, type TenantIds } from '../src/testing/wall/tenant-ids.ts'

const CREATORS = 50
const PARTS = 4
/** Reading fifty documents on a busy machine. */
const PATIENCE_MS = 120_000
/** All ask the same, so that each one's passage is as near to the question as everyone else's. */
const QUESTION = 'What is the secret word of vault 17?'
/** A stream is watched elsewhere; here it would never end. */
const isAnswered = ({ described }: ServedOperation) =>
  !Object.values(described.responses).some((response) =>
    'content' in response ? 'text/event-stream' in (response.content ?? {}) : false,
  )

interface Tenant {
  rows: CreatorRows
  ids: TenantIds
  key: string
  /** In every row of theirs. */
  word: string
  /** In their document, and nowhere in the rows made for them. */
  secret: string
}

describe('fifty creators on one installation', { timeout: 300_000 }, () => {
  const opened = new AsyncDisposableStack()
  const log: string[] = []
  const tenants: Tenant[] = []
  let app: TestApp
  let model: ModelStandIn
  let reads: ServedOperation[]

  beforeAll(async () => {
    model = opened.use(await startModelStandIn())
    app = opened.use(
      await startTestApp({
        onLog: (line) => log.push(line),
        env: {
          LOG_LEVEL: 'trace',
          API_REQUESTS_PER_MINUTE: '1000000',
          TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
          MODEL_CHAT: 'openai:stand-in',
          MODEL_EMBED: 'openai:stand-in-embedding',
          OPENAI_BASE_URL: model.openAiUrl,
          OPENAI_API_KEY: 'stand-in',
        },
      }),
    )
    const run = randomBytes(3).toString('hex')
    for (let at = 0; at < CREATORS; at++) {
      tenants.push(await addTenant(`own${run}n${at}z`, `amber${run}n${at}z`))
    }
    await waitUntil(() => isTakenIn(), PATIENCE_MS)
    const { operations } = await readServedDocument(app.url)
    reads = operations.filter((operation) => operation.method === 'GET' && isAnswered(operation))
  }, 300_000)
  afterAll(() => opened.disposeAsync())

  async function addTenant(word: string, secret: string): Promise<Tenant> {
    const rows = await addFurnishedCreator(app, word)
    const { key } = await openApiCaller(app, rows.creatorId)
    const tenant = { rows, ids: await listTenantIds(app.app.installation.db, rows), key, word, secret }
    const { status, text } = await ask(tenant, 'POST', `/bots/${rows.botId}/documents?name=vault.md`, {
      type: 'text/markdown',
      text: `# Vault\n\nThe secret word of vault 17 is ${secret}.\n`,
    })
    expect(status, text).toBe(202)
    return tenant
  }

  async function isTakenIn(): Promise<boolean> {
    const { rows } = await sql<{ count: string }>`
      SELECT count(*) FROM document_version JOIN document ON document.id = document_version.document_id
      WHERE document.name = 'vault.md' AND document_version.state = 'ready' AND document_version.embedded_with IS NOT NULL
    `.execute(app.app.installation.db)
    return rows[0]?.count === String(CREATORS)
  }

  async function ask({ key }: Tenant, method: string, path: string, body?: { type: string; text: string }) {
    const response = await fetch(`${app.url}/api/v1${path}`, {
      method,
      headers: { ...asKey(key), ...(body && { 'content-type': body.type }) },
      ...(body && { body: body.text }),
    })
    return { status: response.status, text: await response.text() }
  }

  /** Words of any other creator in what one was given. */
  const foreignIn = (text: string, { word, secret }: Tenant) =>
    tenants
      .flatMap((other) => [other.word, other.secret])
      .filter((each) => each !== word && each !== secret && text.includes(each))

  it('each gets an answer from their own material alone, to the same question', async () => {
    for (const tenant of tenants) {
      const before = model.calls.length
      const { text } = await ask(tenant, 'POST', `/bots/${tenant.rows.botId}/try`, {
        type: 'application/json',
        text: JSON.stringify({ question: QUESTION }),
      })

      expect(text).toContain(tenant.secret)
      expect(foreignIn(text, tenant)).toEqual([])
      const prompts = JSON.stringify(model.calls.slice(before).map((call) => call.body))
      expect(prompts).toContain(tenant.secret)
      expect(foreignIn(prompts, tenant)).toEqual([])
    }
  })

  it.each(['keyword', 'vector', 'hybrid'] as const)(
    'a question with the words of all fifty finds those of one (%s)',
    async (mode) => {
      const question = tenants.map(({ secret }) => secret).join(' ')
      for (const tenant of tenants) {
        const { creatorId, knowledgeBaseId } = tenant.rows
        const found = await app.app.installation.retrieve({
          ...{ creatorId, knowledgeBaseId, question, limit: 50 },
          ...(mode !== 'hybrid' && { mode }),
        })
        const text = JSON.stringify(found.passages)

        expect(text).toContain(tenant.secret)
        expect(foreignIn(text, tenant)).toEqual([])
      }
    },
  )

  it('a collection of another creator gives nothing, even when one’s own row names it', async () => {
    const { db, retrieve } = app.app.installation
    const [thief, victim] = [tenants[0], tenants[1]]
    if (!thief || !victim) throw new Error('there are fifty')
    const { rows } = await sql<{ collection_id: string }>`
      SELECT collection_id FROM vector_collection
      WHERE creator_id = ${victim.rows.creatorId} AND model <> 'm'
    `.execute(db)
    await sql`
      UPDATE vector_collection SET collection_id = ${rows[0]?.collection_id}
      WHERE creator_id = ${thief.rows.creatorId} AND model <> 'm'
    `.execute(db)
    const { creatorId, knowledgeBaseId } = thief.rows

    const found = await retrieve({ creatorId, knowledgeBaseId, question: QUESTION, mode: 'vector' })

    expect(rows).toHaveLength(1)
    expect(foreignIn(JSON.stringify(found), thief)).toEqual([])
  })

  it('every read of the API shows one’s own words, and no other’s', async ({ annotate }) => {
    const unseen = new Set(reads.map(({ id }) => id))
    for (const [at, tenant] of tenants.entries()) {
      // Each asks for a part of all there is, each part is asked for by many.
      const theirs = reads.filter((_, place) => place % PARTS === at % PARTS)
      for (const { id, path, described } of theirs) {
        const needed = described.parameters.filter((each) => each.in === 'query' && each.required)
        const query = needed.map(({ name }) => `${name}=vault+${tenant.word}`).join('&')
        const address = fillPath(toMounted(path), () => tenant.ids).replace('/api/v1', '')
        const { status, text } = await ask(tenant, 'GET', query ? `${address}?${query}` : address)

        expect(status, `${id}: ${text.slice(0, 200)}`).toBeLessThan(400)
        expect(foreignIn(text, tenant), id).toEqual([])
        if (text.includes(tenant.word) || text.includes(tenant.secret)) unseen.delete(id)
      }
    }
    await annotate(
      `${reads.length} reads by ${CREATORS} creators; without a word of their own: ${[...unseen].join(', ')}`,
    )
    // Most of them speak of what is the creator's, or their silence about others would prove little.
    expect(unseen.size).toBeLessThan(reads.length / 2)
  })

  it('each of fifty asks for what each of the others has, and gets none of it', async ({ annotate }) => {
    const addressed = reads.filter(({ path }) => path.includes('{'))
    let asked = 0
    for (const [at, tenant] of tenants.entries()) {
      for (const [offset, other] of tenants.entries()) {
        const operation = addressed[(at + offset) % addressed.length]
        if (other === tenant || !operation) continue
        const address = fillPath(toMounted(operation.path), () => other.ids).replace('/api/v1', '')
        const { status, text } = await ask(tenant, 'GET', `${address}?q=vault&days=7`)
        asked++

        expect([400, 404, 422], `${operation.id}: ${text.slice(0, 200)}`).toContain(status)
        expect(foreignIn(text, tenant), operation.id).toEqual([])
      }
    }
    await annotate(`${asked} requests over ${addressed.length} reads`)
    expect(asked).toBe(CREATORS * (CREATORS - 1))
  })

  it('the log holds no word of anyone', () => {
    const text = log.join('\n')

    expect(log.length).toBeGreaterThan(0)
    expect(tenants.map(({ secret }) => secret).filter((secret) => text.includes(secret))).toEqual([])
  })
})
