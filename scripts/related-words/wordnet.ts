import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A meaning, the words for it, and what it points at. */
export interface Synset {
  words: string[]
  pointers: Pointer[]
}

export interface Pointer {
  /** WordNet's own sign of the relation, such as `@` for the kind it is of. */
  symbol: string
  target: string
  /** Place of the word it starts from and of the one it ends at, from 1; 0 for all of them. */
  from: number
  to: number
}

export interface WordNet {
  synsets: ReadonlyMap<string, Synset>
  /** Of each word and part of speech, its meanings, the usual one first. */
  senses: readonly Senses[]
}

export interface Senses {
  word: string
  synsets: string[]
  /** How many of its meanings were met in the texts WordNet was counted on. */
  met: number
}

const PARTS = { noun: 'n', verb: 'v', adj: 'a', adv: 'r' } as const

/** Reads the database files of WordNet 3, as described in its manual page wndb(5). */
export async function readWordNet(folder: string): Promise<WordNet> {
  const synsets = new Map<string, Synset>()
  const senses: Senses[] = []
  for (const [part, letter] of Object.entries(PARTS)) {
    for (const fields of await readLines(join(folder, `data.${part}`))) {
      const { offset, synset } = readSynset(fields)
      synsets.set(letter + offset, synset)
    }
    for (const fields of await readLines(join(folder, `index.${part}`))) {
      const count = Number(fields[2])
      const offsets = fields.slice(-count)
      senses.push({
        word: fields[0] ?? '',
        synsets: offsets.map((offset) => letter + offset),
        met: Number(fields.at(-count - 1)),
      })
    }
  }
  return { synsets, senses }
}

/** The fields of each line, the licence at the beginning and the definitions at the ends left out. */
async function readLines(path: string): Promise<string[][]> {
  const text = await readFile(path, 'latin1')
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '))
    .map((line) => (line.split(' | ')[0] ?? '').trim().split(/\s+/))
}

const HEX = 16

function readSynset(fields: string[]): { offset: string; synset: Synset } {
  const wordCount = Number.parseInt(fields[3] ?? '', HEX)
  const words = Array.from({ length: wordCount }, (_, at) =>
    (fields[4 + 2 * at] ?? '').replace(/\(.*\)/, '').toLowerCase(),
  )
  const start = 5 + 2 * wordCount
  const pointers = Array.from({ length: Number(fields[start - 1]) }, (_, at): Pointer => {
    const [symbol = '', offset = '', part = '', places = ''] = fields.slice(start + 4 * at)
    return {
      symbol,
      target: (part === 's' ? 'a' : part) + offset,
      from: Number.parseInt(places.slice(0, 2), HEX),
      to: Number.parseInt(places.slice(2), HEX),
    }
  })
  return { offset: fields[0] ?? '', synset: { words, pointers } }
}
