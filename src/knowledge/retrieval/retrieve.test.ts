import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../errors.ts'
import {
  type KnowledgeTest,
  openKnowledgeTest,
  TEST_EMBEDDING,
} from '../../testing/worlds/knowledge-world.ts'
import { removeDocument } from '../documents/document.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { createVectorSearch } from '../vectors/search.ts'
import { createRetriever } from './retrieve.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test[Symbol.asyncDispose]())

const collectionOf = ({ knowledgeBaseId }: BaseKey) =>
  test.db
    .selectFrom('vector_collection')
    .selectAll()
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .executeTakeFirstOrThrow()

const GUIDE = [
  '# Sleep',
  'Go to bed at the same time each night.',
  '# Naps',
  'Naps are allowed until 15:00 and for at most 20 minutes.',
].join('\n\n')

describe('createRetriever', () => {
  it('finds a passage on both sides and says where it stands', async () => {
    const key = await test.addBase()
    await test.learn(key, 'guides/sleep.md', GUIDE)

    const { passages, degraded } = await createRetriever(test)({
      ...key,
      question: 'until when are naps allowed?',
    })

    expect(degraded).toEqual([])
    expect(passages[0]).toMatchObject({
      document: 'sleep',
      documentName: 'guides/sleep.md',
      headingPath: ['Naps'],
      text: expect.stringContaining('15:00'),
      keywordScore: expect.any(Number),
      similarity: expect.any(Number),
    })
  })

  it('gives the section around a passage, each word once', async () => {
    const key = await test.addBase()
    const sentences = Array.from({ length: 120 }, (_, i) => `Sentence number ${i} says nothing new at all.`)
    sentences[60] = 'The password is heliotrope.'
    await test.learn(key, 'long.md', `# Long\n\n${sentences.join(' ')}`)

    const { passages } = await createRetriever(test)({ ...key, question: 'heliotrope', limit: 1 })

    const [passage] = passages
    expect(passage?.context).toContain(passage?.text)
    expect(passage?.context.length).toBeGreaterThan(passage?.text.length ?? 0)
    const said = passage?.context.match(/Sentence number \d+ /g) ?? []
    expect(new Set(said).size).toBe(said.length)
  })

  it('gives nothing to a Creator who guesses the base of another', async () => {
    const key = await test.addBase()
    const stranger = await test.addBase()
    await test.learn(key, 'a.md', 'The canary sings.')
    await test.learn(stranger, 'a.md', 'Nothing of note.')
    const { collection_id } = await collectionOf(key)
    // The worst case: the stranger's own row points to the collection of the other.
    await test.db
      .updateTable('vector_collection')
      .set({ collection_id })
      .where('knowledge_base_id', '=', stranger.knowledgeBaseId)
      .execute()
    const retrieve = createRetriever(test)

    const guessed = await retrieve({ ...key, creatorId: stranger.creatorId, question: 'canary sings' })
    const misled = await retrieve({ ...stranger, question: 'The canary sings.' })

    expect(guessed.passages).toEqual([])
    expect(misled.passages.map(({ text }) => text)).not.toContain('The canary sings.')
  })

  it('shows no ghost although the vectors of a removed document are still there', async () => {
    const key = await test.addBase()
    const { documentId } = await test.learn(key, 'a.md', 'Forget the heliotrope.')
    await test.learn(key, 'b.md', 'Keep the marigold.')
    await removeDocument(test.db, { ...key, documentId })
    const retrieve = createRetriever(test)
    const { collection_id } = await collectionOf(key)
    expect(await test.vectors.count(collection_id)).toBe(2)

    const { passages } = await retrieve({ ...key, question: 'heliotrope' })

    expect(passages.map(({ text }) => text)).toEqual(['Keep the marigold.'])
    await expect.poll(() => test.vectors.count(collection_id)).toBe(1)
  })

  it('answers by keywords when the question cannot be embedded, and leaves the model alone for a while', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', GUIDE)
    let calls = 0
    const embedQuestion = () => {
      calls += 1
      return Promise.reject(new AppError('embedding.unavailable'))
    }
    const retrieve = createRetriever({ ...test, embedding: { ...TEST_EMBEDDING, embedQuestion } })

    for (const question of ['naps', 'naps again']) {
      const { passages, degraded } = await retrieve({ ...key, question })
      expect(passages[0]?.text).toContain('15:00')
      expect(degraded).toEqual(['keyword_only'])
    }
    expect(calls).toBe(1)
  })

  it('trusts vectors as far as the model knows the question’s words', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', GUIDE)
    const measured: string[] = []
    const measureKnown = async (text: string) => {
      measured.push(text)
      if (text.includes('?')) throw new AppError('embedding.unavailable')
      return 0.75
    }
    const search = createVectorSearch({ ...test, embedding: { ...TEST_EMBEDDING, measureKnown } })

    const trusted = (question: string) => search(key, question, 5).then(({ trust }) => trust)

    expect(await trusted('Wie lange schläft man?')).toBe(1)
    expect(await trusted('сон naps')).toBe(0.5)
    expect(await trusted('сон?')).toBe(1)
    expect(measured).toEqual(['сон naps', 'сон?'])
  })

  it('waits for a silent Chroma once, not with every question', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', GUIDE)
    const vectors = { ...test.vectors, query: () => new Promise<never>(() => {}) }
    const retrieve = createRetriever({ ...test, vectors, bounds: { embedMs: 1_000, queryMs: 200 } })

    const first = await retrieve({ ...key, question: 'naps' })
    const second = await retrieve({ ...key, question: 'naps' })

    for (const { passages, degraded } of [first, second]) {
      expect(passages[0]?.text).toContain('15:00')
      expect(degraded).toEqual(['vectors_unavailable'])
    }
    expect(first.ms.vector).toBeGreaterThanOrEqual(190)
    expect(second.ms.vector).toBeLessThan(100)
  })

  it('answers by keywords when Chroma lost its data, and lets the vectors be made anew', async () => {
    const key = await test.addBase()
    const { versionId } = await test.learn(key, 'a.md', GUIDE)
    await test.vectors.dropCollection((await collectionOf(key)).collection_name)

    const lost = await createRetriever(test)({ ...key, question: 'naps' })
    expect(lost.passages[0]?.text).toContain('15:00')
    expect(lost.degraded).toEqual(['vectors_unavailable'])

    await test.ingest(versionId)
    const healed = await createRetriever(test)({ ...key, question: 'naps' })
    expect(healed.degraded).toEqual([])
    expect(healed.passages[0]?.similarity).toBeDefined()
  })

  it('lets a cross-encoder order the candidates, and goes without when it fails', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', '# A\n\nnaps naps naps\n\n# B\n\nnaps are good')
    const rerank = (scores: (texts: string[]) => Promise<number[]>) =>
      createRetriever({ ...test, rerank: { name: 'test', rerank: (_, texts) => scores(texts) } })({
        ...key,
        question: 'naps',
      })

    const ordered = await rerank(async (texts) => texts.map((text) => (text.includes('good') ? 1 : 0)))
    const failed = await rerank(() => Promise.reject(new AppError('embedding.unavailable')))

    expect(ordered.passages[0]?.text).toBe('naps are good')
    expect(ordered.degraded).toEqual([])
    expect(failed.passages).toHaveLength(2)
    expect(failed.degraded).toEqual(['rerank_unavailable'])
  })

  it('puts the newer of two lists first, and the twin of a deleted document back', async () => {
    const key = await test.addBase()
    const list = (euro: number) =>
      `The group programme of twelve weeks costs ${euro} euro, a single call 80 euro.`
    await test.learn(key, 'prices-2024.md', list(390))
    await test.learn(key, 'prices-2023.md', list(340))
    await test.learn(key, 'copy-2024.md', list(390))
    const ask = async () => {
      const { passages } = await createRetriever(test)({ ...key, question: 'What does the programme cost?' })
      return passages.map(({ documentId, documentName }) => ({ documentId, documentName }))
    }

    const [first, ...rest] = await ask()
    await removeDocument(test.db, { ...key, documentId: first?.documentId ?? '' })
    const after = await ask()

    expect(first?.documentName).toMatch(/2024/)
    expect(rest.map(({ documentName }) => documentName)).toEqual(['prices-2023.md'])
    expect(after.map(({ documentName }) => documentName)).toEqual([
      expect.stringMatching(/2024/),
      'prices-2023.md',
    ])
    expect(after[0]?.documentName).not.toBe(first?.documentName)
  })

  it('reads on when what it found first is one text many times', async () => {
    const key = await test.addBase()
    for (let copy = 0; copy < 20; copy += 1)
      await test.learn(key, `copy-${copy}.md`, 'naps naps naps are good')
    await test.learn(key, 'other.md', 'Of naps and of other things that are told here at some length, too.')

    const { passages } = await createRetriever(test)({ ...key, question: 'naps' })

    expect(passages.map(({ text }) => text)).toEqual([
      'naps naps naps are good',
      'Of naps and of other things that are told here at some length, too.',
    ])
  })

  it('looks a follow-up up with the question before it, its own words counting more', async () => {
    const key = await test.addBase()
    await test.learn(
      key,
      'a.md',
      '# Alcohol\n\nAlcohol is allowed at weekends.\n\n# Evening\n\nNo alcohol in the evening.',
    )
    const retrieve = createRetriever(test)

    const { passages } = await retrieve({
      ...key,
      question: 'And in the evening?',
      carried: 'Is alcohol allowed?',
    })

    expect(passages[0]?.text).toContain('No alcohol in the evening')
  })
})
