import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A meaning, the words for it, and what it points at. */
export interface Synset {
  /** Letter of the part of speech and place in its file: `n02086723`. */
  id: string
  /** Number of the lexicographers' file: what kind of thing it is. */
  file: string
  /** As they are written. */
  words: string[]
  pointers: Pointer[]
  gloss: string
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
    for (const line of await readLines(join(folder, `data.${part}`))) {
      const synset = readSynset(letter, line)
      synsets.set(synset.id, synset)
    }
    for (const line of await readLines(join(folder, `index.${part}`))) {
      const fields = line.trim().split(/\s+/)
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

/** Which of a word's meanings a synset is, from 1, and how often it was met as that in tagged texts. */
export interface Met {
  nth: number
  times: number
}

/** `ss_type` of index.sense; satellites of adjectives stand with them. */
const TYPES: Readonly<Record<string, string>> = { 1: 'n', 2: 'v', 3: 'a', 4: 'r', 5: 'a' }

/** By word and synset: `dog n02086723`. */
export async function readMet(folder: string): Promise<Map<string, Met>> {
  const met = new Map<string, Met>()
  for (const line of await readLines(join(folder, 'index.sense'))) {
    const [key = '', offset = '', nth = '', times = ''] = line.split(' ')
    const [word = '', rest = ''] = key.split('%')
    const letter = TYPES[rest.charAt(0)]
    if (letter) met.set(`${word} ${letter}${offset}`, { nth: Number(nth), times: Number(times) })
  }
  return met
}

/** WordNet's licence asks to stand on every copy: the text that its own files begin with. */
export async function readNotice(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'data.adv'), 'latin1')
  const lines = text.split('\n').filter((line) => line.startsWith('  '))
  return lines.map((line) => `${line.replace(/^ +\d+ ?/, '# ').trimEnd()}\n`).join('')
}

/** The licence at the beginning left out. */
async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'latin1')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith(' '))
}

const HEX = 16

function readSynset(letter: string, line: string): Synset {
  const [head = '', gloss = ''] = line.split(' | ')
  const fields = head.trim().split(/\s+/)
  const wordCount = Number.parseInt(fields[3] ?? '', HEX)
  const words = Array.from({ length: wordCount }, (_, at) =>
    (fields[4 + 2 * at] ?? '').replace(/\(.*\)$/, ''),
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
  return { id: `${letter}${fields[0]}`, file: fields[1] ?? '', words, pointers, gloss }
}
