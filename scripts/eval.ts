import { access, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Installation } from '../src/app.ts'
import { openCommand } from './command.ts'
import { evaluateDocumentSet } from './eval/document-set.ts'
import { evaluateJudgedSet, type Mode } from './eval/judged-set.ts'

const USAGE = 'npm run eval -- DIR [--json] [--mode keyword|vector|hybrid|rerank|all]'
const MODES: Mode[] = ['keyword', 'vector', 'hybrid', 'rerank']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, mode: { type: 'string', default: 'all' } },
})
const [dir] = positionals
const asked = MODES.filter((mode) => values.mode === 'all' || values.mode === mode)
if (!dir || asked.length === 0) {
  console.error(`usage: ${USAGE}`)
  process.exit(2)
}

const sets = await findSets(resolve(dir))

await openCommand(async (opened) => {
  const modes = await chooseModes(opened)
  const installation =
    modes.includes('vector') || modes.includes('hybrid') ? opened : { ...opened, embedding: undefined }
  const reports = []
  for (const set of sets) {
    const evaluate = (await exists(join(set, 'corpus.jsonl'))) ? evaluateJudgedSet : evaluateDocumentSet
    const report = await evaluate(installation, set, modes)
    if (!values.json) {
      console.log(`${report.dir} (taken in within ${report.ingestMs} ms)`)
      console.table(report.modes)
    }
    reports.push(report)
  }
  if (values.json)
    console.log(
      JSON.stringify(reports.length === 1 ? { ...reports[0], ...reports[0]?.modes } : { sets: reports }),
    )
})

/** What can be measured here: vectors need an embedding model that loads. */
async function chooseModes({ config, embedding }: Installation): Promise<Mode[]> {
  const isEmbedding = await embedding?.embedQuestion('Is it there?').then(
    () => true,
    () => false,
  )
  if (!isEmbedding && values.mode !== 'keyword')
    console.error('no embedding model: keyword search alone is measured')
  return asked.filter(
    (mode) => mode === 'keyword' || (isEmbedding && (mode !== 'rerank' || config.models.rerank !== 'none')),
  )
}

/** The folder itself, or each folder in it that holds a set. */
async function findSets(root: string): Promise<string[]> {
  const isSet = async (path: string) =>
    (await exists(join(path, 'corpus.jsonl'))) || (await exists(join(path, 'questions.jsonl')))
  if (await isSet(root)) return [root]
  const sets: string[] = []
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isDirectory() && (await isSet(join(root, entry.name)))) sets.push(join(root, entry.name))
  }
  if (sets.length > 0) return sets.sort()
  console.error(`${root} holds neither corpus.jsonl nor questions.jsonl, nor do its folders`)
  process.exit(2)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
