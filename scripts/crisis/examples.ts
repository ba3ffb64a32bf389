import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Random } from '../../src/testing/random.ts'

/** One message to learn from, or to be judged by. */
export interface Example {
  lang: string
  isCrisis: boolean
  /** What is said in it: `suicide`, `idiom`. */
  kind: string
  text: string
  /** Messages that say the same in other words: never learned from while others of them are judged. */
  group: string
}

const FOLDER = fileURLToPath(new URL('../../prompts/crisis/', import.meta.url))
const Row = z.object({
  lang: z.string(),
  label: z.enum(['crisis', 'none', 'concern']),
  kind: z.string(),
  text: z.string(),
})
const HEADING = /^# (crisis|none) ([a-z_]+)$/
const PATTERN = /^([a-z]{2}) (.+)$/

/** How many messages a pattern gives at most. */
const PER_PATTERN = 8
/** Draws a pattern gets to give them: two may come out the same. */
const DRAWS = 24
/** Neighbours in `examples.jsonl` were written together and are alike. */
const NEIGHBOURS = 8

/** One line of `examples.jsonl` or of a held-out set. */
export type Labelled = z.infer<typeof Row>

/** `examples.jsonl` and all that the patterns give. */
export function readExamples(random: Random): Example[] {
  const written = readRows(`${FOLDER}examples.jsonl`).map((row, at) => ({
    ...row,
    group: `${row.lang} ${Math.floor(at / NEIGHBOURS)}`,
  }))
  const names = readdirSync(`${FOLDER}patterns`).filter((name) => name.endsWith('.txt'))
  return [...written, ...names.sort().flatMap((name) => readPatterns(name, random))]
}

function readRows(path: string): Omit<Example, 'group'>[] {
  return readLabelled(path).map(({ lang, label, kind, text }) => ({
    lang,
    isCrisis: label === 'crisis',
    kind,
    text,
  }))
}

/** The messages of a file of one on each line, as they are labelled. */
export function readLabelled(path: string): Labelled[] {
  return readLines(path, Row)
}

/** Each line of a file, as the schema reads it. */
export function readLines<T>(path: string, schema: z.ZodType<T>): T[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => schema.parse(JSON.parse(line)))
}

function readPatterns(name: string, random: Random): Example[] {
  const examples: Example[] = []
  let [isCrisis, kind] = [false, '']
  const lines = readFileSync(`${FOLDER}patterns/${name}`, 'utf8').trim().split('\n')
  for (const [at, line] of lines.entries()) {
    const heading = HEADING.exec(line)
    if (heading) [isCrisis, kind] = [heading[1] === 'crisis', heading[2] ?? '']
    const [, lang, pattern] = (!heading && PATTERN.exec(line)) || []
    if (heading || !line.trim()) continue
    if (!lang || !pattern)
      throw new Error(`${name}, line ${at + 1}: neither a heading nor a pattern: ${line}`)
    for (const text of expand(pattern, random))
      examples.push({ lang, isCrisis, kind, text, group: `${name} ${at}` })
  }
  return examples
}

/** Some of what "{a|b} c {d|}" may say. */
function expand(pattern: string, random: Random): string[] {
  const parts = pattern.split(/[{}]/).map((part) => part.split('|'))
  const texts = new Set<string>()
  for (let draw = 0; draw < DRAWS && texts.size < PER_PATTERN; draw++) {
    const said = parts.map((choices) => choices[Math.floor(random() * choices.length)])
    texts.add(said.join('').trim())
  }
  return [...texts].sort()
}
