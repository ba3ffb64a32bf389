import { access, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { sentencesOf } from '../../src/knowledge/words/sentences.ts'
import { readJsonLines } from './json-lines.ts'

/** A stretch of material with what is asked about it. */
export interface MaterialPassage {
  id: string
  /** Passages of one topic are told apart by what they say alone. */
  topic: string
  text: string
  asked: { question: string; answer: string }[]
}

export interface Material {
  name: string
  language: string
  passages: MaterialPassage[]
  /** Claims that people wrote and judged against a passage. */
  judged: { claim: string; passageId: string; isSupported: boolean }[]
}

const Page = z.looseObject({ id: z.coerce.string(), title: z.string().default(''), text: z.string() })
const Query = z.looseObject({
  id: z.coerce.string(),
  text: z.string(),
  answers: z.array(z.string()).optional(),
  label: z.string().optional(),
})

/** A set of `corpus.jsonl` and `queries.jsonl`, or a folder of Markdown. */
export async function readMaterial(dir: string, language: string): Promise<Material> {
  const isJudged = await access(join(dir, 'corpus.jsonl')).then(
    () => true,
    () => false,
  )
  return isJudged ? readJudgedSet(dir, language) : readFolder(dir, language)
}

async function readJudgedSet(dir: string, language: string): Promise<Material> {
  const pages = await readJsonLines(join(dir, 'corpus.jsonl'), Page)
  const queries = new Map(
    (await readJsonLines(join(dir, 'queries.jsonl'), Query)).map((query) => [query.id, query]),
  )
  const rows = (await readFile(join(dir, 'qrels.tsv'), 'utf8')).split('\n').slice(1)
  const asked = new Map<string, z.output<typeof Query>[]>()
  for (const row of rows) {
    const [queryId = '', pageId = '', score] = row.trim().split('\t')
    const query = queries.get(queryId)
    if (query && Number(score) > 0) asked.set(pageId, [...(asked.get(pageId) ?? []), query])
  }
  return {
    name: /^[a-z]{2}$/.test(basename(dir)) ? `xquad ${basename(dir)}` : basename(dir),
    language,
    passages: pages.map(({ id, title, text }) => ({
      id,
      topic: title,
      text,
      asked: (asked.get(id) ?? []).flatMap(({ text: question, answers }) =>
        answers?.[0] ? [{ question, answer: answers[0] }] : [],
      ),
    })),
    judged: [...asked].flatMap(([passageId, claims]) =>
      claims.flatMap(({ text: claim, label }) =>
        label === 'SUPPORT' || label === 'CONTRADICT'
          ? [{ claim, passageId, isSupported: label === 'SUPPORT' }]
          : [],
      ),
    ),
  }
}

/** Longest stretch of a document taken as one passage; a section of ours is about as long. */
const PASSAGE_CHARS = 1_500

async function readFolder(dir: string, language: string): Promise<Material> {
  const names = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.md')).sort()
  const passages: MaterialPassage[] = []
  for (const name of names) {
    const text = await readFile(join(dir, name), 'utf8')
    for (const [at, part] of cutSections(text).entries()) {
      passages.push({ id: `${name}#${at}`, topic: name, text: part, asked: [] })
    }
  }
  return { name: basename(join(dir, '..')), language, passages, judged: [] }
}

function cutSections(text: string): string[] {
  return text.split(/\n(?=#{1,3} )/).flatMap((section) => {
    const parts: string[] = []
    for (const { text: sentence } of sentencesOf(section)) {
      const last = parts.at(-1)
      if (last === undefined || last.length + sentence.length > PASSAGE_CHARS) parts.push(sentence)
      else parts[parts.length - 1] = `${last}\n${sentence}`
    }
    return parts
  })
}
