import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../src/answering/answer-request.ts'
import { readPack } from '../src/packs/pack.ts'
import type { Pack } from '../src/packs/pack-format.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { SHARED_DIR } from '../src/testing/vendor-spec.ts'

const BOTS_DIR = fileURLToPath(new URL('../bots', import.meta.url))
const SLUG = 'habit-coach'
const TOP = 5

const MODELS_DIR = join(SHARED_DIR, 'models')
const EMBEDDING = 'inhouse/static-en-256'

const MODES = [
  { name: 'keywords alone', env: { MODEL_EMBED: 'none' }, isThere: true },
  {
    name: `vectors of ${EMBEDDING} beside (needs its weights in ${MODELS_DIR})`,
    env: { MODEL_EMBED: `local:${EMBEDDING}`, MODELS_DIR },
    isThere: existsSync(join(MODELS_DIR, EMBEDDING)),
  },
]

for (const { name, env, isThere } of MODES) {
  describe.skipIf(!isThere)(`the questions of ${SLUG}, without a model, by ${name}`, () => {
    const opened = new AsyncDisposableStack()
    let app: TestApp
    let pack: Pack

    beforeAll(async () => {
      app = opened.use(await startTestApp({ botsDir: BOTS_DIR, slug: SLUG, env }))
      pack = await readPack(join(BOTS_DIR, SLUG))
    }, 120_000)
    afterAll(() => opened.disposeAsync())

    async function ask(question: string, language: string): Promise<Answer> {
      return app.app.installation.answerer.answer({
        bot: app.bot,
        question,
        history: [],
        languageHint: language,
        signal: AbortSignal.timeout(30_000),
      })
    }

    /** A document's text as its passages hold it, white space folded. */
    async function readTexts(): Promise<Map<string, string>> {
      const rows = await app.app.installation.db
        .selectFrom('passage')
        .innerJoin('document', 'document.id', 'passage.document_id')
        .select(['document.id', 'passage.text'])
        .orderBy('passage.version_id')
        .orderBy('passage.ordinal')
        .execute()
      const texts = new Map<string, string>()
      for (const { id, text } of rows) texts.set(id, `${texts.get(id) ?? ''}\n${fold(text)}`)
      return texts
    }

    it('find their document, quote it word for word, and refuse what it does not hold', {
      timeout: 120_000,
    }, async () => {
      const texts = await readTexts()
      const names = new Map(
        (await app.app.installation.db.selectFrom('document').select(['id', 'name']).execute()).map(
          ({ id, name: file }) => [id, file],
        ),
      )
      const missed: string[] = []
      const misquoted: string[] = []
      const unsaid: string[] = []
      let citations = 0
      for (const { question, lang, document, fact } of pack.questions.answerable) {
        const answer = await ask(question, lang)
        const found = answer.passages.slice(0, TOP).map(({ documentId }) => names.get(documentId))
        if (!found.includes(document)) missed.push(question)
        citations += answer.citations.length
        if (!fold(answer.citations.map(({ quote }) => quote).join(' ')).includes(fold(fact)))
          unsaid.push(question)
        for (const { documentId, quote } of answer.citations) {
          if (!texts.get(documentId)?.includes(fold(quote))) misquoted.push(quote)
        }
      }
      const answered: string[] = []
      for (const { question, lang } of pack.questions.refused) {
        if (!(await ask(question, lang)).refused) answered.push(question)
      }

      const { answerable, refused } = pack.questions
      expect(misquoted).toEqual([])
      expect(citations).toBeGreaterThan(answerable.length / 2)
      expect([1 - missed.length / answerable.length, missed]).toEqual([
        expect.toSatisfy(atLeast(0.95)),
        missed,
      ])
      expect([1 - unsaid.length / answerable.length, unsaid]).toEqual([
        expect.toSatisfy(atLeast(0.75)),
        unsaid,
      ])
      expect([1 - answered.length / refused.length, answered]).toEqual([
        expect.toSatisfy(atLeast(0.9)),
        answered,
      ])
    })
  })
}

function atLeast(share: number): (value: number) => boolean {
  return (value) => value >= share
}

function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
