/** `npm run eval`: how well passages are found and questions answered on labelled sets. */
import { readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Installation } from '../src/installation.ts'
import { openCommand } from './command.ts'
import { exists, readCorpusAnswers, readDocumentAnswers, readPackAnswers } from './eval/answer-questions.ts'
import { evaluateAnswers } from './eval/answer-set.ts'
import { evaluateDocumentSet } from './eval/document-set.ts'
import { evaluateJudgedSet, type Mode } from './eval/judged-set.ts'
import { presentMarkdown } from './eval/report-markdown.ts'
import { presentPage } from './eval/report-page.ts'
import { readRun } from './eval/report-run.ts'
import { mergeReport, type SetReport } from './eval/report-set.ts'

const USAGE = `npm run eval -- DIR [--json] [--mode keyword|vector|hybrid|rerank|all] [--only retrieval|answers]
                       [--limit QUESTIONS] [--report FILE.html] [--markdown]`
const MODES: Mode[] = ['keyword', 'vector', 'hybrid', 'rerank']

const { values, positionals } = readArguments()
const [dir] = positionals
const asked = MODES.filter((mode) => values.mode === 'all' || values.mode === mode)
const limit = values.limit === undefined ? Infinity : Number(values.limit)
if (!dir || asked.length === 0 || !(limit >= 1) || !['all', 'retrieval', 'answers'].includes(values.only))
  refuse()

const sets = await findSets(resolve(dir))

await openCommand(async (opened) => {
  const modes = await chooseModes(opened)
  const installation =
    modes.includes('vector') || modes.includes('hybrid') ? opened : { ...opened, embedding: undefined }
  const reports: SetReport[] = []
  for (const set of sets) {
    const report = mergeReport(set, {
      retrieval: values.only === 'answers' ? undefined : await judgeRetrieval(installation, set, modes),
      answers: values.only === 'retrieval' ? undefined : await judgeAnswers(installation, set),
    })
    if (!values.json && !values.markdown) print(report)
    reports.push(report)
  }
  if (values.markdown) console.log(presentMarkdown(reports))
  if (values.json) console.log(JSON.stringify(reports.length === 1 ? flatten(reports[0]) : { sets: reports }))
  if (values.report !== undefined) {
    const path = resolve(values.report || join(opened.config.dataDir, 'eval-report.html'))
    await writeFile(path, presentPage(reports, await readRun(opened)))
    console.error(`report: ${path}`)
  }
})

async function judgeRetrieval(installation: Installation, set: string, modes: Mode[]) {
  if (await exists(join(set, 'corpus.jsonl'))) return evaluateJudgedSet(installation, set, modes)
  if (await exists(join(set, 'questions.jsonl'))) return evaluateDocumentSet(installation, set, modes)
  return undefined
}

async function judgeAnswers(installation: Installation, set: string) {
  const questions = (await exists(join(set, 'corpus.jsonl')))
    ? await readCorpusAnswers(set)
    : (await exists(join(set, 'questions.jsonl')))
      ? await readDocumentAnswers(set, installation)
      : await readPackAnswers(set, installation)
  return questions && evaluateAnswers(installation, set, questions, limit)
}

function print({ dir: set, ingestMs, modes, answers }: SetReport): void {
  console.log(ingestMs === undefined ? set : `${set} (taken in within ${ingestMs} ms)`)
  if (Object.keys(modes).length > 0) console.table(modes)
  if (!answers) return
  const { worst, models, degraded, ...metrics } = answers
  console.table({ answers: metrics })
  console.log('written by', models, ...(Object.keys(degraded).length > 0 ? ['degraded', degraded] : []))
}

/** One set alone gives its figures without a way down to them. */
function flatten(report: SetReport | undefined) {
  return { ...report, ...report?.modes, ...report?.headline }
}

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
    (await exists(join(path, 'corpus.jsonl'))) ||
    (await exists(join(path, 'questions.jsonl'))) ||
    (await exists(join(path, 'questions.yaml')))
  if (await isSet(root)) return [root]
  const found: string[] = []
  for (const entry of await readdir(root, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue
    const path = join(root, entry.name)
    if (await isSet(path)) found.push(path)
    else
      for (const inner of await readdir(path))
        if (await isSet(join(path, inner))) found.push(join(path, inner))
  }
  if (found.length > 0) return found.sort()
  console.error(
    `${root} holds neither corpus.jsonl nor questions.jsonl nor questions.yaml, nor do its folders`,
  )
  process.exit(2)
}

function readArguments() {
  // A bare `--report` writes beside the data.
  const words = process.argv.slice(2)
  const args = words.flatMap((word, at) =>
    word === '--report' && (words[at + 1] ?? '--').startsWith('--') ? ['--report='] : [word],
  )
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        mode: { type: 'string', default: 'all' },
        only: { type: 'string', default: 'all' },
        limit: { type: 'string' },
        report: { type: 'string' },
      },
    })
  } catch {
    return refuse()
  }
}

function refuse(): never {
  console.error(`usage: ${USAGE}`)
  process.exit(2)
}
