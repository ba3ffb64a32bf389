import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { removeDocument } from '../src/knowledge/documents/document.ts'
import { type ApiCaller, openApiCaller } from '../src/testing/api/caller.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { findTablesHolding } from '../src/testing/database-search.ts'
import { startModelStandIn } from '../src/testing/models/stand-in.ts'
import { waitUntil } from '../src/testing/wait.ts'

const PATIENCE_MS = 20_000
const QUESTION = 'Which phrase opens the willow gate?'
const Uploaded = z.object({ documents: z.array(z.object({ id: z.string(), versionId: z.string() })) })

/** The old words are looked for in answers, in quotes and in every table; `word` stands nowhere else. */
const tell = (word: string) => `# The willow gate\n\nThe phrase that opens the willow gate is ${word}.\n`

describe('what was deleted or replaced', { timeout: 60_000 }, () => {
  const opened = new AsyncDisposableStack()
  let app: TestApp
  let api: ApiCaller
  let documents: string

  beforeAll(async () => {
    const model = opened.use(await startModelStandIn({ dimension: 64 }))
    app = opened.use(
      await startTestApp({
        env: {
          MODEL_CHAT: 'openai:stand-in',
          MODEL_EMBED: 'openai:stand-in-embedding',
          OPENAI_BASE_URL: model.openAiUrl,
          OPENAI_API_KEY: 'stand-in',
          SWEEP_INTERVAL_MS: '200',
          VECTORS_CHECK_MS: '1000',
        },
      }),
    )
    api = await openApiCaller(app, app.bot.creatorId)
    documents = `/bots/${app.bot.id}/documents`
    // Both sides have their say.
    await db()
      .updateTable('knowledge_base')
      .set({ keyword_weight: 0.5 })
      .where('id', '=', app.bot.knowledgeBaseId)
      .execute()
    await waitUntil(isWhole, PATIENCE_MS)
  }, 120_000)
  afterAll(() => opened.disposeAsync())

  const db = () => app.app.installation.db
  const key = () => ({ creatorId: app.bot.creatorId, knowledgeBaseId: app.bot.knowledgeBaseId })

  async function send(name: string, text: string) {
    const { json } = await api.call('POST', `${documents}?name=${name}`, text, {
      'content-type': 'text/markdown',
    })
    const [taken] = Uploaded.parse(json.data).documents
    if (!taken) throw new Error('nothing was taken')
    return taken
  }

  async function learn(name: string, text: string) {
    const taken = await send(name, text)
    await waitUntil(isWhole, PATIENCE_MS)
    return taken
  }

  /** Nothing is under way and every version has its vectors. */
  async function isWhole(): Promise<boolean> {
    const rows = await db().selectFrom('document_version').select(['state', 'embedded_with']).execute()
    return rows.every(
      ({ state, embedded_with }) =>
        ['replaced', 'failed'].includes(state) || (state === 'ready' && embedded_with !== null),
    )
  }

  async function ask(question = QUESTION) {
    const { answerer } = app.app.installation
    const request = { bot: app.bot, question, history: [], signal: AbortSignal.timeout(PATIENCE_MS) }
    const { markdown, citations, cached } = await answerer.answer(request)
    return { said: [markdown, ...citations.map(({ quote }) => quote)].join('\n'), cached }
  }

  async function retrieved(question = QUESTION): Promise<string> {
    const found = await app.app.installation.retrieve({ ...key(), question, limit: 20 })
    return found.passages.map(({ text, context }) => `${text}\n${context}`).join('\n')
  }

  /** Vectors of the base beside its passages. */
  async function countVectors() {
    const { collection_id } = await db()
      .selectFrom('vector_collection')
      .select('collection_id')
      .where('knowledge_base_id', '=', app.bot.knowledgeBaseId)
      .where('is_active', '=', true)
      .executeTakeFirstOrThrow()
    const passages = await db()
      .selectFrom('passage')
      .select('id')
      .where('knowledge_base_id', '=', app.bot.knowledgeBaseId)
      .execute()
    return { vectors: await app.app.installation.vectors.count(collection_id), passages: passages.length }
  }

  async function expectNoneOf(word: string): Promise<void> {
    expect((await ask()).said).not.toContain(word)
    expect(await retrieved()).not.toContain(word)
    expect(await retrieved(`${word}?`)).not.toContain(word)
    // What changed between two versions is shown to the creator, and to no one else.
    const tables = (await findTablesHolding(db(), word)).filter((name) => name !== 'public.version_change')
    expect(tables).toEqual([])
    const { vectors, passages } = await countVectors()
    expect(vectors).toBe(passages)
  }

  it('is said, quoted, kept and found no more from that commit on', async () => {
    const { id } = await learn('gate.md', tell('emberquill'))
    const first = await ask()
    await waitUntil(async () => (await ask()).cached, PATIENCE_MS)
    await learn('gate.md', tell('silverfern'))
    const replaced = await ask()
    await expectNoneOf('emberquill')
    await waitUntil(async () => (await ask()).cached, PATIENCE_MS)
    // Another document says the same and stays: it answers when the first is gone.
    await learn('copy.md', tell('silverfern'))
    await api.call('DELETE', `${documents}/${id}`)
    const copied = await ask()
    const listed = await api.call('GET', documents)
    const { id: copyId } = z
      .object({ items: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse(listed.json.data)
      .items.find(({ name }) => name === 'copy.md') ?? { id: '' }
    await api.call('DELETE', `${documents}/${copyId}`)

    expect(first.said).toContain('emberquill')
    expect(replaced).toMatchObject({ cached: false, said: expect.stringContaining('silverfern') })
    expect(copied.said).toContain('silverfern')
    await expectNoneOf('silverfern')
  })

  it('is found no more where a kill came between the commit and the removal of its vectors', async () => {
    const { id } = await learn('gate.md', tell('cobaltmoth'))
    expect(await retrieved()).toContain('cobaltmoth')

    await removeDocument(db(), { ...key(), documentId: id })

    expect(await retrieved()).not.toContain('cobaltmoth')
    await waitUntil(async () => {
      await retrieved()
      const { vectors, passages } = await countVectors()
      return vectors === passages
    }, PATIENCE_MS)
    await expectNoneOf('cobaltmoth')
  })

  it('is found no more where it went while it was being taken in', async () => {
    const long = Array.from(
      { length: 400 },
      (_, at) => `# Part ${at}\n\nThe willow gate keeps marbleowl${at}.`,
    )
    for (const state of ['extracting', 'embedding'] as const) {
      const { id, versionId } = await send('long.md', long.join('\n\n'))
      await waitUntil(async () => (await stateOf(versionId)) === state, PATIENCE_MS).catch(() => {
        // It was quicker than the look: then it goes as any other.
      })
      await api.call('DELETE', `${documents}/${id}`)
    }
    await waitUntil(isWhole, PATIENCE_MS)

    await waitUntil(async () => {
      const { vectors, passages } = await countVectors()
      return vectors === passages
    }, PATIENCE_MS)
    await expectNoneOf('marbleowl')
  })

  it('needs no question to be noticed: a lost vector server is filled again while keywords answer', async () => {
    await learn('gate.md', tell('larkspur'))
    const { vectors } = app.app.installation
    const rows = await db().selectFrom('vector_collection').select('collection_name').execute()
    for (const { collection_name } of rows) await vectors.dropCollection(collection_name)

    const meanwhile = await ask('Which phrase opens the gate of the willow?')
    await waitUntil(async () => {
      const now = await db().selectFrom('vector_collection').select('collection_name').execute()
      return (
        now.length === rows.length &&
        now.every((it) => rows.every((old) => old.collection_name !== it.collection_name))
      )
    }, PATIENCE_MS)
    await waitUntil(isWhole, PATIENCE_MS)

    expect(meanwhile.said).toContain('larkspur')
    const { vectors: filled, passages } = await countVectors()
    expect(filled).toBe(passages)
  })

  async function stateOf(versionId: string): Promise<string | undefined> {
    const row = await db()
      .selectFrom('document_version')
      .select('state')
      .where('id', '=', versionId)
      .executeTakeFirst()
    return row?.state
  }
})
